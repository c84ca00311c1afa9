/// \file
/// Bytes as people read them. May be called from any thread.
#pragma once

#include <string>
#include <string_view>

#include "dualcam/wire/bytes.hpp"

namespace dualcam {

/// Two lower-case hex digits a byte, nothing between them.
inline std::string to_hex(Bytes bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const auto byte : bytes) {
    const auto value = std::to_integer<unsigned>(byte);
    text += digits[value >> 4];
    text += digits[value & 15];
  }
  return text;
}

} // namespace dualcam
