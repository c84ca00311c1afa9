// Lines in which something else stands beside the bytes, of which a form tells where they are.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/hex_style.hpp"
#include "common/word_rows.hpp"
#include "dualcam/wire/bytes.hpp"

namespace dualcam::inline tools {

/// What is found in one line.
struct FoundLine {
  ByteBuffer bytes;
  bool is_spoilt = false;                    ///< hex has something else among its digits
  bool has_other_hex = false;                ///< it is not where it should be
  bool has_more = false;                     ///< a command's digits stand beside the bytes
  std::vector<std::string_view> other_hex{}; ///< these words, which may name something; if long
  std::string_view before{};                 ///< of the line, in front of the bytes
  std::string_view behind{};
};

/// Whether parse_words_line may find bytes of `form`, which counts words, in a line of such `words`
/// that is the first with bytes.
bool may_begin_bytes(const LineWords& words, const HexForm& form);

/// HexStyle::words. `before`: what stood in front of the bytes of the line before, if it had any:
/// then few are enough.
FoundLine parse_words_line(std::string_view line, const HexForm& form,
                           const std::optional<std::string>& before);

} // namespace dualcam::inline tools
