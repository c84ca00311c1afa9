#include "common/json_strings.hpp"

#include <utility>

#include "common/hex_digits.hpp"
#include "common/utf8.hpp"

namespace dualcam::inline tools {

JsonStrings::Step JsonStrings::take(char c) {
  const bool starts_line = std::exchange(starts_line_, c == '\n');
  if (c == '\n') {
    escaped_ = false;
    unit_.clear();
    return {.ends_line = std::exchange(inside_, Inside::nothing) == Inside::value};
  }
  if (inside_ == Inside::value) {
    return take_in_value(c);
  }
  if (inside_ == Inside::name) {
    take_in_name(c);
    return {};
  }
  if (starts_line && c == '{') {
    levels_.clear();
  }
  take_outside(c);
  return {};
}

void JsonStrings::take_outside(char c) {
  const bool in_object = !levels_.empty() && levels_.back().is_object;
  if (c == '"') {
    inside_ = in_object && !levels_.back().behind_colon ? Inside::name : Inside::value;
    if (inside_ == Inside::name) {
      levels_.back().name.clear();
    }
  } else if (c == '{' || c == '[') {
    open(c == '{');
  } else if ((c == '}' || c == ']') && !levels_.empty()) {
    levels_.pop_back();
  } else if (in_object && (c == ':' || c == ',')) {
    levels_.back().behind_colon = c == ':';
  }
}

void JsonStrings::open(bool is_object) {
  constexpr std::size_t deepest = 64;
  if (levels_.size() == deepest) {
    levels_.clear();
  }
  levels_.push_back({is_object, is_object ? std::string() : std::string(name())});
}

void JsonStrings::take_in_name(char c) {
  constexpr std::size_t longest_name = 64;
  if (c == '"' && !escaped_) {
    inside_ = Inside::nothing;
  } else if (levels_.back().name.size() < longest_name) {
    levels_.back().name += c;
  }
  escaped_ = c == '\\' && !escaped_;
}

JsonStrings::Step JsonStrings::take_in_value(char c) {
  if (!unit_.empty()) {
    return take_unit(c);
  }
  if (std::exchange(escaped_, false)) {
    return escaped(c);
  }
  if (c == '"') {
    inside_ = Inside::nothing;
    return {.ends_line = true};
  }
  escaped_ = c == '\\';
  return {.text = escaped_ ? std::string() : std::string(1, c)};
}

/// What is no escape of JSON is one of the text.
JsonStrings::Step JsonStrings::escaped(char c) {
  switch (c) {
  case 'n':
    return {.ends_line = true};
  case 't':
    return {.text = "\t"};
  case 'r':
    return {.text = "\r"};
  case '"':
  case '\\':
  case '/':
    return {.text = {c}};
  case 'u':
    unit_ = c;
    return {};
  default:
    return {.text = {'\\', c}};
  }
}

JsonStrings::Step JsonStrings::take_unit(char c) {
  constexpr std::size_t whole = 5;
  unit_ += c;
  if (!is_hex_digit(c)) {
    return {.text = '\\' + std::exchange(unit_, {})};
  }
  if (unit_.size() < whole) {
    return {};
  }
  unsigned code = 0;
  for (const char digit : std::exchange(unit_, {}).substr(1)) {
    code = code << 4 | hex_value(digit);
  }
  const bool is_half = (code & 0xF800) == 0xD800; // of a character
  return code == '\n' ? Step{.ends_line = true} : Step{.text = is_half ? "?" : utf8_of(code)};
}

} // namespace dualcam::inline tools
