#include "common/base64_tokens.hpp"

#include "common/base64_word.hpp"

namespace dualcam::inline tools {

void Base64Tokens::take(char c) {
  if (before_ != 0) {
    before_ = c == before_ ? '\0' : before_;
    return;
  }
  take_base64(c);
}

void Base64WordTokens::take(char c) {
  constexpr std::size_t longest_line = 1 << 20;
  if (c != '\n') {
    if (text_.size() < longest_line) {
      text_ += c;
    } else {
      wrong_once("a line of more than 1 MiB: break it into lines");
    }
    return;
  }
  take_word(base64_word(text_, goes_on_, form().whole_lines));
  text_.clear();
}

/// Where words are filled up with `=`, one of another length lacks a character.
void Base64WordTokens::take_word(std::string_view word) {
  constexpr std::size_t shortest_full = 57; // programs break lines behind 60, 64, 76
  const bool went_on = goes_on_;
  goes_on_ = !form().whole_lines && word.size() >= shortest_full && !word.ends_with('=');
  if (word.empty() || form().whole_lines) {
    end_base64();
  }
  is_filled_ = is_filled_ || word.ends_with('=');
  const bool lacks_one = is_filled_ && !went_on && !goes_on_ && word.size() % 4 != 0;
  if (lacks_one || (word.empty() && has_spoilt_base64(text_))) {
    wrong("among its base64 is something else, or a character is missing");
    return;
  }
  for (const char each : word) {
    take_base64(each);
  }
}

} // namespace dualcam::inline tools
