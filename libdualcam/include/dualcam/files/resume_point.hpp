/// \file
/// What a host hands to ServerSession::begin, and ResumableFile gives it: a value without ties.
#pragma once

#include <cstdint>
#include <vector>

#include "dualcam/wire/bytes.hpp"

namespace dualcam {

/// The end of a file that was stored before.
struct FileTail {
  std::uint32_t packet = 1; ///< where it begins, as ResumePoint::number
  std::uint64_t bytes = 0;  ///< from there to the end
  std::uint64_t crc64 = 0;  ///< of these bytes (crc64.hpp)

  bool operator==(const FileTail&) const = default;
};

/// Where to begin a file. The defaults are its start; whoever holds more gives all members. To go
/// on with what an earlier connection brought, some of that is asked for again and compared: only
/// equal bytes prove that the camera still offers the same file.
///
/// Counted as the device does: a DualCam's kinds in packets from 1, files by path in bytes from 0.
struct ResumePoint {
  std::uint32_t number = 0; ///< the first packet or byte asked for; 0: the first there is
  std::uint32_t held = 0;   ///< how many are held; 0: none
  std::uint64_t offset = 0; ///< bytes of the file before `number`
  std::uint16_t crc = 0;    ///< CRC-16/KERMIT of these
  ByteBuffer overlap{};     ///< what is held from `number` on

  /// Ends of files, one of which the camera's file may be offered again; none begins before
  /// `number`. Nothing is handed over then: the file is recognised by one of them or replaced.
  std::vector<FileTail> known{};
};

} // namespace dualcam
