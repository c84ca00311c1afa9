// Streams of which the capture tells how much it lacks.
#include <random>

#include "capture/captured.hpp"
#include "capture/dump_testing.hpp"

namespace dualcam::dump_gaps_test {

TEST_CASE("gaps: where the capture tells how much it lacks, every packet keeps its number") {
  DeviceStream s(20, 320);
  s.init().start().sync(1).data(20);
  s.init(0);
  // [first, end) of the packets and, before the first one, SYNC
  const auto begin = [&](std::size_t packet) { return s.starts[packet] - (packet == 0 ? 8 : 0); };
  const auto end = [&](std::size_t packet) {
    return packet == s.starts.size() ? s.bytes.size() - init_size : s.starts[packet];
  };
  for (std::size_t one = 0; one < 18; ++one) {
    for (std::size_t other = one + 2; other < 20; ++other) {
      for (const std::size_t count : {std::size_t{1}, std::size_t{3}}) {
        CAPTURE(one, other, count);
        CapturedStream stream;
        std::size_t at = 0;
        for (const auto first : {one, other}) {
          const auto last = std::min(first + (first == one ? 1 : count), s.starts.size());
          stream.received(Bytes(s.bytes).subspan(at, begin(first) - at));
          stream.missing(end(last) - begin(first));
          at = end(last);
        }
        const auto transfer = stream.received(Bytes(s.bytes).subspan(at)).finished();
        CHECK(transfer.packets.size() == 20 - 1 - std::min(count, 20 - other));
        for (const auto& packet : transfer.packets) {
          CAPTURE(packet.offset);
          const auto found = std::ranges::find(s.starts, packet.offset);
          REQUIRE(found != s.starts.end());
          CHECK(packet.number == found - s.starts.begin() + 1);
        }
      }
    }
  }
}

namespace {

/// Packets of which every fifth segment is missing, and the capture tells how long that is.
CapturedTransfer without_every_fifth(const DeviceStream& s, std::size_t segment) {
  CapturedStream stream;
  for (std::size_t at = 0; at < s.bytes.size(); at += segment) {
    const auto size = std::min(segment, s.bytes.size() - at);
    at / segment % 5 == 4 ? stream.missing(size)
                          : stream.received(Bytes(s.bytes).subspan(at, size));
  }
  return stream.finished();
}

} // namespace

TEST_CASE("gaps: equal packets stay where the length of gaps puts them") {
  for (const std::size_t different : {1U, 2U, 4U}) {
    for (const bool blank : {true, false}) {
      for (const std::size_t segment : {536U, 700U, 1030U, 1448U}) {
        CAPTURE(different, blank, segment);
        DeviceStream s(60, 300);
        for (std::size_t i = 0; i < s.content.size(); ++i) {
          s.content[i] = blank ? std::byte{0} : s.content[i % (different * full_packet)];
        }
        s.session();
        const auto transfer = without_every_fifth(s, segment);
        CHECK(transfer.packets.size() >= 45);
        CHECK_FALSE(transfer.is_complete());
        for (const auto& packet : transfer.packets) {
          CAPTURE(packet.offset);
          const auto sent = std::ranges::find(s.starts, packet.offset);
          REQUIRE(sent != s.starts.end());
          CHECK(packet.number == sent - s.starts.begin() + 1);
        }
      }
    }
  }
}

TEST_CASE("gaps: however many there are, no CRC that fits by chance moves a packet") {
  constexpr std::uint32_t gaps = 50'000;
  constexpr std::uint32_t size = 16;
  constexpr std::uint32_t lost = 3; // packets in each gap
  constexpr std::uint32_t apart = 2 + lost;
  CapturedStream stream;
  ByteBuffer opening = encode(Init{5, DeviceStream::imei, 0x1000'0400});
  encode(Start{gaps * apart}, opening);
  encode(Sync{1}, opening);
  stream.received(opening);
  std::mt19937 random(1);
  for (std::uint32_t gap = 0; gap < gaps; ++gap) {
    auto crc = gap == 0 ? std::uint16_t{0} : static_cast<std::uint16_t>(random());
    ByteBuffer packets;
    for (int each = 0; each < 2; ++each) {
      const auto payload = random_bytes(size, static_cast<std::uint32_t>(random()));
      crc = crc16(payload, crc);
      encode(Data{payload, crc}, packets);
    }
    stream.received(packets).missing(lost * packets.size() / 2);
  }
  const auto transfer = stream.finished();
  REQUIRE(transfer.packets.size() == 2 * gaps);
  for (std::uint32_t i = 0; i < 2 * gaps; ++i) {
    CAPTURE(i);
    REQUIRE(transfer.packets[i].number == i / 2 * apart + i % 2 + 1);
  }
  CHECK(transfer.bad() == 0);
}

} // namespace dualcam::dump_gaps_test
