// Base64 among the words of a line.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace dualcam::inline tools {

/// HexStyle::base64_words: the line's last word, or one in quotes, if it can be base64; empty:
/// none. `goes_on`: with the word of the line before, which was full. `is_whole`: it may be short.
std::string_view base64_word(std::string_view line, bool goes_on, bool is_whole = false);
/// A long word that is base64 but for one character; empty: there is none.
std::string_view spoilt_base64(std::string_view line);
/// Of a word of another length than base64 has with its padding a character lacks, or is too many,
/// nobody knows where: in its middle `?` stand for digits that are lost, which leaves what stands
/// before the damage and behind it in place from either end. nullopt: its length is right.
std::optional<std::string> mended_base64(std::string_view word);

} // namespace dualcam::inline tools
