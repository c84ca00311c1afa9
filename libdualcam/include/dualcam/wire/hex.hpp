/// \file
/// Bytes as people read them. May be called from any thread.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

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

/// From two hex digits of either case; nullopt: anything else.
inline std::optional<std::byte> byte_of_hex(std::string_view digits) {
  std::uint8_t value = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  const bool right =
      digits.size() == 2 && error == std::errc() && end == digits.data() + digits.size();
  return right ? std::optional(static_cast<std::byte>(value)) : std::nullopt;
}

} // namespace dualcam
