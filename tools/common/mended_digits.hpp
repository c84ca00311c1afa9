// A line of hex digits of which little is damaged: where that is, so that the rest can be kept.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace dualcam::inline tools {

/// Of a line: so many characters from `at` on stand for `digits` hex digits.
struct DamagedDigits {
  std::size_t at;
  std::size_t size;
  std::size_t digits;
};

/// What is damaged among many pairs, or groups that are equally long, or in a long row of digits.
/// Where in such a row a digit lacks nothing tells: its middle is said, which leaves what stands
/// before the damage and behind it in place from either end. Empty: nothing, or too much.
std::vector<DamagedDigits> damaged_digits(std::string_view line);

/// For people, who are told the column, from 1; `before`: columns before `line`.
std::string damage_of(std::string_view line, const std::vector<DamagedDigits>& damaged,
                      std::size_t before = 0);

/// The line with `digit` for each that is damaged, which are in its order.
std::string with_digits(std::string_view line, const std::vector<DamagedDigits>& damaged,
                        char digit);

} // namespace dualcam::inline tools
