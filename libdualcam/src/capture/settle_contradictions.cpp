// Places that agree with each other, but not with the CRCs.
#include "capture/best_packets.hpp"
#include "capture/packet_runs.hpp"
#include "capture/settle_numbers.hpp"

#include <utility>

namespace dualcam {

void settle_contradictions(CapturedTransfer& transfer) {
  if (transfer.numbering() == DumpNumbering::stated || !transfer.is_complete()) {
    return;
  }
  const BestPackets file(transfer);
  const CapturedPacket* before = nullptr; // of the same chain
  for (auto& packet : transfer.packets) {
    if (begins_session(packet)) {
      before = nullptr;
    }
    if (packet.verdict != DumpVerdict::good || !packet.received_crc) {
      continue;
    }
    const auto* last = std::exchange(before, &packet);
    if (last == nullptr || packet.numbering == DumpNumbering::stated) {
      continue;
    }
    if (!file.agrees(start_of(packet), transfer.place_of(packet), *last->received_crc,
                     transfer.behind(*last))) {
      packet.verdict = DumpVerdict::unchecked;
      packet.computed_crc.reset();
    }
  }
}

} // namespace dualcam
