#include "common/json_tokens.hpp"

#include <algorithm>
#include <utility>

#include "common/base64_word.hpp"
#include "common/hex_digits.hpp"
#include "common/mended_digits.hpp"

namespace dualcam::inline tools {
namespace {

constexpr std::size_t longest_string = 1 << 20; ///< that is looked at for damage
constexpr std::string_view between_pairs = " ,:;-";

/// Pairs of digits and what may stand between them; empty: it is not that.
ByteBuffer paired(std::string_view text) {
  ByteBuffer bytes;
  while (!text.empty()) {
    const auto digits = leading_digits(text);
    if (digits % 2 != 0 || (digits == 0 && !between_pairs.contains(text[0]))) {
      return {};
    }
    append_digits(bytes, text.substr(0, digits));
    text.remove_prefix(digits == 0 ? 1 : digits);
  }
  return bytes;
}

} // namespace

void JsonTokens::take(char c) {
  if (std::exchange(begins_line_, c == '\n') && inside_ && c == '{') {
    end_cut_string();
  }
  if (!inside_) {
    take_outside(c);
  } else if (behind_key_ && form().value == JsonValue::characters) {
    take_character(c);
  } else {
    take_string(c);
  }
}

void JsonTokens::end() {
  take_bytes(text_); // it is cut
  if (inside_ && digits_ % 2 != 0) {
    wrong("an odd number of hex digits");
  }
}

void JsonTokens::take_outside(char c) {
  if (c == '"') {
    inside_ = true;
    next_string();
    digits_ = 0;
    token_.clear();
  } else if (take_list(c)) {
  } else if (behind_key_ && c == '[' && form().value != JsonValue::numbers) {
    of_strings_ = true;
  } else if (c == ']' || c == '{') {
    of_strings_ = behind_key_ = false;
  } else if (c == ':') {
    end_key();
  } else if (!of_strings_ && c != ' ' && c != '\n' && c != '\r' && c != '\t') {
    behind_key_ = false;
  }
}

void JsonTokens::take_string(char c) {
  if (std::exchange(backslash_, false)) {
    c = '\\'; // no digit
  } else if (c == '\\') {
    backslash_ = true;
    return;
  } else if (c == '"') {
    end_string();
    return;
  }
  if (behind_key_) {
    text_ += c;
    if (text_.size() == longest_string) {
      take_bytes(std::exchange(text_, {}));
    }
  } else if (token_.size() < longest_token) {
    token_ += c;
  }
}

void JsonTokens::take_bytes(std::string_view text) {
  for (const char c : text) {
    form().value == JsonValue::base64 ? take_base64(c) : take_digit(c);
  }
}

/// A string of hex that is whole; of a damaged one what is whole of it. False: it is neither.
bool JsonTokens::take_known() {
  const auto column = this->column() - text_.size();
  if (form().value == JsonValue::base64) {
    is_filled_ = is_filled_ || text_.ends_with('=');
    const auto mended = is_filled_ ? mended_base64(text_) : std::nullopt;
    if (mended) {
      wrong_once(cut_base64);
      take_bytes(*mended);
    }
    return mended.has_value();
  }
  if (const auto bytes = paired(text_); !bytes.empty()) {
    for (const auto value : bytes) {
      byte(std::to_integer<unsigned>(value));
    }
    return true;
  }
  const auto damaged = damaged_digits(text_);
  if (damaged.empty()) {
    return false;
  }
  const auto bytes = paired(with_digits(text_, damaged, '0'));
  const auto other = paired(with_digits(text_, damaged, '1'));
  if (bytes.empty() || bytes.size() != other.size()) {
    return false;
  }
  wrong_once(damage_of(text_, damaged, column));
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] == other[i] ? byte(std::to_integer<unsigned>(bytes[i])) : missing(1);
  }
  return true;
}

/// Behind it another object begins.
void JsonTokens::end_cut_string() {
  wrong(line() - 1, "a string that is cut: its end is not there");
  text_.erase(text_.find_last_not_of("\r\n") + 1); // npos + 1 is 0
  take_bytes(std::exchange(text_, {}));
  digits_ = 0;
  end_string();
  behind_key_ = of_strings_ = in_list_ = false;
}

void JsonTokens::end_string() {
  inside_ = false;
  if (!take_known()) {
    take_bytes(text_);
  }
  text_.clear();
  if (behind_key_ && digits_ % 2 != 0) {
    wrong("an odd number of hex digits in a string");
  }
  end_base64();
  behind_key_ = of_strings_;
}

/// Of a string in which each character, U+0000 to U+00FF, stands for a byte.
void JsonTokens::take_character(char c) {
  if (take_latin1(c) || goes_on(escape_, c)) {
  } else if (c == '"') {
    end_string();
  } else if (c == '\\') {
    escape_.begin();
  } else {
    byte(static_cast<unsigned char>(c));
  }
}

void JsonTokens::end_key() {
  of_strings_ = false;
  behind_key_ = form().key.empty()
                    ? std::ranges::find(json_names_of_bytes, token_) != json_names_of_bytes.end()
                    : token_ == form().key;
  token_.clear();
}

/// Numbers behind the key. False: there are none.
bool JsonTokens::take_list(char c) {
  if (form().value != JsonValue::numbers || (!in_list_ && (!behind_key_ || c != '['))) {
    return false;
  }
  if (!std::exchange(in_list_, true)) {
    token_.clear();
  } else if (is_word_character(c)) {
    token_ += token_.size() < longest_token ? std::string(1, c) : std::string();
  } else {
    end_number();
    in_list_ = c != ']';
    behind_key_ = in_list_;
  }
  return true;
}

void JsonTokens::end_number() {
  if (!token_.empty()) {
    const auto value = numbers_.byte_of(token_);
    if (value) {
      byte(*value);
    } else if (!ByteNumbers::is_name(token_)) {
      wrong(value.error());
    }
  }
  token_.clear();
}

void JsonTokens::take_digit(char c) {
  if ((c == 'x' || c == 'X') && digits_ == 1 && value_ == 0) {
    digits_ = 0; // 0x
  } else if (is_hex_digit(c)) {
    value_ = (digits_ % 2 == 0 ? 0 : value_ << 4) | hex_value(c);
    if (++digits_ % 2 == 0 && !is_bad_string()) {
      byte(value_);
    }
  } else if (digits_ % 2 != 0 || !between_pairs.contains(c)) {
    wrong_once("a string that should be bytes is not pairs of hex digits");
  }
}

} // namespace dualcam::inline tools
