// A text's lines, and the words in them that any signs part.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

namespace dualcam::inline tools {

/// `take(line, number)` of each line, from 1, without its end and the blanks before that, until it
/// returns false.
template <class Take> void for_each_line(std::string_view text, const Take& take) {
  for (std::uint64_t number = 1; !text.empty(); ++number) {
    const auto end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) {
      line.remove_suffix(1);
    }
    if (!take(line, number)) {
      return;
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

using Words = std::vector<std::string_view>;
/// What stands between `separators`.
Words tokens_of(std::string_view text, std::string_view separators);
/// What stands between blanks and tabs.
Words words_of(std::string_view text);

} // namespace dualcam::inline tools
