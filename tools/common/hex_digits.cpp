#include "common/hex_digits.hpp"

#include <algorithm>

namespace dualcam::inline tools {

bool is_all_hex(std::string_view text) { return std::ranges::all_of(text, is_hex_digit); }

std::size_t leading_digits(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::find_if_not(text, is_hex_digit) - text.begin());
}

std::size_t leading_spaces(std::string_view text) {
  return std::min(text.find_first_not_of(" \t"), text.size());
}

void append_digits(ByteBuffer& bytes, std::string_view digits) {
  const auto before = bytes.size();
  bytes.resize(before + digits.size() / 2);
  for (auto byte = bytes.begin() + static_cast<std::ptrdiff_t>(before); byte != bytes.end();
       ++byte, digits.remove_prefix(2)) {
    *byte = static_cast<std::byte>(hex_value(digits[0]) << 4 | hex_value(digits[1]));
  }
}

} // namespace dualcam::inline tools
