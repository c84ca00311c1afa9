// Counts of pictures, which go round.
#pragma once

#include <cstdint>

namespace dualcam {

/// Modulo 2^32.
inline std::int32_t sum_modulo(std::int32_t a, std::int32_t b) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(a) + static_cast<std::uint32_t>(b));
}

} // namespace dualcam
