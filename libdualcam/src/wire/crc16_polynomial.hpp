// The algebra behind the CRC kernels, so that their constants are computed and not copied.
//
// Bytes are polynomials over GF(2) with the first bit on the wire as the highest power. The CRC is
// reflected: the lowest bit of a byte, or of a 16-bit value here, is its highest power, so 0x8000
// is x^0 and 0x0001 is x^15. The CRC of a message m, with initial value 0, is m * x^16 modulo P =
// x^16 + x^12 + x^5 + 1; an initial value is added to the first 16 bits of m.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace dualcam::crc16_kernels {

/// P without its x^16.
inline constexpr std::uint16_t polynomial = 0x8408;

/// a * x modulo P.
constexpr std::uint16_t times_x(std::uint16_t a) {
  return static_cast<std::uint16_t>((a >> 1) ^ ((a & 1) != 0 ? polynomial : 0));
}

/// a * b modulo P.
constexpr std::uint16_t multiply(std::uint16_t a, std::uint16_t b) {
  std::uint16_t product = 0;
  for (unsigned mask = 0x8000; mask != 0; mask >>= 1) {
    if ((a & mask) != 0) {
      product ^= b;
    }
    b = times_x(b);
  }
  return product;
}

/// x^exponent modulo P.
constexpr std::uint16_t power_of_x(std::uint64_t exponent) {
  std::uint16_t result = 0x8000;
  for (std::uint16_t square = 0x4000; exponent != 0; exponent >>= 1) {
    if ((exponent & 1) != 0) {
      result = multiply(result, square);
    }
    square = multiply(square, square);
  }
  return result;
}

/// Two 8x8 bit matrices, as gf2p8affineqb takes them.
struct Split {
  std::uint64_t first;
  std::uint64_t second;
};

/// Moves a byte of the message without changing the CRC: a byte b is worth the same as first * b
/// added to the byte `first_distance` bytes later plus second * b added to the byte
/// `second_distance` bytes later (one of them may be negative: earlier). Two bytes span all 16-bit
/// remainders if they are a suitable distance apart; other distances do not compile.
consteval Split split(int first_distance, int second_distance) {
  struct Vector {
    unsigned value;       // a remainder modulo P
    unsigned combination; // the bits of the two bytes that add up to it: first, second << 8
  };
  std::array<Vector, 16> basis{};
  const auto reduce = [&](Vector vector) {
    for (unsigned bit = 0; bit < 16; ++bit) {
      if ((vector.value >> bit & 1) != 0) {
        vector.value ^= basis[bit].value;
        vector.combination ^= basis[bit].combination;
      }
    }
    return vector;
  };
  const auto remainder_of_bit = [](unsigned bit, int bytes_after) {
    return multiply(static_cast<std::uint16_t>(0x100U << bit),
                    power_of_x(8 * static_cast<std::uint64_t>(bytes_after)));
  };
  const auto end = first_distance > second_distance ? first_distance : second_distance;
  for (unsigned bit = 0; bit < 16; ++bit) {
    const auto distance = bit < 8 ? first_distance : second_distance;
    const auto vector = reduce({remainder_of_bit(bit % 8, end - distance), 1U << bit});
    if (vector.value == 0) {
      throw "the two distances do not span the remainders";
    }
    basis[static_cast<unsigned>(__builtin_ctz(vector.value))] = vector;
  }
  Split result{};
  for (unsigned bit = 0; bit < 8; ++bit) {
    const auto image = reduce({remainder_of_bit(bit, end), 0}).combination;
    for (unsigned row = 0; row < 8; ++row) {
      result.first |= std::uint64_t{image >> row & 1} << (8 * (7 - row) + bit);
      result.second |= std::uint64_t{image >> (8 + row) & 1} << (8 * (7 - row) + bit);
    }
  }
  return result;
}

} // namespace dualcam::crc16_kernels
