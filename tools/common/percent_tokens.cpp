#include "common/percent_tokens.hpp"

#include "common/hex_digits.hpp"

namespace dualcam::inline tools {

void PercentTokens::take(char c) {
  constexpr std::string_view themselves = "-_.~!*'()"; // of encodeURIComponent and others
  if (!escape_.empty()) {
    escape_ += c;
    if (!is_hex_digit(c)) {
      wrong_once("'%' without two hex digits");
      escape_.clear();
    } else if (escape_.size() == 3) {
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
  byte(hex_value(escape_[1]) << 4 | hex_value(escape_[2]));
  escape_.clear();
}

} // namespace dualcam::inline tools
