// Blanks around words of a line.
#pragma once

#include <algorithm>
#include <string_view>

namespace dualcam::inline tools {

inline constexpr std::string_view blanks = " \t\r";

inline std::string_view without_blanks(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
  return text.substr(0, text.find_last_not_of(blanks) + 1); // npos + 1 is 0
}

} // namespace dualcam::inline tools
