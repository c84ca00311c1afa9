// Packets whose CRCs begin anew where no SYNC came.
#include "capture/packet_runs.hpp"
#include "capture/settle_numbers.hpp"

#include <map>

#include "dualcam/wire/crc16.hpp"

namespace dualcam {
namespace {

using ByEnd = std::map<std::uint64_t, const CapturedPacket*>; ///< good ones

ByEnd good_by_end(const CapturedTransfer& transfer) {
  ByEnd good;
  for (const auto& packet : transfer.packets) {
    if (packet.verdict == DumpVerdict::good && packet.size != 0) {
      good.emplace(transfer.behind(packet), &packet);
    }
  }
  return good;
}

/// Whether its CRC fits had a SYNC come right before it, or before one of the last few packets, of
/// which it is known what is in them.
bool fits_behind_sync(const CapturedTransfer& transfer, const CapturedPacket& packet,
                      const ByEnd& good) {
  constexpr int most_lost = 8; // each more is one chance more for a damaged packet
  const auto start = start_of(packet);
  auto place = transfer.place_of(packet);
  std::uint16_t crc = 0; // of all from `place` on
  std::uint64_t size = 0;
  for (int lost = 0; start != crc && lost < most_lost; ++lost) {
    const auto before = good.find(place);
    if (before == good.end()) {
      return false;
    }
    place = transfer.place_of(*before->second);
    crc = crc16_combine(before->second->crc, crc, size);
    size += before->second->size;
  }
  return start == crc;
}

} // namespace

void settle_lost_syncs(CapturedTransfer& transfer) {
  std::optional<ByEnd> good;
  for (auto& packet : transfer.packets) {
    if (packet.verdict != DumpVerdict::bad || !packet.received_crc ||
        packet.received_crc == packet.computed_crc || packet.crc == 0) { // zeros fit anything
      continue;
    }
    if (!good) {
      good = good_by_end(transfer);
    }
    if (fits_behind_sync(transfer, packet, *good)) {
      packet.verdict = DumpVerdict::unchecked;
      packet.computed_crc.reset();
    }
  }
}

} // namespace dualcam
