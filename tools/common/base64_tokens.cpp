#include "common/base64_tokens.hpp"

#include <utility>

#include <fmt/format.h>

#include "common/base64_word.hpp"

namespace dualcam::inline tools {

void Base64Tokens::take(char c) {
  if (before_ != 0) {
    before_ = c == before_ ? '\0' : before_;
    return;
  }
  if (c == '\n') {
    end_line();
  } else if (c != ' ' && c != '\r') {
    realign();
    ++in_line_;
  }
  take_base64(c);
}

void Base64Tokens::end_line() {
  width_ = width_ == 0 ? in_line_ : width_;
  ended_ = in_line_ == 0 ? ended_ : std::exchange(in_line_, 0);
  next_string();
}

/// A line among longer ones lacks a character, or has one too many, if others follow it.
void Base64Tokens::realign() {
  constexpr std::uint64_t most = 2;
  const bool is_first = in_line_ == 0 && ended_ != 0;
  const bool is_near = ended_ + most >= width_ && ended_ <= width_ + most;
  if (is_first && ended_ != width_ && is_near && width_ % 4 == 0 && lacking_base64() != 0) {
    wrong(line() - 1, fmt::format("it has {} characters of base64, and others have {}: is one "
                                  "missing, or one too many?",
                                  ended_, width_));
    realign_base64();
  }
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
  const bool may_lack = is_filled_ && !went_on && !goes_on_;
  const auto mended = may_lack ? mended_base64(word) : std::nullopt;
  const auto spoilt = word.empty() ? spoilt_base64(text_) : std::string_view();
  next_string();
  if (mended || !spoilt.empty()) {
    wrong_once("among its base64 is something else, or a character is missing");
    end_base64();
  }
  for (const char each : mended ? *mended : std::string(word.empty() ? spoilt : word)) {
    take_base64(each);
  }
}

} // namespace dualcam::inline tools
