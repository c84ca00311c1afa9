// Base64 among the words of a line.
#pragma once

#include <string_view>

namespace dualcam::inline tools {

/// HexStyle::base64_words: the line's last word, or one in quotes, if it can be base64; empty:
/// none. `goes_on`: with the word of the line before, which was full. `is_whole`: it may be short.
std::string_view base64_word(std::string_view line, bool goes_on, bool is_whole = false);
/// A long word that is base64 but for one character.
bool has_spoilt_base64(std::string_view line);

} // namespace dualcam::inline tools
