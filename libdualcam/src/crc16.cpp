#include "dualcam/crc16.hpp"

#include <array>

namespace dualcam {
namespace {

constexpr std::uint16_t polynomial = 0x8408;

/// Eight tables: table k holds the CRC of a byte followed by k zero bytes.
constexpr auto tables = [] {
  std::array<std::array<std::uint16_t, 256>, 8> result{};
  for (unsigned value = 0; value < 256; ++value) {
    unsigned crc = value;
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc >> 1) ^ ((crc & 1) != 0 ? polynomial : 0U);
    }
    result[0][value] = static_cast<std::uint16_t>(crc);
  }
  for (std::size_t k = 1; k < 8; ++k) {
    for (std::size_t value = 0; value < 256; ++value) {
      const auto previous = result[k - 1][value];
      result[k][value] = static_cast<std::uint16_t>((previous >> 8) ^ result[0][previous & 0xFF]);
    }
  }
  return result;
}();

/// Product of two polynomials modulo the CRC's; bit 15 is the coefficient of x^0.
constexpr std::uint16_t multiply(std::uint16_t a, std::uint16_t b) {
  unsigned product = 0;
  unsigned shifted = b;
  for (unsigned mask = 0x8000; mask != 0; mask >>= 1) {
    if ((a & mask) != 0) {
      product ^= shifted;
    }
    shifted = (shifted >> 1) ^ ((shifted & 1) != 0 ? polynomial : 0U);
  }
  return static_cast<std::uint16_t>(product);
}

} // namespace

std::uint16_t crc16(Bytes bytes, std::uint16_t initial) {
  std::uint64_t crc = initial;
  for (; bytes.size() >= 8; bytes = bytes.subspan(8)) {
    const auto word = load_le<std::uint64_t>(bytes) ^ crc;
    crc = 0;
    for (std::size_t k = 0; k < 8; ++k) {
      crc ^= tables[7 - k][(word >> (8 * k)) & 0xFF];
    }
  }
  for (const auto byte : bytes) {
    crc = (crc >> 8) ^ tables[0][(crc ^ std::to_integer<std::uint64_t>(byte)) & 0xFF];
  }
  return static_cast<std::uint16_t>(crc);
}

std::uint16_t crc16_combine(std::uint16_t crc_a, std::uint16_t crc_b, std::uint64_t bytes_of_b) {
  // crc_a is carried over b's bytes by multiplying it with x^(8 * bytes_of_b).
  std::uint16_t power = 0x0080; // x^8
  for (; bytes_of_b != 0; bytes_of_b >>= 1) {
    if ((bytes_of_b & 1) != 0) {
      crc_a = multiply(crc_a, power);
    }
    power = multiply(power, power);
  }
  return crc_a ^ crc_b;
}

} // namespace dualcam
