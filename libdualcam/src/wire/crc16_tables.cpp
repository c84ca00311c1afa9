#include "wire/crc16_kernels.hpp"

#include <array>

#include "wire/crc16_polynomial.hpp"

namespace dualcam::crc16_kernels {
namespace {

constexpr std::size_t slices = 16;

/// Table k holds the CRC of a byte followed by k zero bytes.
constexpr auto slice = [] {
  std::array<std::array<std::uint16_t, 256>, slices> result{};
  for (unsigned value = 0; value < 256; ++value) {
    auto crc = static_cast<std::uint16_t>(value);
    for (int bit = 0; bit < 8; ++bit) {
      crc = times_x(crc);
    }
    result[0][value] = crc;
  }
  for (std::size_t k = 1; k < slices; ++k) {
    for (std::size_t value = 0; value < 256; ++value) {
      const auto previous = result[k - 1][value];
      result[k][value] = static_cast<std::uint16_t>((previous >> 8) ^ result[0][previous & 0xFF]);
    }
  }
  return result;
}();

/// The CRC of eight bytes that are followed by `zeros` zero bytes. Only two of the look-ups have to
/// wait for the CRC before.
template <std::size_t zeros> unsigned crc_of_word(std::uint64_t word, unsigned initial) {
  unsigned crc = 0;
#pragma GCC unroll 6
  for (std::size_t k = 2; k < 8; ++k) {
    crc ^= slice[7 - k + zeros][(word >> (8 * k)) & 0xFF];
  }
  const auto first = (word & 0xFFFF) ^ initial;
  return crc ^ slice[7 + zeros][first & 0xFF] ^ slice[6 + zeros][first >> 8];
}

unsigned crc_of_byte(std::byte byte, unsigned initial) {
  return (initial >> 8) ^ slice[0][(initial & 0xFF) ^ std::to_integer<unsigned>(byte)];
}

} // namespace

std::uint16_t tables(Bytes bytes, std::uint16_t initial) {
  unsigned crc = initial;
  for (; bytes.size() >= 16; bytes = bytes.subspan(16)) {
    crc = crc_of_word<0>(load_le<std::uint64_t>(bytes.subspan(8)), 0) ^
          crc_of_word<8>(load_le<std::uint64_t>(bytes), crc);
  }
  if (bytes.size() >= 8) {
    crc = crc_of_word<0>(load_le<std::uint64_t>(bytes), crc);
    bytes = bytes.subspan(8);
  }
  for (const auto byte : bytes) {
    crc = crc_of_byte(byte, crc);
  }
  return static_cast<std::uint16_t>(crc);
}

} // namespace dualcam::crc16_kernels
