#include "common/escape_tokens.hpp"

namespace dualcam::inline tools {

void EscapeTokens::take(char c) {
  const bool open = quote_ != 0 || !form().quoted;
  if (goes_on(escape_, c)) {
    before_ = c;
    return;
  }
  if (form().quoted && quote_ == 0 && (c == '"' || c == '\'')) {
    // An apostrophe within a word begins no string.
    const bool is_bytes = before_ == 'b' || before_ == 'B';
    quote_ = is_bytes || (!form().marked && !is_word_character(before_)) ? c : '\0';
    next_string();
  } else if (form().quoted && quote_ != 0 && c == quote_) {
    quote_ = 0;
  } else if (open && c == '\\') {
    escape_.begin();
  } else if (open) {
    take_itself(c);
  }
  before_ = c;
}

/// A character that stands for itself.
void EscapeTokens::take_itself(char c) {
  const bool is_ascii = c >= ' ' && c <= '~';
  if (form().quoted && is_ascii) {
    byte(static_cast<unsigned char>(c));
  } else if (form().quoted || is_word_character(c)) {
    wrong_once("characters stand between the escapes: print it as hex, such as data.hex()");
  }
}

} // namespace dualcam::inline tools
