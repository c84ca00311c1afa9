#include "common/unforeseen.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <new>
#include <system_error>

#include <poll.h>
#include <unistd.h>

#include "common/escape.hpp"
#include "common/standard_streams.hpp"
#include "dualcam/wire/error.hpp"

namespace dualcam::inline tools {
namespace {

using namespace std::string_view_literals;

constexpr auto out_of_memory = "out of memory; raise its limit (ulimit -v) or do less at once"sv;

constexpr int milliseconds_for_reader = 2000;

std::string_view remedy_for(const std::error_code& code) {
  if (code == std::errc::resource_unavailable_try_again) {
    return "; raise the limit of processes (ulimit -u) or do less at once";
  }
  return descriptors_remedy(code.default_error_condition().value());
}

} // namespace

Unforeseen unforeseen(const std::exception_ptr& exception) {
  try {
    std::rethrow_exception(exception);
  } catch (const std::bad_alloc&) {
    return {ExitCode::io, std::string(out_of_memory)};
  } catch (const std::system_error& error) {
    return {ExitCode::io, escaped(error.what()) + std::string(remedy_for(error.code()))};
  } catch (const std::exception& error) {
    return {ExitCode::io, "unexpected: " + escaped(error.what())};
  } catch (...) {
    return {ExitCode::io, "unexpected: an exception of a kind of its own"};
  }
}

namespace {

/// In one line; the exit code.
int tell(std::string_view program, const std::exception_ptr& exception) noexcept {
  try {
    const auto [code, message] = unforeseen(exception);
    Console(program, {}).error(message);
    return static_cast<int>(code);
  } catch (...) { // not even for that
    for (const auto text : {program, ": "sv, out_of_memory, "\n"sv}) {
      (void)!::write(STDERR_FILENO, text.data(), text.size());
    }
    return static_cast<int>(ExitCode::io);
  }
}

bool means_exhaustion(const std::exception_ptr& exception) noexcept {
  try {
    std::rethrow_exception(exception);
  } catch (const std::bad_alloc&) {
    return true;
  } catch (const std::system_error& error) {
    return is_exhaustion(error.code().default_error_condition().value());
  } catch (...) {
    return false;
  }
}

// std::terminate gives its handler no arguments.
std::string_view program_name;
std::terminate_handler abort_as_ever = nullptr;
// Nor is there a current exception where the compiler ends a `noexcept` function by itself.
thread_local bool memory_ran_out = false;

void note_out_of_memory() {
  memory_ran_out = true;
  throw std::bad_alloc();
}

[[noreturn]] void end_or_abort() noexcept {
  auto exception = std::current_exception();
  if (!exception && memory_ran_out && std::uncaught_exceptions() > 0) {
    exception = std::make_exception_ptr(std::bad_alloc());
  }
  if (!exception || !means_exhaustion(exception)) {
    abort_as_ever();
    std::abort();
  }
  pollfd reader{STDERR_FILENO, POLLOUT,
                0}; // who may have stopped reading: nobody else would end us
  ::_exit(::poll(&reader, 1, milliseconds_for_reader) > 0 ? tell(program_name, exception)
                                                          : static_cast<int>(ExitCode::io));
}

} // namespace

int run_tool(std::string_view program, const std::function<int()>& tool) noexcept {
  static const bool prepared = [program] { // by the first of several threads
    program_name = program;
    abort_as_ever = std::set_terminate(end_or_abort);
    std::set_new_handler(note_out_of_memory);
    return true;
  }();
  (void)prepared;
  try {
    return tool();
  } catch (...) {
    return tell(program, std::current_exception());
  }
}

bool is_exhaustion(int error) {
  constexpr std::array all{EMFILE, ENFILE, ENOMEM, EAGAIN};
  return std::ranges::find(all, error) != all.end();
}

} // namespace dualcam::inline tools
