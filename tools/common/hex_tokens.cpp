#include "common/hex_tokens.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "common/hex_line.hpp"

namespace dualcam::inline tools {
namespace {

constexpr std::size_t bytes_at_once = 65536;
constexpr std::size_t longest_token = 8192;

bool is_word_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         c == '-' || c == '.' || c == '+';
}

char closing(char open) { return open == '[' ? ']' : open == '{' ? '}' : ')'; }

} // namespace

void HexTokens::feed(std::string_view text) {
  for (const char c : text) {
    take(c);
    line_ += c == '\n';
  }
  flush();
}

void HexTokens::finish() {
  take('\n');
  if (inside_ && form_.style == HexStyle::node) {
    wrong("the text ends inside a <Buffer: its rest is not there");
  } else if (form_.style == HexStyle::base64 && digits_ % 4 == 1) {
    wrong("the last character of the base64 has no other to go with");
  } else if (inside_ && digits_ % 2 != 0) {
    wrong("an odd number of hex digits");
  }
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
  case HexStyle::offsets:
  case HexStyle::lines:
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
  if (comment_ == 1 && (c == '/' || c == '*')) {
    comment_ = c == '/' ? 2 : 3;
    return;
  }
  comment_ = hexadecimal && c == '/' ? 1 : 0;
  if (form_.bracket != 0) {
    depth_ += c == form_.bracket;
    depth_ -= depth_ > 0 && c == closing(form_.bracket);
  }
  on_line_ = c == '\n' ? 0 : on_line_;
}

void HexTokens::end_number() {
  if (token_.empty()) {
    return;
  }
  if (form_.bracket == 0 || depth_ > 0) {
    form_.style == HexStyle::decimal ? take_decimal() : take_hexadecimal();
  }
  token_.clear();
  whole_token_ = true;
}

void HexTokens::take_decimal() {
  int value = 0;
  const auto* end = token_.data() + token_.size();
  const auto [rest, error] = std::from_chars(token_.data(), end, value);
  if (error != std::errc{} || rest != end || value < -128 || value > 255) {
    const bool is_name = token_[0] > '9' && depth_ == 0;
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
  byte(static_cast<unsigned>(value) & 0xFF);
}

void HexTokens::take_hexadecimal() {
  const auto text = std::string_view(token_);
  const bool prefixed = text.starts_with("0x") || text.starts_with("0X");
  const auto digits = prefixed ? text.substr(2) : text;
  if (!prefixed) {
    if (text[0] >= '0' && text[0] <= '9') {
      wrong("'" + token_.substr(0, 20) + "' among numbers with 0x: decimal or octal?");
    }
    return; // a name
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
    quote_ = is_word_character(before_) && before_ != 'b' && before_ != 'B' ? '\0' : c;
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
  constexpr std::string_view simple = "abtnvfre\\\"'?\n";
  constexpr std::string_view values = "\a\b\t\n\v\f\r\x1b\\\"'?";
  if (escape_ == 1) {
    value_ = 0;
    kind_ = c >= '0' && c < '8' ? '\0' : c;
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
    if (c >= '0' && c < '8' && escape_ < 4) {
      value_ = value_ << 3 | hex_value(c);
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
  if (value_ > 0xFF) {
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
  constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  if (form_.bracket != 0) { // what comes before the data
    form_.bracket = c == form_.bracket ? '\0' : form_.bracket;
    return;
  }
  const auto sextet = alphabet.find(c == '-' ? '+' : c == '_' ? '/' : c);
  if (sextet != std::string_view::npos) {
    value_ = (value_ << 6 | static_cast<unsigned>(sextet)) & 0xFFF;
    if (++digits_ % 4 != 1) {
      byte(value_ >> (6 - 2 * ((digits_ - 1) % 4)) & 0xFF);
    }
  } else if (c == '=') {
    digits_ = 0; // another text may follow
  } else if (c != '\n' && c != '\r' && c != ' ' && !std::exchange(bad_string_, true)) {
    wrong("a character that base64 does not have");
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
    wrong("Node has cut this buffer: " + token_ +
          " more bytes are not there; print it with .toString('hex')");
    flush();
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
    } else if (c != ':' && c != ' ' && c != '\n' && c != '\r' && c != '\t') {
      behind_key_ = false;
    } else if (c == ':') {
      end_key();
    }
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
    behind_key_ = false;
    return;
  }
  if (behind_key_) {
    form_.numbers == 64 ? take_base64(c) : value_digit(c);
  } else if (token_.size() < longest_token) {
    token_ += c;
  }
}

void HexTokens::end_key() {
  behind_key_ = std::ranges::find(json_names_of_bytes, token_) != json_names_of_bytes.end();
  token_.clear();
}

void HexTokens::value_digit(char c) {
  if (is_hex_digit(c)) {
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
