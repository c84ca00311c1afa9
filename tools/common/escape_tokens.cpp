#include "common/escape_tokens.hpp"

#include <utility>

namespace dualcam::inline tools {
namespace {

constexpr const char* characters_between =
    "characters stand between the escapes: print it as hex, such as data.hex()";

} // namespace

void EscapeTokens::take(char c) {
  if (goes_on(escape_, c)) {
  } else if (form().whole_lines) {
    take_in_line(c);
  } else if (form().quoted && quote_ == 0 && (c == '"' || c == '\'')) {
    // An apostrophe within a word begins no string.
    const bool is_bytes = before_ == 'b' || before_ == 'B';
    quote_ = is_bytes || (!form().marked && !is_word_character(before_)) ? c : '\0';
    begin_string();
  } else if (form().quoted && quote_ != 0 && c == quote_) {
    quote_ = 0;
  } else if (quote_ != 0 || !form().quoted) {
    take_inside(c);
  }
  before_ = c;
}

void EscapeTokens::begin_string() {
  next_string();
  waits_ = form().whole_groups || form().whole_lines;
  held_.clear();
}

/// Behind the words that are skipped, and blanks.
void EscapeTokens::take_in_line(char c) {
  if (c == '\n') {
    begin_string();
    words_ = 0;
    in_text_ = in_word_ = false;
  } else if (in_text_ || (c != ' ' && words_ == form().skipped)) {
    in_text_ = true;
    take_inside(c);
  } else {
    words_ += in_word_ && c == ' ' ? 1 : 0;
    in_word_ = c != ' ';
  }
}

void EscapeTokens::take_inside(char c) {
  const bool has_characters = form().quoted || form().whole_lines;
  if (c == '\\') {
    waits_ = false;
    for (const char each : std::exchange(held_, {})) {
      take_itself(each);
    }
    escape_.begin();
  } else if (waits_) {
    held_ += held_.size() < longest_token ? std::string(1, c) : std::string();
  } else if (has_characters) {
    take_itself(c);
  } else if (is_word_character(c)) {
    wrong_once(characters_between);
  }
}

/// A character that stands for itself.
void EscapeTokens::take_itself(char c) {
  const bool is_ascii = c >= ' ' && c <= '~' && !(form().whole_lines && c == '"');
  if (is_ascii) {
    byte(static_cast<unsigned char>(c));
  } else if (!take_latin1(c) && c != '\r') {
    wrong_once(characters_between);
  }
}

} // namespace dualcam::inline tools
