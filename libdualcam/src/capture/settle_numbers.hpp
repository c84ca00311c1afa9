// What all packets of a transfer together say about their numbers, once all of them are known.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "dualcam/capture/captured_transfer.hpp"

namespace dualcam {

/// Where what came in one connection, or behind one STATUS in it, begins.
struct PartBegin {
  std::uint64_t stream; ///< the connection's number
  std::size_t packet;   ///< its first of all packets
  std::size_t skipped;  ///< the same of skipped stretches
  std::uint64_t offset; ///< in that
  bool has_start;       ///< with START
};

/// What START counts: packets, or bytes of a file by path; unless it turns out that it counts
/// packets of that, too. From `start`, `in_bytes` and the packets.
void settle_start(CapturedTransfer& transfer);

/// Of a file that does not go by path: what its packets but the last have.
void settle_packet_size(CapturedTransfer& transfer);

/// `settle_start`, and the places of all packets whose places no SYNC and no header states, and
/// whether they are stated all the same: by the end of the file, packets that came again, the chain
/// of CRCs, and what lies before and behind. Never beyond START where there is another way. Also
/// whether what does not fit the chain is damaged (bad), or may be whole behind something that is
/// missing (unchecked).
/// `parts`: of which it was put together; none: it is not asked whether all are of one file.
void settle_numbers(CapturedTransfer& transfer, std::span<const PartBegin> parts = {});

/// What contradicts itself once all places are known: two good packets with other contents for one
/// place, and, where something is damaged, one content at two places.
void settle_conflicts(CapturedTransfer& transfer);

/// A packet that fits nowhere may be whole, and a SYNC be lost before it, or before the last few
/// packets, which came another time: unchecked, where its CRC says so.
void settle_lost_syncs(CapturedTransfer& transfer);

/// Where a file seems to be whole: what comes behind something that is lost may be of another file,
/// whose START is lost, too; unchecked, unless something proves that it is of this one.
void settle_other_files(CapturedTransfer& transfer, std::span<const PartBegin> parts);

/// Where a file seems to be whole, though places in it are inferred: a packet whose CRC does not go
/// on from what lies before it there lies elsewhere, or that does: unchecked.
void settle_contradictions(CapturedTransfer& transfer);

/// Says once why numbers were changed.
void note_correction(CapturedTransfer& transfer, std::string_view reason);

} // namespace dualcam
