// Exceptions that no function has foreseen: out of memory, descriptors or threads, most of all.
#pragma once

#include <exception>
#include <functional>
#include <string>
#include <string_view>

#include "common/exit_code.hpp"

namespace dualcam::inline tools {

/// What an exception means for a user.
struct Unforeseen {
  ExitCode code;
  std::string message; ///< what happened and what to do about it
};
Unforeseen unforeseen(const std::exception_ptr& exception);

/// Runs what a tool does and returns its exit code; an exception is told in one line. One that
/// cannot be caught since it leaves a function that is `noexcept` (there are such in libraries that
/// allocate in them) ends the process with the same line and code, on whatever thread, if it means
/// that something has run out; any other is a mistake, and aborts as ever.
int run_tool(std::string_view program, const std::function<int()>& tool) noexcept;

/// Whether an errno means that the process, or the machine, has no more of something; worth an
/// exception, since whatever is tried next will meet the same.
bool is_exhaustion(int error);

} // namespace dualcam::inline tools
