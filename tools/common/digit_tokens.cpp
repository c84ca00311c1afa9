#include "common/digit_tokens.hpp"

#include <algorithm>

#include "common/hex_digits.hpp"
#include "common/spoilt_hex.hpp"

namespace dualcam::inline tools {

void DigitTokens::take(char c) {
  constexpr std::size_t longest_word = 64;
  if (at_++ == form().column) {
    end_word('\0');
  }
  if (is_hex_digit(c) || (c >= 'g' && c <= 'z') || (c >= 'G' && c <= 'Z') || c == '_') {
    word_ += c;
    if (word_.size() > longest_word && word_.size() % 2 == 0 &&
        std::ranges::all_of(word_.substr(2), is_hex_digit)) {
      end_word(before_);
      streams_ = true; // the rest of it, too
    }
    return;
  }
  end_word(c);
  streams_ = false;
  const bool ends = c == '}' || c == ']' || c == '<' || (c == ')' && before_ != '(');
  stopped_ = stopped_ || (ends && started_ && !form().marked);
  before_ = c;
}

void DigitTokens::end() {
  if (is_odd_) {
    wrong(digit_line_, "an odd number of hex digits");
  }
}

/// `00`, `0x00`, `x00`, `H00`, `00h`, `0FFh`, `0x0u`; another word is a name. Of
/// `'10.0.0.5'` no quote marks a byte. `behind`: the character behind it.
void DigitTokens::end_word(char behind) {
  constexpr std::size_t one_too_many = 3;
  constexpr std::string_view signs = "#$&";  // `16#00`, `$00`, `&H00`
  constexpr std::string_view quotes = "\"'"; // `x"00"`
  auto word = std::string_view(word_);
  const bool prefixed = word.starts_with("0x") || word.starts_with("0X");
  const bool is_quoted = quotes.contains(before_) && behind == before_;
  bool is_marked = streams_ ? is_marked_ : prefixed || signs.contains(before_) || is_quoted;
  if (prefixed && !streams_) {
    word.remove_prefix(2);
  } else if (!streams_ && word.size() > 1 && std::string_view("xXhH").contains(word[0])) {
    word.remove_prefix(1);
    is_marked = true;
  }
  if (word.size() > 1 && std::string_view("hHuU").contains(word.back())) {
    is_marked = is_marked || word.back() == 'h' || word.back() == 'H';
    word.remove_suffix(1);
    word.remove_prefix(word.size() == 3 && word[0] == '0' ? 1 : 0); // before a letter
  }
  is_marked_ = is_marked;
  if (!word.empty() && std::ranges::all_of(word, is_hex_digit)) {
    if (form().marked && !is_marked) {
      other_digits(word);
    } else if (is_marked && !is_quoted && !is_odd_ && word.size() == one_too_many) {
      wrong(std::string(spoilt_digits));
      missing(1);
    } else {
      marked_digits(word, prefixed || (is_marked && word.size() == 1));
    }
  } else if (!word.empty()) {
    other_ = row_ = 0;
    const bool is_byte = word.size() <= 2 && std::ranges::any_of(word, is_hex_digit) &&
                         (prefixed || signs.contains(before_));
    if (form().marked && started_ && (is_byte || has_spoilt_mark(word))) {
      wrong(std::string(spoilt_digits));
    }
  }
  word_.clear();
}

/// `is_whole`: a 0 may lack before it, if that lacks before other bytes.
void DigitTokens::marked_digits(std::string_view digits_of_word, bool is_whole) {
  const bool is_pair = digits_of_word.size() == 2;
  is_padded_ = is_padded_ || (is_pair && digits_of_word[0] == '0');
  const bool lacks_one = is_whole && digits_of_word.size() % 2 != 0 && !is_odd_;
  if (lacks_one && (is_padded_ || is_spoilt_hex(digits_of_word))) {
    wrong(std::string(spoilt_digits));
  }
  digits(lacks_one ? "0" : "");
  digits(digits_of_word);
}

void DigitTokens::other_digits(std::string_view digits) {
  constexpr std::size_t clear = 8;    // fewer may be a number
  constexpr std::size_t longest = 64; // more in a row are no name, either
  constexpr std::size_t longest_group = 4;
  constexpr std::size_t longest_row = 24; // of groups that are as long: an address has fewer
  other_ += digits.size();
  row_ = (digits.size() == group_ ? row_ : 0) + digits.size();
  group_ = digits.size();
  const bool is_row = group_ % 2 == 0 && group_ <= longest_group && row_ >= longest_row;
  if ((started_ && digits.size() >= clear) || other_ > longest || is_row) {
    wrong_once("there is more hex after the end of the first: give one at a time");
  }
}

void DigitTokens::digits(std::string_view digits) {
  if (digits.empty()) {
    return;
  }
  if (stopped_ || at_ <= form().column) {
    other_digits(digits);
    return;
  }
  other_ = row_ = 0;
  for (const char c : digits) {
    started_ = true;
    digit_line_ = line();
    value_ = (value_ << 4 | hex_value(c)) & 0xFF;
    if (is_odd_) {
      byte(value_);
    }
    is_odd_ = !is_odd_;
  }
}

} // namespace dualcam::inline tools
