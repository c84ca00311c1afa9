// How capture files begin.
#pragma once

#include <cstdint>

#include "dualcam/wire/bytes.hpp"

namespace dualcam::inline tools {

/// The type of the block that a pcapng file begins with, the same in both byte orders.
inline constexpr std::uint32_t pcapng_beginning = 0x0A0D'0D0A;

/// Whether a file that begins like this is a pcap or pcapng file. Four bytes tell.
inline bool is_capture(Bytes first_bytes) {
  if (first_bytes.size() < 4) {
    return false;
  }
  switch (load_be<std::uint32_t>(first_bytes)) {
  case 0xA1B2C3D4: // pcap with microseconds, in both byte orders
  case 0xD4C3B2A1:
  case 0xA1B23C4D: // nanoseconds
  case 0x4D3CB2A1:
  case 0xA1B2CD34: // Kuznetzov's, with more about each frame
  case 0x34CDB2A1:
  case pcapng_beginning:
    return true;
  default:
    return false;
  }
}

} // namespace dualcam::inline tools
