// Characters of a text, and hex digits.
#pragma once

#include <cstddef>
#include <string_view>

#include "dualcam/wire/bytes.hpp"

namespace dualcam::inline tools {

bool is_lower(char c);
bool is_upper(char c);
bool is_letter(char c);
bool is_decimal_digit(char c);
bool is_hex_digit(char c);
bool is_all_hex(std::string_view text);
unsigned hex_value(char digit);

/// How many hex digits `text` begins with.
std::size_t leading_digits(std::string_view text);
/// How many blanks and tabs it begins with.
std::size_t leading_spaces(std::string_view text);
/// Its pairs of hex digits; nothing of a last one without a second.
void append_digits(ByteBuffer& bytes, std::string_view digits);

} // namespace dualcam::inline tools
