// Counts of pictures, which go round.
#pragma once

#include <cstdint>

namespace dualcam {

/// Modulo 2^32.
inline std::int32_t sum_modulo(std::int32_t a, std::int32_t b) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(a) + static_cast<std::uint32_t>(b));
}

/// The count next to `reference` of which only so many lower bits, `low`, stand there.
inline std::int32_t count_next_to(std::int32_t reference, std::int32_t low, unsigned bits) {
  const auto range = std::int32_t{1} << bits;
  const auto reference_low = reference & (range - 1);
  auto high = reference - reference_low;
  if (low < reference_low && reference_low - low >= range / 2) {
    high = sum_modulo(high, range);
  } else if (low > reference_low && low - reference_low > range / 2) {
    high = sum_modulo(high, -range);
  }
  return sum_modulo(high, low);
}

} // namespace dualcam
