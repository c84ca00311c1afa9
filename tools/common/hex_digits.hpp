// Characters of a text, and hex digits.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "dualcam/wire/bytes.hpp"

namespace dualcam::inline tools {

constexpr bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
constexpr bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
constexpr bool is_letter(char c) { return is_lower(c) || is_upper(c); }
constexpr bool is_decimal_digit(char c) { return c >= '0' && c <= '9'; }
/// Of each character; 16: it is no digit.
inline constexpr auto hex_values = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(16);
  for (std::uint8_t value = 0; value < 16; ++value) {
    values[static_cast<unsigned char>("0123456789abcdef"[value])] = value;
    values[static_cast<unsigned char>("0123456789ABCDEF"[value])] = value;
  }
  return values;
}();
constexpr bool is_hex_digit(char c) { return hex_values[static_cast<unsigned char>(c)] < 16; }
bool is_all_hex(std::string_view text);
constexpr unsigned hex_value(char digit) { return hex_values[static_cast<unsigned char>(digit)]; }

/// How many hex digits `text` begins with.
std::size_t leading_digits(std::string_view text);
/// How many blanks and tabs it begins with.
std::size_t leading_spaces(std::string_view text);
/// Its pairs of hex digits; nothing of a last one without a second.
void append_digits(ByteBuffer& bytes, std::string_view digits);

} // namespace dualcam::inline tools
