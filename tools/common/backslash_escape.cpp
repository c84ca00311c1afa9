#include "common/backslash_escape.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "common/hex_digits.hpp"
#include "common/text_conversion.hpp"

namespace dualcam::inline tools {
namespace {

constexpr std::array<std::string_view, 33> names_of_controls{
    "NUL", "SOH", "STX", "ETX", "EOT", "ENQ", "ACK", "BEL", "BS",  "HT",  "LF",
    "VT",  "FF",  "CR",  "SO",  "SI",  "DLE", "DC1", "DC2", "DC3", "DC4", "NAK",
    "SYN", "ETB", "CAN", "EM",  "SUB", "ESC", "FS",  "GS",  "RS",  "US",  "SP"};
constexpr unsigned delete_character = 0x7F;
constexpr const char* no_escape = "an escape that is none: print it as hex";

bool begins_name(std::string_view text) {
  return std::string_view("DEL").starts_with(text) ||
         std::ranges::any_of(names_of_controls, [&](auto name) { return name.starts_with(text); });
}

} // namespace

std::optional<unsigned> control_character(std::string_view name) {
  const auto* found = std::ranges::find(names_of_controls, name);
  if (found != names_of_controls.end()) {
    return static_cast<unsigned>(found - names_of_controls.begin());
  }
  return name == "DEL" ? std::optional(delete_character) : std::nullopt;
}

bool Escape::is_digit(char c) const {
  const char last = digits_ == Digits::octal ? '7' : digits_ == Digits::decimal ? '9' : '0';
  return c >= '0' && c <= last;
}

Escape::Step Escape::take(char c) {
  if (length_ == 1) {
    return begin_with(c);
  }
  if (!name_.empty()) {
    return go_on_with_name(c);
  }
  if (letter_ == 0) {
    const std::size_t longest = digits_ == Digits::zero ? 2 : 4;
    if (!is_digit(c) || length_ == longest) {
      return end(false);
    }
    value_ = value_ * (digits_ == Digits::decimal ? 10 : 8) + hex_value(c);
    ++length_;
    return {true};
  }
  if (letter_ == 'u' && length_ == 2 && c == '{') {
    letter_ = '{';
    return {true};
  }
  if (letter_ == '{' && c == '}' && length_ > 2) {
    return end(true);
  }
  if (!is_hex_digit(c)) {
    length_ = 0;
    return {.goes_on = false,
            .problem = letter_ == 'x' ? "an escape x without two hex digits"
                                      : "an escape u without four hex digits"};
  }
  value_ = value_ << 4 | hex_value(c);
  return ++length_ == (letter_ == 'x' ? 4 : letter_ == '{' ? 9 : 6) ? end(true) : Step{true};
}

/// `\SO` may go on to `\SOH`.
Escape::Step Escape::go_on_with_name(char c) {
  if (begins_name(name_ + c)) {
    name_ += c;
    return {true};
  }
  length_ = 0;
  const auto value = control_character(std::exchange(name_, {}));
  return {.goes_on = false, .byte = value, .problem = value ? nullptr : no_escape};
}

Escape::Step Escape::begin_with(char c) {
  constexpr std::string_view simple = "abtnvfreE\\\"'?/$@#`\n";
  constexpr std::string_view values = "\a\b\t\n\v\f\r\x1b\x1b\\\"'?/$@#`\n";
  if (c == 'x' || c == 'u' || is_digit(c)) {
    letter_ = is_digit(c) ? '\0' : c;
    value_ = is_digit(c) ? hex_value(c) : 0;
    length_ = 2;
    return {true};
  }
  const bool decimal = digits_ == Digits::decimal;
  if (decimal && begins_name({&c, 1})) {
    name_ = c;
    length_ = 2;
    return {true};
  }
  length_ = 0;
  if (decimal && c == '&') { // parts digits
    return {true};
  }
  const auto at = simple.find(c);
  if (at == std::string_view::npos) {
    return {.goes_on = true, .problem = no_escape};
  }
  if (c == '\n' && !decimal) { // the string goes on in the next line
    return {true};
  }
  return {.goes_on = true, .byte = static_cast<unsigned char>(values[at])};
}

Escape::Step Escape::end(bool goes_on) {
  constexpr unsigned replacement = 0xFFFD;
  length_ = 0;
  if (value_ == replacement) {
    return {.goes_on = goes_on, .problem = lost_to_text};
  }
  if (value_ > 0xFF) {
    return {.goes_on = goes_on,
            .problem = "an escape above 255 is a character, not a byte: print it as hex"};
  }
  return {.goes_on = goes_on, .byte = value_};
}

} // namespace dualcam::inline tools
