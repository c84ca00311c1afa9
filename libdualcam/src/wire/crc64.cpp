#include "dualcam/wire/crc64.hpp"

#include <array>

namespace dualcam {
namespace {

constexpr std::uint64_t polynomial = 0xc96c'5795'd787'0f42;

constexpr auto table = [] {
  std::array<std::uint64_t, 256> result{};
  for (std::uint64_t value = 0; value < result.size(); ++value) {
    auto crc = value;
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc >> 1) ^ ((crc & 1) != 0 ? polynomial : 0);
    }
    result[value] = crc;
  }
  return result;
}();

} // namespace

std::uint64_t crc64(Bytes bytes, std::uint64_t before) {
  auto crc = ~before;
  for (const auto byte : bytes) {
    crc = (crc >> 8) ^ table[(crc ^ std::to_integer<std::uint64_t>(byte)) & 0xFF];
  }
  return ~crc;
}

} // namespace dualcam
