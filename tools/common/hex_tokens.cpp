#include "common/hex_tokens.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "common/hex_line.hpp"
#include "common/hex_words.hpp"

namespace dualcam::inline tools {
namespace {

constexpr std::size_t bytes_at_once = 65536;
constexpr std::size_t longest_token = 8192;
constexpr std::size_t longest_whole = 1 << 20;

bool is_word_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         c == '-' || c == '.' || c == '+';
}

char closing(char open) { return open == '[' ? ']' : open == '{' ? '}' : open == '<' ? '>' : ')'; }

} // namespace

void HexTokens::feed(std::string_view text) {
  for (const char c : text) {
    if (form_.style != HexStyle::digits || at_ >= form_.column) {
      take(c);
    }
    ++at_;
    line_ += c == '\n';
  }
  flush();
}

void HexTokens::finish() {
  take('\n');
  release_number();
  if (inside_ && form_.style == HexStyle::node) {
    wrong("the text ends inside a <Buffer: its rest is not there");
  } else if ((inside_ || form_.style == HexStyle::digits) && digits_ % 2 != 0) {
    wrong("an odd number of hex digits");
  }
  end_base64();
  flush();
}

void HexTokens::take(char c) {
  switch (form_.style) {
  case HexStyle::c_array:
  case HexStyle::decimal:
    take_number(c);
    break;
  case HexStyle::escapes:
    take_escape(c);
    break;
  case HexStyle::node:
    take_buffer(c);
    break;
  case HexStyle::json:
    take_json(c);
    break;
  case HexStyle::base64:
    take_base64(c);
    break;
  case HexStyle::digits:
    take_digit(c);
    break;
  case HexStyle::base64_words:
    take_base64_word(c);
    break;
  case HexStyle::offsets:
  case HexStyle::lines:
  case HexStyle::words:
  case HexStyle::yaml:
    break;
  }
}

// --- lists of numbers ---

void HexTokens::take_number(char c) {
  const bool hexadecimal = form_.style == HexStyle::c_array;
  if (hexadecimal && comment_ >= 2) { // inside one
    const bool ends = comment_ == 2 ? c == '\n' : comment_ == 4 && c == '/';
    comment_ = ends ? 0 : comment_ == 2 ? 2 : c == '*' ? 4 : 3;
    on_line_ = c == '\n' ? 0 : on_line_;
    return;
  }
  if (is_word_character(c)) {
    whole_token_ = token_.size() < longest_token;
    if (whole_token_) {
      token_ += c;
    }
    return;
  }
  end_number();
  if (c == '=' || c == ':') {
    held_.clear();
  }
  if (comment_ == 1 && (c == '/' || c == '*')) {
    comment_ = c == '/' ? 2 : 3;
    return;
  }
  comment_ = hexadecimal && c == '/' ? 1 : 0;
  if (form_.bracket != 0) {
    depth_ += c == form_.bracket;
    if (c == closing(form_.bracket)) {
      release_number();
      depth_ -= depth_ > 0;
    }
    if (c == form_.bracket || c == closing(form_.bracket)) {
      in_group_ = 0;
      other_group_ = false;
    }
  }
  cut_ = cut_ && c != '\n' && std::string_view("])}>").find(c) == std::string_view::npos;
  if (c == '\n') {
    end_line_of_numbers();
  }
}

/// A number without 0x in a sentence is none of the list.
void HexTokens::end_line_of_numbers() {
  if (!unprefixed_.empty() && (on_line_ != 0 || !named_)) {
    wrong("'" + unprefixed_ + "' among numbers with 0x: decimal or octal?");
  }
  unprefixed_.clear();
  named_ = false;
  on_line_ = 0;
}

void HexTokens::end_number() {
  if (token_.empty()) {
    return;
  }
  if (form_.bracket == 0 || depth_ > 0) {
    form_.style == HexStyle::decimal ? hold_number() : take_hexadecimal();
  }
  token_.clear();
  whole_token_ = true;
}

void HexTokens::hold_number() {
  release_number();
  cut_ = cut_ || (token_.size() >= 3 && token_.find_first_not_of('.') == std::string::npos);
  if (!cut_ && token_ != "-") { // a bullet
    held_ = token_;
    held_line_ = line_;
  }
}

void HexTokens::release_number() {
  if (held_.empty()) {
    return;
  }
  std::swap(token_, held_);
  const auto line = std::exchange(line_, held_line_);
  take_decimal();
  line_ = line;
  std::swap(token_, held_);
  held_.clear();
}

void HexTokens::take_decimal() {
  int value = 0;
  for (const std::string_view type : {"u8", "i8", "U", "u"}) { // as Rust and C mark them
    if (token_.size() > type.size() && token_.ends_with(type)) {
      token_.resize(token_.size() - type.size());
    }
  }
  const auto* end = token_.data() + token_.size();
  const auto [rest, error] = std::from_chars(token_.data(), end, value, form_.base);
  const bool grouped = form_.whole_groups && form_.bracket != 0;
  if (grouped && (other_group_ || (in_group_ == 0 && (error != std::errc{} || rest != end)))) {
    other_group_ = true;
    return;
  }
  if (error != std::errc{} || rest != end || value < -128 || value > 255) {
    const auto times = token_.find('x'); // `3126x1 uint8 column vector`
    const bool is_size = times != std::string::npos &&
                         token_.find_first_not_of("0123456789") == times &&
                         token_.find_first_not_of("0123456789", times + 1) == std::string::npos;
    const bool is_name = (token_[0] > '9' || is_size) && depth_ == 0;
    if (!is_name) {
      wrong("'" + token_.substr(0, 20) + "' is no byte: -128 to 255 were expected");
    }
    return;
  }
  below_zero_ = below_zero_ || value < 0;
  above_127_ = above_127_ || value > 127;
  if (below_zero_ && above_127_) {
    wrong("'" + token_ + "': signed and unsigned bytes in one text");
    return;
  }
  if (grouped && ++in_group_ == 1) {
    first_ = static_cast<unsigned>(value) & 0xFF; // one number alone is no list
    return;
  }
  if (grouped && in_group_ == 2) {
    byte(first_);
  }
  byte(static_cast<unsigned>(value) & 0xFF);
}

void HexTokens::take_hexadecimal() {
  const auto text = std::string_view(token_);
  const bool prefixed = text.starts_with("0x") || text.starts_with("0X");
  const auto digits = prefixed ? text.substr(2) : text;
  if (!prefixed) {
    const bool is_number = is_decimal_digit(text[0]);
    unprefixed_ = is_number && unprefixed_.empty() ? text.substr(0, 20) : unprefixed_;
    named_ = named_ || !is_number;
    return;
  }
  ++on_line_;
  const bool one_byte = digits.size() == 1 || digits.size() == 2;
  const bool whole = one_byte || (digits.size() % 2 == 0 && on_line_ == 1 && whole_token_);
  if (digits.empty() || !std::ranges::all_of(digits, is_hex_digit) || !whole) {
    wrong("'" + token_.substr(0, 20) +
          "' is no byte of one or two hex digits: words have an unknown byte order");
    return;
  }
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    byte(digits.size() == 1 ? hex_value(digits[0])
                            : hex_value(digits[i]) << 4 | hex_value(digits[i + 1]));
  }
}

// --- strings with escapes, as C, Python and Java have them ---

void HexTokens::take_escape(char c) {
  const bool open = quote_ != 0 || !form_.quoted;
  if (escape_ != 0) {
    if (goes_on_escape(c)) {
      before_ = c;
      return;
    }
  }
  if (form_.quoted && quote_ == 0 && (c == '"' || c == '\'')) {
    // An apostrophe within a word begins no string.
    const bool is_bytes = before_ == 'b' || before_ == 'B';
    quote_ = is_bytes || (!form_.marked && !is_word_character(before_)) ? c : '\0';
    bad_string_ = false;
  } else if (form_.quoted && quote_ != 0 && c == quote_) {
    quote_ = 0;
  } else if (open && c == '\\') {
    escape_ = 1;
  } else if (open) {
    take_quoted(c);
  }
  before_ = c;
}

/// Whether `c` is part of the escape.
bool HexTokens::goes_on_escape(char c) {
  constexpr std::string_view simple = "abtnvfre\\\"'?/$@#`\n";
  constexpr std::string_view values = "\a\b\t\n\v\f\r\x1b\\\"'?/$@#`";
  if (escape_ == 1) {
    value_ = 0;
    kind_ = c >= '0' && c < (form_.numbers == 10 ? ':' : '8') ? '\0' : c;
    if (c == 'x' || c == 'u') {
      escape_ = 2;
      return true;
    }
    if (kind_ == 0) {
      value_ = hex_value(c);
      escape_ = 2;
      return true;
    }
    const auto at = simple.find(c);
    escape_ = 0;
    if (at == std::string_view::npos) {
      wrong("an escape that is none: print it as hex");
    } else if (c != '\n') {
      byte(static_cast<unsigned char>(values[at]));
    }
    return true;
  }
  if (kind_ == 0) {
    const bool decimal = form_.numbers == 10;
    if (c >= '0' && c < (decimal ? ':' : '8') && escape_ < 4) {
      value_ = value_ * (decimal ? 10 : 8) + hex_value(c);
      ++escape_;
      return true;
    }
    end_escape();
    return false;
  }
  if (!is_hex_digit(c)) {
    wrong(kind_ == 'x' ? "an escape x without two hex digits"
                       : "an escape u without four hex digits");
    escape_ = 0;
    return false;
  }
  value_ = value_ << 4 | hex_value(c);
  if (++escape_ == (kind_ == 'x' ? 4 : 6)) {
    end_escape();
  }
  return true;
}

void HexTokens::end_escape() {
  escape_ = 0;
  constexpr unsigned replacement = 0xFFFD;
  if (value_ == replacement) {
    wrong("the character U+FFFD stands for bytes that a conversion to text has lost: take the dump "
          "again, as hex or base64");
  } else if (value_ > 0xFF) {
    wrong("an escape above 255 is a character, not a byte: print it as hex");
  } else {
    byte(value_);
  }
}

/// A character that stands for itself.
void HexTokens::take_quoted(char c) {
  const bool is_ascii = c >= ' ' && c <= '~';
  if (form_.quoted && is_ascii) {
    byte(static_cast<unsigned char>(c));
  } else if ((form_.quoted || is_word_character(c)) && !std::exchange(bad_string_, true)) {
    wrong("characters stand between the escapes: print it as hex, such as data.hex()");
  }
}

// --- base64 ---

void HexTokens::take_base64(char c) {
  if (form_.bracket != 0) { // what comes before the data
    form_.bracket = c == form_.bracket ? '\0' : form_.bracket;
    return;
  }
  const char digit = c == '-' ? '+' : c == '_' ? '/' : c; // of base64url
  if (base64_.digit(digit, [&](std::byte value) { byte(std::to_integer<unsigned>(value)); })) {
  } else if (c == '=') {
    end_base64(); // another text may follow
  } else if (c != '\n' && c != '\r' && c != ' ' && !std::exchange(bad_string_, true)) {
    wrong("a character that base64 does not have");
  }
}

void HexTokens::end_base64() {
  if (base64_.is_cut()) {
    wrong(cut_base64);
  }
  base64_.restart();
}

/// Lines are kept: the last word of each.
void HexTokens::take_base64_word(char c) {
  if (c != '\n') {
    if (token_.size() < longest_whole) {
      token_ += c;
    } else if (!std::exchange(bad_string_, true)) {
      wrong("a line of more than 1 MiB: break it into lines");
    }
    return;
  }
  constexpr std::size_t shortest_full = 57; // programs break lines behind 60, 64, 76
  const auto word = base64_word(token_, behind_key_);
  behind_key_ = word.size() >= shortest_full && !word.ends_with('=');
  if (word.empty()) {
    end_base64();
  }
  for (const char each : word) {
    take_base64(each);
  }
  token_.clear();
}

// --- digits, whatever parts them ---

void HexTokens::take_digit(char c) {
  constexpr std::size_t longest_word = 64;
  if (is_hex_digit(c) || (c >= 'g' && c <= 'z') || (c >= 'G' && c <= 'Z') || c == '_') {
    token_ += c;
    if (token_.size() > longest_word && std::ranges::all_of(token_.substr(2), is_hex_digit)) {
      end_word();
      streams_ = true; // the rest of it, too
    }
    return;
  }
  end_word();
  streams_ = false;
  const bool ends = c == '}' || c == ']' || c == '<' || (c == ')' && before_ != '(');
  stopped_ = stopped_ || ends;
  before_ = c;
}

/// `00`, `0x00`, `x00`, `H00`, `00h`, `0x0u`; another word is a name.
void HexTokens::end_word() {
  auto word = std::string_view(token_);
  const bool prefixed = word.starts_with("0x") || word.starts_with("0X");
  if (prefixed && !streams_) {
    word.remove_prefix(2);
  } else if (!streams_ && word.size() > 1 && std::string_view("xXhH").find(word[0]) != word.npos) {
    word.remove_prefix(1);
  }
  const auto last = word.empty() ? '\0' : word.back();
  if (word.size() > 1 && std::string_view("hHuU").find(last) != std::string_view::npos) {
    word.remove_suffix(1);
  }
  if (!word.empty() && std::ranges::all_of(word, is_hex_digit)) {
    if (prefixed && word.size() % 2 != 0 && digits_ % 2 == 0) {
      word_digits("0");
    }
    word_digits(word);
  }
  token_.clear();
}

void HexTokens::word_digits(std::string_view digits) {
  if (stopped_) {
    if (digits.size() >= 8 && !std::exchange(bad_string_, true)) {
      wrong("there is more hex after the end of the first: give one at a time");
    }
    return;
  }
  for (const char c : digits) {
    value_ = (value_ << 4 | hex_value(c)) & 0xFF;
    if (++digits_ % 2 == 0) {
      byte(value_);
    }
  }
}

// --- <Buffer 00 04 ... 12 more bytes> ---

void HexTokens::take_buffer(char c) {
  if (c != ' ' && c != '>' && c != '\n' && c != '<' && c != '\r') {
    if (token_.size() < longest_token) {
      token_ += c;
    }
    return;
  }
  if (inside_) {
    end_buffer_word();
  } else if (c == ' ' && token_ == "Buffer") {
    inside_ = true;
    value_ = 0;
  }
  token_.clear();
  inside_ = inside_ && c != '>';
}

void HexTokens::end_buffer_word() {
  std::uint64_t more = 0;
  const auto* end = token_.data() + token_.size();
  const bool is_number = std::from_chars(token_.data(), end, more).ptr == end;
  if (token_.empty() || token_ == "more" || token_ == "byte" || token_ == "bytes") {
    return;
  }
  if (token_ == "...") {
    value_ = 1; // a count follows
  } else if (value_ == 1 && is_number) {
    flush(); // that it was cut is told by CutMarks
    output_.missing(more);
  } else if (token_.size() == 2 && std::ranges::all_of(token_, is_hex_digit)) {
    byte(hex_value(token_[0]) << 4 | hex_value(token_[1]));
  } else {
    wrong("'" + token_.substr(0, 20) + "' in a <Buffer is no byte of two hex digits");
  }
}

// --- JSON ---

void HexTokens::take_json(char c) {
  if (!inside_) {
    if (c == '"') {
      inside_ = true;
      bad_string_ = false;
      digits_ = 0;
      token_.clear();
    } else if (take_list(c)) {
    } else if (behind_key_ && c == '[' && form_.numbers != 10) {
      of_strings_ = true;
    } else if (c == ']' || c == '{') {
      of_strings_ = behind_key_ = false;
    } else if (c == ':') {
      end_key();
    } else if (!of_strings_ && c != ' ' && c != '\n' && c != '\r' && c != '\t') {
      behind_key_ = false;
    }
    return;
  }
  if (behind_key_ && form_.numbers == 1) {
    take_character(c);
    return;
  }
  if (std::exchange(escape_, 0) == 1) {
    c = '\\'; // no digit
  } else if (c == '\\') {
    escape_ = 1;
    return;
  } else if (c == '"') {
    inside_ = false;
    if (behind_key_ && form_.numbers != 64 && digits_ % 2 != 0) {
      wrong("an odd number of hex digits in a string");
    }
    end_base64();
    behind_key_ = of_strings_;
    return;
  }
  if (behind_key_) {
    form_.numbers == 64 ? take_base64(c) : value_digit(c);
  } else if (token_.size() < longest_token) {
    token_ += c;
  }
}

/// Of a string in which each character stands for a byte.
void HexTokens::take_character(char c) {
  if (escape_ != 0 && goes_on_escape(c)) {
    return;
  }
  if (c == '"') {
    inside_ = false;
    behind_key_ = of_strings_;
  } else if (c == '\\') {
    escape_ = 1;
  } else if ((c & 0x80) == 0) {
    byte(static_cast<unsigned char>(c));
  } else if (!std::exchange(bad_string_, true)) {
    wrong("characters above 7F that are not escaped: print it as hex or base64");
  }
}

void HexTokens::end_key() {
  of_strings_ = false;
  behind_key_ = form_.key.empty()
                    ? std::ranges::find(json_names_of_bytes, token_) != json_names_of_bytes.end()
                    : token_ == form_.key;
  token_.clear();
}

/// Numbers behind the key. False: there are none.
bool HexTokens::take_list(char c) {
  if (form_.numbers != 10 || (!in_list_ && (!behind_key_ || c != '['))) {
    return false;
  }
  if (!std::exchange(in_list_, true)) {
    token_.clear();
  } else if (is_word_character(c)) {
    token_ += token_.size() < longest_token ? std::string(1, c) : std::string();
  } else {
    if (!token_.empty()) {
      take_decimal();
    }
    token_.clear();
    in_list_ = c != ']';
    behind_key_ = in_list_;
  }
  return true;
}

void HexTokens::value_digit(char c) {
  if ((c == 'x' || c == 'X') && digits_ == 1 && value_ == 0) {
    digits_ = 0; // 0x
  } else if (is_hex_digit(c)) {
    value_ = (digits_ % 2 == 0 ? 0 : value_ << 4) | hex_value(c);
    if (++digits_ % 2 == 0 && !bad_string_) {
      byte(value_);
    }
  } else if ((digits_ % 2 != 0 || std::string_view(" ,:;-").find(c) == std::string_view::npos) &&
             !std::exchange(bad_string_, true)) {
    wrong("a string that should be bytes is not pairs of hex digits");
  }
}

// --- output ---

void HexTokens::wrong(std::string what) { output_.problem(line_, std::move(what)); }

void HexTokens::byte(unsigned value) {
  bytes_.push_back(static_cast<std::byte>(value));
  if (bytes_.size() == bytes_at_once) {
    flush();
  }
}

void HexTokens::flush() {
  if (!bytes_.empty()) {
    output_.bytes(bytes_);
    bytes_.clear();
  }
}

} // namespace dualcam::inline tools
