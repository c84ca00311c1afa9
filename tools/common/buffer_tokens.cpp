#include "common/buffer_tokens.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "common/hex_digits.hpp"

namespace dualcam::inline tools {

void BufferTokens::take(char c) {
  if (c != ' ' && c != '>' && c != '\n' && c != '<' && c != '\r') {
    if (word_.size() < longest_token) {
      word_ += c;
    }
    return;
  }
  if (c == ' ' && word_ == "Buffer" && !(inside_ && before_ != '<')) {
    end_cut_buffer();
    inside_ = true;
    is_cut_ = false;
    begun_ = line();
  } else if (inside_) {
    end_word();
  }
  if (c == '\n' && !problem_.empty()) {
    wrong(std::exchange(problem_, {}));
  }
  before_ = c;
  word_.clear();
  inside_ = inside_ && c != '>';
}

/// Another one begins within it.
void BufferTokens::end_cut_buffer() {
  if (inside_) {
    wrong(begun_, "a <Buffer that is cut: its end is not there");
    problem_.clear();
  }
}

void BufferTokens::end() {
  if (inside_) {
    wrong("the text ends inside a <Buffer: its rest is not there");
  }
}

void BufferTokens::end_word() {
  std::uint64_t more = 0;
  const auto* end = word_.data() + word_.size();
  const bool is_number = std::from_chars(word_.data(), end, more).ptr == end;
  if (word_.empty() || word_ == "more" || word_ == "byte" || word_ == "bytes") {
    return;
  }
  if (word_ == "...") {
    is_cut_ = true;
  } else if (is_cut_ && is_number) {
    missing(more); // that it was cut is told by CutMarks
  } else if (word_.size() == 2 && std::ranges::all_of(word_, is_hex_digit)) {
    byte(hex_value(word_[0]) << 4 | hex_value(word_[1]));
  } else if (problem_.empty()) {
    problem_ = "'" + word_.substr(0, 20) + "' in a <Buffer is no byte of two hex digits";
  }
}

} // namespace dualcam::inline tools
