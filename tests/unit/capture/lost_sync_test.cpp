// Packets behind a SYNC that is lost.
#include "capture/captured.hpp"
#include "capture/dump_testing.hpp"

namespace dualcam {
namespace {

/// Packets 1 to 12, a SYNC that is lost together with the packets from `from` to before `next`, and
/// the rest; the stream and where packet `next` lies in it.
std::pair<DeviceStream, std::size_t> sync_lost_before(std::uint32_t from, std::uint32_t next) {
  DeviceStream s(20, 300);
  s.init().start().sync(1).data(12);
  const auto end = s.bytes.size();
  s.sync(from).data(next - from);
  s.bytes.resize(end);
  s.data(20 - next + 1).init(0);
  return {s, end};
}

const CapturedPacket& packet_at(const CapturedTransfer& transfer, std::size_t offset) {
  return *std::ranges::find(transfer.packets, offset, &CapturedPacket::offset);
}

} // namespace

TEST_CASE("lost SYNC: what comes behind it, and behind packets that are known, may be whole") {
  for (const std::uint32_t lost : {0U, 1U, 3U, 8U, 9U}) {
    CAPTURE(lost);
    const auto [stream, at] = sync_lost_before(13 - lost, 13);
    const auto packet = packet_at(captured(stream.bytes), at);
    CHECK(packet.number == 13);
    CHECK(packet.verdict == (lost <= 8 ? DumpVerdict::unchecked : DumpVerdict::bad));
  }
}

TEST_CASE("lost SYNC: a packet that is damaged is bad all the same") {
  for (const std::uint32_t lost : {0U, 1U, 3U}) {
    CAPTURE(lost);
    auto [stream, at] = sync_lost_before(13 - lost, 13);
    stream.flip(at + 300);
    CHECK(packet_at(captured(stream.bytes), at).verdict == DumpVerdict::bad);
  }
}

} // namespace dualcam
