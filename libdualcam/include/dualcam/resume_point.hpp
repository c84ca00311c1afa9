#pragma once

#include <cstddef>
#include <cstdint>

#include "dualcam/bytes.hpp"

namespace dualcam {

/// Where to begin a file. The defaults are its start. To go on with what an earlier connection
/// brought, some of that is asked for again and compared: only equal bytes prove that the camera
/// still offers the same file.
struct ResumePoint {
  std::uint32_t packet = 1;    ///< the first packet asked for, 1-based
  std::size_t packet_size = 0; ///< payload bytes of a full packet; 0 = learn from the first
  std::uint16_t crc = 0;       ///< CRC-16/KERMIT of everything before `packet`
  ByteBuffer overlap{};        ///< what is held from `packet` on: whole packets
};

} // namespace dualcam
