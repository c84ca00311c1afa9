// The packets of a file, as they came, in runs of which each goes on from the one before.
#pragma once

#include <vector>

#include "dualcam/capture/captured_transfer.hpp"

namespace dualcam {

/// Packets each of which goes on from the one before: if the place of one is known, all are.
struct Run {
  std::uint32_t first;   ///< an index
  std::uint32_t end;     ///< the index behind the last
  std::uint32_t session; ///< whose chain of CRCs it is part of: from one SYNC to the next
  DumpNumbering numbering = DumpNumbering::unknown;
  bool doubtful; ///< one packet, for which nothing vouches
  bool placed = false;
  bool at_end = false;    ///< its last packet is the file's
  std::int64_t place = 0; ///< of the first
};

/// All packets, in the order in which they came. Runs whose places a SYNC or a header states, and
/// in which nothing is doubtful, are placed.
std::vector<Run> runs_of(const CapturedTransfer& transfer);

/// Whether a SYNC right before it, or its own header, says where the packet lies.
inline bool states_place(const CapturedPacket& packet) {
  return packet.origin == DumpOrigin::sync || packet.origin == DumpOrigin::header;
}

/// Whether no packet came before it in its chain of CRCs, as far as is known.
inline bool begins_session(const CapturedPacket& packet) {
  return packet.origin == DumpOrigin::sync || packet.origin == DumpOrigin::resume ||
         packet.origin == DumpOrigin::nothing;
}

/// Whether `packet` goes on from the one that came before it.
bool follows(const CapturedPacket& before, const CapturedPacket& packet);

/// What the CRC of an undamaged packet, whose CRC is there, went on from.
std::uint16_t start_of(const CapturedPacket& packet);

} // namespace dualcam
