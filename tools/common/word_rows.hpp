// Rows of hex digits among the words of a line.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "common/hex_style.hpp"

namespace dualcam::inline tools {

/// Letters and digits in a row.
using LineWords = std::vector<std::string_view>;
LineWords alphanumeric_words(std::string_view text);

using WordRow = std::span<const std::string_view>;

/// Without `0x`, or the `x` that databases put before bytes.
std::string_view digits_of(std::string_view word);
bool is_whole_hex(std::string_view word);

/// The words that are bytes by `form`, which counts words; empty: none are.
WordRow row_of_bytes(const LineWords& words, const HexForm& form);

/// Whether a row of `words` begins or ends where a digit is damaged: beside it more of the same
/// goes on.
bool is_broken_off(const LineWords& words, WordRow row);

} // namespace dualcam::inline tools
