// Digits of which one is damaged.
#pragma once

#include <string_view>

namespace dualcam::inline tools {

inline constexpr std::string_view spoilt_digits =
    "among its hex digits is something else, or one is missing";

/// What stands behind `0x`, `\x`, `x'` and the like, if that begins the word.
std::string_view unmarked_digits(std::string_view word);

/// A long row of hex digits that has something else in it, or an odd number of them.
bool is_spoilt_hex(std::string_view word);
/// `00-04-0?-02`: many pairs with one joint, and one that is none.
bool is_spoilt_row(std::string_view word);

/// `Ox04`: what marks a byte is damaged.
bool has_spoilt_mark(std::string_view word);

} // namespace dualcam::inline tools
