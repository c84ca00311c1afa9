#include "common/percent_tokens.hpp"

#include "common/hex_digits.hpp"

namespace dualcam::inline tools {

void PercentTokens::take(char c) {
  constexpr std::string_view themselves = "-_.~!*'()"; // of encodeURIComponent and others
  if (!escape_.empty()) {
    escape_ += c;
    const bool is_wide = escape_.size() == 2 && c == 'u';
    const std::size_t whole = escape_.starts_with("%u") ? 6 : 3;
    if (!is_wide && !is_hex_digit(c)) {
      wrong_once("'%' without two hex digits");
      escape_.clear();
    } else if (!is_wide && escape_.size() == whole) {
      end_escape();
    }
    return;
  }
  if (c == '%') {
    escape_ = c;
  } else if (is_letter(c) || is_decimal_digit(c) || c == '+' || themselves.contains(c)) {
    const char meant = c == '+' ? ' ' : c; // of forms
    if (is_bytes_) {
      byte(static_cast<unsigned char>(meant));
    } else if (word_.size() < longest_token) {
      word_ += meant;
    }
  } else {
    word_.clear();
    is_bytes_ = false;
    next_string();
  }
}

void PercentTokens::end_escape() {
  for (const char each : word_) {
    byte(static_cast<unsigned char>(each));
  }
  word_.clear();
  is_bytes_ = true;
  const bool is_byte = escape_.size() == 3 || escape_.substr(2, 2) == "00";
  if (is_byte) {
    const auto digits = std::string_view(escape_).substr(escape_.size() - 2);
    byte(hex_value(digits[0]) << 4 | hex_value(digits[1]));
  } else {
    missing(1);
    wrong_once("'" + escape_ + "' is a character above U+00FF, and no byte");
  }
  escape_.clear();
}

} // namespace dualcam::inline tools
