#include "capture/packet_runs.hpp"

#include "dualcam/wire/crc16.hpp"

namespace dualcam {

bool follows(const CapturedPacket& before, const CapturedPacket& packet) {
  const auto goes_on_from = [&](std::optional<std::uint16_t> crc) {
    return crc && crc16_combine(*crc, packet.crc, packet.size) == packet.received_crc;
  };
  return packet.verdict != DumpVerdict::cut &&
         (goes_on_from(before.received_crc) ||
          (before.verdict == DumpVerdict::bad && goes_on_from(before.computed_crc)));
}

/// Going on over 32,767 zeros changes nothing, so
/// that many less the packet's size go back over it.
std::uint16_t start_of(const CapturedPacket& packet) {
  constexpr unsigned period = 32'767;
  const auto behind = static_cast<std::uint16_t>(*packet.received_crc ^ packet.crc);
  return crc16_combine(behind, 0, period - packet.size % period);
}

std::vector<Run> runs_of(const CapturedTransfer& transfer) {
  const auto& packets = transfer.packets;
  std::vector<Run> runs;
  std::uint32_t session = 0;
  for (std::uint32_t i = 0; i < packets.size(); ++i) {
    const auto& packet = packets[i];
    const bool begins = begins_session(packet);
    session += begins ? 1 : 0;
    const bool chained = i > 0 && !begins && follows(packets[i - 1], packet);
    const bool header_is_bad = packet.verdict == DumpVerdict::bad && packet.received_crc &&
                               packet.received_crc == packet.computed_crc; // it says another place
    const bool contiguous =
        chained && !header_is_bad && transfer.place_of(packet) == transfer.behind(packets[i - 1]);
    if (contiguous && !runs.back().doubtful) {
      runs.back().end = i + 1;
      continue;
    }
    Run run{.first = i, .end = i + 1, .session = session, .doubtful = false};
    run.doubtful = packet.verdict != DumpVerdict::good && !chained;
    run.numbering = packet.numbering;
    run.place = static_cast<std::int64_t>(transfer.place_of(packet));
    run.placed = states_place(packet) && !run.doubtful;
    if (run.placed) {
      run.numbering = DumpNumbering::stated;
    }
    runs.push_back(run);
  }
  return runs;
}

} // namespace dualcam
