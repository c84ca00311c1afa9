#include "dualcam/wire/crc64.hpp"

#include <array>

namespace dualcam {
namespace {

constexpr std::uint64_t polynomial = 0xc96c'5795'd787'0f42;

constexpr std::size_t slices = 8; ///< bytes at a time

/// `tables[n][value]`: what `value` becomes behind n more bytes of 0.
constexpr auto tables = [] {
  std::array<std::array<std::uint64_t, 256>, slices> result{};
  for (std::uint64_t value = 0; value < 256; ++value) {
    auto crc = value;
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc >> 1) ^ ((crc & 1) != 0 ? polynomial : 0);
    }
    result[0][value] = crc;
  }
  for (std::size_t n = 1; n < slices; ++n) {
    for (std::size_t value = 0; value < 256; ++value) {
      const auto before = result[n - 1][value];
      result[n][value] = (before >> 8) ^ result[0][before & 0xFF];
    }
  }
  return result;
}();

} // namespace

std::uint64_t crc64(Bytes bytes, std::uint64_t before) {
  auto crc = ~before;
  for (; bytes.size() >= slices; bytes = bytes.subspan(slices)) {
    crc ^= load<std::uint64_t, std::endian::little>(bytes);
    std::uint64_t next = 0;
    for (std::size_t n = 0; n < slices; ++n) {
      next ^= tables[slices - 1 - n][(crc >> (8 * n)) & 0xFF];
    }
    crc = next;
  }
  for (const auto byte : bytes) {
    crc = (crc >> 8) ^ tables[0][(crc ^ std::to_integer<std::uint64_t>(byte)) & 0xFF];
  }
  return ~crc;
}

} // namespace dualcam
