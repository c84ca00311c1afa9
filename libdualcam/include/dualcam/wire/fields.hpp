/// \file
/// Integers of any width at given places: for tables that may end early.
///
/// The functions may be called from any thread.
#pragma once

#include "dualcam/wire/bytes.hpp"

namespace dualcam {

/// `bytes` as one integer, most significant byte first; the last eight of them, if there are more.
inline std::uint64_t number_be(Bytes bytes) {
  std::uint64_t value = 0;
  for (const auto byte : bytes) {
    value = value << 8 | std::to_integer<std::uint64_t>(byte);
  }
  return value;
}

/// The `size` bytes at `at` as one integer, most significant byte first; 0 if they are not all
/// there.
inline std::uint64_t number_be(Bytes bytes, std::size_t at, std::size_t size) {
  const bool there = at <= bytes.size() && bytes.size() - at >= size;
  return there ? number_be(bytes.subspan(at, size)) : 0;
}

} // namespace dualcam
