// Characters that word processors, mail and chats put in place of ASCII, or between it.
#pragma once

#include <string>
#include <string_view>

namespace dualcam::inline tools {

/// Blanks of any width become one, line separators end lines, signs without a width go, so do soft
/// hyphens; dashes, quotes and wide letters become those of ASCII. Other characters stay. Memory: a
/// few bytes.
class PlainCharacters {
public:
  PlainCharacters() = default;
  /// `sample`: how the text begins.
  explicit PlainCharacters(std::string_view sample);

  std::string plain(std::string_view text);

private:
  bool is_prose_ = false; ///< not a string in which characters of Latin-1 or Windows are bytes
  std::string cut_;       ///< the beginning of a character
};

} // namespace dualcam::inline tools
