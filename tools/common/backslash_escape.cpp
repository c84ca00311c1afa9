#include "common/backslash_escape.hpp"

#include <string_view>

#include "common/hex_line.hpp"

namespace dualcam::inline tools {

Escape::Step Escape::take(char c) {
  if (length_ == 1) {
    return begin_with(c);
  }
  if (letter_ == 0) {
    if (!is_digit(c) || length_ == 4) {
      return end(false);
    }
    value_ = value_ * (decimal_ ? 10 : 8) + hex_value(c);
    ++length_;
    return {true};
  }
  if (!is_hex_digit(c)) {
    length_ = 0;
    return {.goes_on = false,
            .problem = letter_ == 'x' ? "an escape x without two hex digits"
                                      : "an escape u without four hex digits"};
  }
  value_ = value_ << 4 | hex_value(c);
  return ++length_ == (letter_ == 'x' ? 4 : 6) ? end(true) : Step{true};
}

Escape::Step Escape::begin_with(char c) {
  constexpr std::string_view simple = "abtnvfre\\\"'?/$@#`\n";
  constexpr std::string_view values = "\a\b\t\n\v\f\r\x1b\\\"'?/$@#`";
  if (c == 'x' || c == 'u' || is_digit(c)) {
    letter_ = is_digit(c) ? '\0' : c;
    value_ = is_digit(c) ? hex_value(c) : 0;
    length_ = 2;
    return {true};
  }
  length_ = 0;
  const auto at = simple.find(c);
  if (at == std::string_view::npos) {
    return {.goes_on = true, .problem = "an escape that is none: print it as hex"};
  }
  if (c == '\n') { // the string goes on in the next line
    return {true};
  }
  return {.goes_on = true, .byte = static_cast<unsigned char>(values[at])};
}

Escape::Step Escape::end(bool goes_on) {
  constexpr unsigned replacement = 0xFFFD;
  length_ = 0;
  if (value_ == replacement) {
    return {.goes_on = goes_on,
            .problem = "the character U+FFFD stands for bytes that a conversion to text has lost: "
                       "take the dump again, as hex or base64"};
  }
  if (value_ > 0xFF) {
    return {.goes_on = goes_on,
            .problem = "an escape above 255 is a character, not a byte: print it as hex"};
  }
  return {.goes_on = goes_on, .byte = value_};
}

} // namespace dualcam::inline tools
