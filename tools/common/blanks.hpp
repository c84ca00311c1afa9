// What means nothing in a text: blanks, comments, and the mark that Windows' editors begin it with.
#pragma once

#include <algorithm>
#include <string_view>

namespace dualcam::inline tools {

inline constexpr std::string_view blanks = " \t\r";

inline std::string_view without_blanks(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
  return text.substr(0, text.find_last_not_of(blanks) + 1); // npos + 1 is 0
}

inline std::string_view without_byte_order_mark(std::string_view text) {
  constexpr std::string_view mark = "\xEF\xBB\xBF"; // in UTF-8
  text.remove_prefix(text.starts_with(mark) ? mark.size() : 0);
  return text;
}

/// Without what a `#` begins, at the start or behind a blank.
inline std::string_view without_comment(std::string_view line) {
  auto at = line.find('#');
  while (at != line.npos && at > 0 && !blanks.contains(line[at - 1])) {
    at = line.find('#', at + 1);
  }
  return without_blanks(line.substr(0, at));
}

} // namespace dualcam::inline tools
