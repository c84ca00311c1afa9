// Constants for kernels that multiply without carries.
//
// Such a kernel keeps the message so far as a few 16-byte lanes at the end of what has been read,
// equal to it modulo P. Folding moves a lane to a later place of the message: its two 64-bit halves
// are multiplied by powers of x modulo P, and the sum of the products is added to the bytes there.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "wire/carry_less.hpp"
#include "wire/crc16_polynomial.hpp"

namespace dualcam::crc16_kernels {

using carry_less::Multipliers;

/// Moves a lane `bytes` further. A product of 64-bit reflected values has 127 bits and so lies one
/// place too high in 128: x^-1 makes up for it.
constexpr Multipliers fold_by(std::uint64_t bytes) {
  return {std::uint64_t{power_of_x(8 * bytes + 64 - 1)} << 48,
          std::uint64_t{power_of_x(8 * bytes - 1)} << 48};
}

/// Multiplies a lane with `bytes_after` it by x^16, into an 80-bit remainder that finish() takes.
constexpr Multipliers remainder_of(std::uint64_t bytes_after) {
  return {power_of_x(8 * bytes_after + 64 + 16 - 1), power_of_x(8 * bytes_after + 16 - 1)};
}

/// remainder_of() for `count` lanes that end the message.
template <std::size_t count> consteval auto remainders_of_last() {
  std::array<Multipliers, count> result{};
  for (std::size_t lane = 0; lane < count; ++lane) {
    result[lane] = remainder_of(16 * (count - 1 - lane));
  }
  return result;
}

/// What multiplies a remainder to get its quotient by P (the highest 64 of the 65 bits of x^80 /
/// P), and P with its x^16.
inline constexpr Multipliers barrett = [] {
  std::uint64_t result = 1;
  std::uint16_t remainder = polynomial;
  for (int bit = 1; bit < 64; ++bit) {
    result |= std::uint64_t{remainder & 1U} << bit;
    remainder = times_x(remainder);
  }
  return Multipliers{result, std::uint64_t{polynomial} << 1 | 1};
}();

} // namespace dualcam::crc16_kernels
