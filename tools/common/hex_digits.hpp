// Characters of a text, and hex digits.
#pragma once

#include <cstddef>
#include <string_view>

#include "dualcam/wire/bytes.hpp"

namespace dualcam::inline tools {

constexpr bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
constexpr bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
constexpr bool is_letter(char c) { return is_lower(c) || is_upper(c); }
constexpr bool is_decimal_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_hex_digit(char c) {
  return is_decimal_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool is_all_hex(std::string_view text);
constexpr unsigned hex_value(char digit) {
  return static_cast<unsigned>(is_decimal_digit(digit) ? digit - '0' : (digit | 0x20) - 'a' + 10);
}

/// How many hex digits `text` begins with.
std::size_t leading_digits(std::string_view text);
/// How many blanks and tabs it begins with.
std::size_t leading_spaces(std::string_view text);
/// Its pairs of hex digits; nothing of a last one without a second.
void append_digits(ByteBuffer& bytes, std::string_view digits);

} // namespace dualcam::inline tools
