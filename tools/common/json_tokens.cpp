#include "common/json_tokens.hpp"

#include <algorithm>
#include <utility>

#include "common/hex_digits.hpp"

namespace dualcam::inline tools {

void JsonTokens::take(char c) {
  if (!inside_) {
    take_outside(c);
  } else if (behind_key_ && form().value == JsonValue::characters) {
    take_character(c);
  } else {
    take_string(c);
  }
}

void JsonTokens::end() {
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
    form().value == JsonValue::base64 ? take_base64(c) : take_digit(c);
  } else if (token_.size() < longest_token) {
    token_ += c;
  }
}

void JsonTokens::end_string() {
  inside_ = false;
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
  } else if (digits_ % 2 != 0 || !std::string_view(" ,:;-").contains(c)) {
    wrong_once("a string that should be bytes is not pairs of hex digits");
  }
}

} // namespace dualcam::inline tools
