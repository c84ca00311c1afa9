/// \file
/// What a host hands to ServerSession::begin, and ResumableFile gives it: a value without ties,
/// used by one thread at a time.
#pragma once

#include <cstdint>
#include <vector>

#include "dualcam/wire/bytes.hpp"

namespace dualcam {

/// The end of a file that was stored before.
struct FileTail {
  std::uint32_t packet = 1; ///< where it begins, as in a ResumePoint
  std::uint64_t offset = 0; ///< the same
  std::uint64_t bytes = 0;  ///< from there to the end
  std::uint64_t crc64 = 0;  ///< of these bytes (crc64.hpp)

  bool operator==(const FileTail&) const = default;
};

/// Where to begin a file. The defaults are its start; whoever holds more gives all members. To go
/// on with what an earlier connection brought, some of that is asked for again and compared: only
/// equal bytes prove that the camera still offers the same file.
///
/// Both counts are told, of which the device knows one: of a DualCam's kinds the packets, of files
/// by path the bytes (Geometry). Of the latter the packets are those that came, of any size.
struct ResumePoint {
  std::uint32_t packet = 1; ///< the first one asked for, from 1 on
  std::uint32_t held = 0;   ///< how many packets are held; 0: none
  std::uint64_t offset = 0; ///< bytes of the file before `packet`
  std::uint16_t crc = 0;    ///< CRC-16/KERMIT of these
  ByteBuffer overlap{};     ///< what is held from `packet` on

  /// Ends of files, one of which the camera's file may be offered again; none begins before
  /// `packet`. Nothing is handed over then: the file is recognised by one of them or replaced.
  std::vector<FileTail> known{};
  bool in_packets = false; ///< ServerSession::geometry said so, though the file is by path
};

} // namespace dualcam
