#include "common/base64_tokens.hpp"

#include "common/hex_words.hpp"

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
  constexpr std::size_t shortest_full = 57; // programs break lines behind 60, 64, 76
  if (c != '\n') {
    if (text_.size() < longest_line) {
      text_ += c;
    } else {
      wrong_once("a line of more than 1 MiB: break it into lines");
    }
    return;
  }
  const auto word = base64_word(text_, goes_on_, form().whole_lines);
  goes_on_ = !form().whole_lines && word.size() >= shortest_full && !word.ends_with('=');
  if (word.empty() || form().whole_lines) {
    end_base64();
  }
  for (const char each : word) {
    take_base64(each);
  }
  text_.clear();
}

} // namespace dualcam::inline tools
