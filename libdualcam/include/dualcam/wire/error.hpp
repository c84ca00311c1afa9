/// \file
/// What every decoder of the library returns when it cannot go on.
///
/// Nothing that comes from outside makes the library throw but std::bad_alloc. An Error owns its
/// text; it may be handed from thread to thread.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <system_error>

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
  std::string message;    ///< one line, no full stop, no control characters
};

/// A T, or why there is none.
template <class T> using Result = std::expected<T, Error>;

/// An errno as an error of category io: "WHAT: No such file or directory", or the reason alone.
inline std::unexpected<Error> errno_error(int error, std::string what = {}) {
  what += what.empty() ? "" : ": ";
  return std::unexpected(
      Error{ErrorCategory::io, 0, what + std::generic_category().message(error)});
}

} // namespace dualcam
