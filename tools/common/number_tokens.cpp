#include "common/number_tokens.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "common/clock_word.hpp"
#include "common/hex_digits.hpp"
#include "common/spoilt_hex.hpp"

namespace dualcam::inline tools {
namespace {

char closing(char open) { return open == '[' ? ']' : open == '{' ? '}' : open == '<' ? '>' : ')'; }

/// Rust, C and F# mark the type of a number.
std::string_view without_type(std::string_view token) {
  for (const std::string_view type : {"u8", "i8", "uy", "U", "u"}) {
    if (token.size() > type.size() && token.ends_with(type)) {
      token.remove_suffix(type.size());
    }
  }
  return token;
}

} // namespace

// --- a number that is a byte ---

std::optional<int> ByteNumbers::parse(std::string_view token) const {
  token = without_type(token);
  int value = 0;
  const auto* end = token.data() + token.size();
  const auto [rest, error] = std::from_chars(token.data(), end, value, base_);
  return error == std::errc{} && rest == end ? std::optional(value) : std::nullopt;
}

std::expected<unsigned, std::string> ByteNumbers::byte_of(std::string_view token) {
  const auto value = parse(token);
  const auto wrong = [&](const char* why) {
    return std::unexpected("'" + std::string(without_type(token).substr(0, 20)) + "'" + why);
  };
  if (!value || *value < -128 || *value > 255) {
    return wrong(" is no byte: -128 to 255 were expected");
  }
  below_zero_ = below_zero_ || *value < 0;
  above_127_ = above_127_ || *value > 127;
  if (below_zero_ && above_127_) {
    return wrong(": signed and unsigned bytes in one text");
  }
  return static_cast<unsigned>(*value) & 0xFF;
}

bool ByteNumbers::is_name(std::string_view token) {
  constexpr std::string_view digits = "0123456789";
  const auto times = token.find('x'); // `3126x1 uint8 column vector`
  const bool is_size = times != std::string_view::npos &&
                       token.find_first_not_of(digits) == times &&
                       token.find_first_not_of(digits, times + 1) == std::string_view::npos;
  const bool is_spoilt = token.size() > 1 && token[0] == '?'; // its first digit
  return (token[0] > '9' && !is_spoilt) || is_size;
}

// --- lists of them ---

void NumberTokens::take(char c) {
  if (is_in_comment(c)) {
    return;
  }
  if (is_word_character(c)) {
    whole_token_ = token_.size() < longest_token;
    if (whole_token_) {
      token_ += c;
    }
    return;
  }
  const bool is_named = !token_.empty() && ByteNumbers::is_name(token_);
  const bool is_behind_name = is_named || (behind_name_ && token_.empty());
  end_number(c);
  take_size(c, is_named);
  take_path(c, is_named);
  const bool ends_value =
      c == ',' || c == '\n' || c == form().bracket || c == closing(form().bracket);
  in_value_ = depth_ > 0 && !ends_value && (in_value_ || (c == ':' && is_behind_name));
  behind_name_ = is_behind_name && std::string_view("\"')").contains(c);
  if (c == '=' || c == ':' || (c == '(' && is_named)) {
    held_.clear();
  }
  before_ = c;
  if (comment_ == 1 && (c == '/' || c == '*')) {
    comment_ = c == '/' ? 2 : 3;
    return;
  }
  comment_ = form().style == HexStyle::c_array && c == '/' ? 1 : 0;
  take_bracket(c);
  cut_ = cut_ && c != '\n' && !std::string_view("])}>").contains(c);
  if (c == '\n') {
    end_line();
  }
}

bool NumberTokens::is_in_comment(char c) {
  if (comment_ < 2) {
    return false;
  }
  const bool ends = comment_ == 2 ? c == '\n' : comment_ == 4 && c == '/';
  comment_ = ends ? 0 : comment_ == 2 ? 2 : c == '*' ? 4 : 3;
  on_line_ = c == '\n' ? 0 : on_line_;
  return true;
}

/// `byte[63]`, `array(63) {`: how many numbers follow, not one of them.
void NumberTokens::take_size(char c, bool is_named) {
  const bool opens = c == '[' || c == '(' || c == '{';
  const bool closes = in_size_ != 0 && c == closing(in_size_);
  if ((closes && in_size_ == '[') || (opens && behind_size_)) {
    held_.clear();
  }
  if (c != ' ') {
    behind_size_ = closes;
    in_size_ = opens && is_named ? c : '\0';
  }
}

/// `[src/main.rs:42:5]` is no list.
void NumberTokens::take_path(char c, bool is_named) {
  if (depth_ > 0 && in_group_ == 0 && is_named && (c == '/' || c == '\\')) {
    other_group_ = true;
    held_.clear();
  }
}

void NumberTokens::take_bracket(char c) {
  const char open = form().bracket;
  if (open == 0 || (c != open && c != closing(open))) {
    return;
  }
  if (c == open) {
    end_cut_list();
    ++depth_;
    opened_ = line();
  } else {
    release_number();
    depth_ -= depth_ > 0;
  }
  in_group_ = 0;
  other_group_ = false;
}

/// Where numbers of one list stand in the line before, and another one opens.
void NumberTokens::end_cut_list() {
  if (depth_ > 0 && in_group_ > 1 && opened_ < line()) {
    wrong(opened_, "a list that is cut: its end is not there");
    depth_ = 0;
    problem_.clear();
    unprefixed_.clear();
    held_.clear();
  }
}

/// A number without 0x in a sentence is none of the list.
void NumberTokens::end_line() {
  if (!unprefixed_.empty() && (on_line_ != 0 || !named_)) {
    wrong("'" + unprefixed_ + "' among numbers with 0x: decimal or octal?");
  }
  unprefixed_.clear();
  if (!problem_.empty()) {
    wrong(std::exchange(problem_, {}));
  }
  named_ = false;
  on_line_ = 0;
}

void NumberTokens::end_number(char behind) {
  if (token_.empty()) {
    return;
  }
  const bool is_address = before_ == '@'; // `{byte[63]@824}`
  if (!is_address && (form().bracket == 0 || (depth_ > 0 && !in_value_))) {
    form().style == HexStyle::decimal ? hold_number() : take_hexadecimal(behind);
  }
  token_.clear();
  whole_token_ = true;
}

void NumberTokens::hold_number() {
  release_number();
  cut_ = cut_ || (token_.size() >= 3 && token_.find_first_not_of('.') == std::string::npos);
  const bool is_rule = token_.find_first_not_of('-') == std::string::npos; // or a bullet
  if (!cut_ && !is_rule) {
    held_ = token_;
    held_line_ = line();
  }
}

void NumberTokens::release_number() {
  if (!held_.empty()) {
    take_decimal(held_, held_line_);
    held_.clear();
  }
}

void NumberTokens::take_decimal(std::string_view token, std::uint64_t line) {
  const bool grouped = form().whole_groups && form().bracket != 0;
  other_group_ = other_group_ || (grouped && in_group_ == 0 && !numbers_.parse(token));
  if (other_group_) {
    return;
  }
  const auto value = numbers_.byte_of(token);
  if (!value) {
    if (depth_ > 0 && opened_ < line && line == this->line()) {
      problem_ = problem_.empty() ? value.error() : problem_;
    } else if (depth_ > 0 || !(ByteNumbers::is_name(token) || is_date(token))) {
      wrong(line, value.error());
    }
    return;
  }
  if (++in_group_ == 1 && grouped) {
    first_ = *value; // one number alone is no list
    return;
  }
  if (in_group_ == 2 && grouped) {
    byte(first_, line);
  }
  byte(*value, line);
}

/// `hexdump -e` pads its last line: `0x04, 0x  , 0x  `.
void NumberTokens::take_hexadecimal(char behind) {
  const auto text = std::string_view(token_);
  const bool prefixed = text.starts_with("0x") || text.starts_with("0X");
  const auto digits = prefixed ? text.substr(2) : text;
  if (has_spoilt_mark(text)) {
    wrong("'" + token_ + "' may be a byte with 0x before it");
    return;
  }
  if (!prefixed) {
    const bool is_index = before_ == '[' && behind == ']';
    const bool is_number =
        is_decimal_digit(text[0]) && !text.contains('.') && !is_index; // no time in seconds
    unprefixed_ = is_number && unprefixed_.empty() ? text.substr(0, 20) : unprefixed_;
    named_ = named_ || !is_number;
    return;
  }
  ++on_line_;
  ++in_group_;
  if (digits.empty() && behind == ' ') {
    padding_ = padding_ != 0 ? padding_ : line();
    return;
  }
  if (padding_ != 0) {
    wrong(std::exchange(padding_, 0), "'0x' without digits: a byte is missing");
  }
  const bool one_byte = digits.size() == 1 || digits.size() == 2;
  const bool whole = one_byte || (digits.size() % 2 == 0 && on_line_ == 1 && whole_token_);
  if (digits.empty() || !std::ranges::all_of(digits, is_hex_digit) || !whole) {
    wrong("'" + token_.substr(0, 20) +
          "' is no byte of one or two hex digits: words have an unknown byte order");
    return;
  }
  constexpr std::uint64_t clear = 8;
  padded_ += digits.size() == 2 && digits[0] == '0' ? 1 : 0;
  if (digits.size() == 1 && padded_ >= clear) {
    wrong("'" + token_ + "' has one digit, and those before it two: is one missing?");
  }
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    byte(digits.size() == 1 ? hex_value(digits[0])
                            : hex_value(digits[i]) << 4 | hex_value(digits[i + 1]));
  }
}

} // namespace dualcam::inline tools
