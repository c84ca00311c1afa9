// The definition of the CRC, a bit at a time, as on the vendor's page.
#pragma once

#include <cstdint>

#include "dualcam/wire/bytes.hpp"

namespace dualcam {

inline std::uint16_t crc16_bitwise(Bytes bytes, std::uint16_t initial) {
  unsigned crc = initial;
  for (const auto byte : bytes) {
    crc ^= std::to_integer<unsigned>(byte);
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc & 1) != 0 ? (crc >> 1) ^ 0x8408 : crc >> 1;
    }
  }
  return static_cast<std::uint16_t>(crc);
}

} // namespace dualcam
