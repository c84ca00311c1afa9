// Lines in which something else stands beside the bytes, of which a form tells where they are.
#pragma once

#include <string_view>

#include "common/hex_style.hpp"
#include "dualcam/wire/bytes.hpp"

namespace dualcam::inline tools {

/// What is found in one line.
struct FoundLine {
  ByteBuffer bytes;
  bool has_other_hex = false; ///< it is not where it should be
};

/// HexStyle::words. `goes_on`: the line before had bytes, so few are enough.
FoundLine parse_words_line(std::string_view line, const HexForm& form, bool goes_on);

/// HexStyle::base64_words: the line's last word, if it can be base64; empty otherwise.
std::string_view base64_word(std::string_view line, bool goes_on);

} // namespace dualcam::inline tools
