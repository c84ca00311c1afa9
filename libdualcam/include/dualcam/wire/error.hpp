/// \file
/// What every decoder of the library returns when it cannot go on.
///
/// Nothing that comes from outside makes the library throw but std::bad_alloc. An Error owns its
/// text; it may be handed from thread to thread.
#pragma once

#include <cerrno>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace dualcam {

/// What kind of failure.
enum class ErrorCategory {
  malformed,   ///< the bytes contradict the format
  truncated,   ///< the bytes end too early
  crc,         ///< a checksum does not match
  unsupported, ///< well formed, but not something this library handles
  io,          ///< the operating system refused
};

/// A failure a user can act on: what kind, where, and a sentence.
struct Error {
  ErrorCategory category; ///< what a caller decides by
  std::uint64_t offset;   ///< bytes from the start of the input the decoder was given
  std::string message;    ///< no full stop; one line, but for a path of the caller's
};

/// A T, or why there is none.
template <class T> using Result = std::expected<T, Error>;

/// What to do about an errno that means that descriptors have run out; empty for any other.
inline std::string_view descriptors_remedy(int error) {
  return error == EMFILE || error == ENFILE
             ? "; raise the limit of open files (ulimit -n) or do less at once"
             : "";
}

/// What an errno means, and what to do about it where that is the same everywhere.
inline std::string reason_of(int error) {
  return std::generic_category().message(error).append(descriptors_remedy(error));
}

/// An error of category malformed.
inline std::unexpected<Error> malformed_error(std::uint64_t offset, std::string message) {
  return std::unexpected(Error{ErrorCategory::malformed, offset, std::move(message)});
}

/// An errno as an error of category io: "WHAT: No such file or directory", or the reason alone.
inline std::unexpected<Error> errno_error(int error, std::string what = {}) {
  what += what.empty() ? "" : ": ";
  return std::unexpected(Error{ErrorCategory::io, 0, what + reason_of(error)});
}

} // namespace dualcam
