// Packets behind a SYNC that is lost.
#include <numeric>

#include "capture/captured.hpp"
#include "capture/dump_testing.hpp"

namespace dualcam::lost_sync_test {
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

std::vector<std::uint32_t> numbers_in(const CapturedTransfer& transfer) {
  std::vector<std::uint32_t> numbers;
  for (const auto& packet : transfer.packets) {
    numbers.push_back(packet.number);
  }
  return numbers;
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

TEST_CASE("lost SYNC: behind START the server's RESUME tells what comes") {
  DeviceStream s(20, 300);
  s.init().start();
  const auto resumed = s.bytes.size();
  s.sync(9).bytes.resize(resumed);
  s.raw("ff03 0004 00000109").data(6);
  for (const bool is_heard : {true, false}) {
    CapturedStream both;
    if (is_heard) {
      both.server(FileRequest{"%videof"});
    }
    both.received(Bytes(s.bytes).first(resumed));
    if (is_heard) {
      both.server(Resume{9});
    }
    const auto transfer = both.received(Bytes(s.bytes).subspan(resumed)).finished();
    CHECK(numbers_in(transfer) == (is_heard ? std::vector<std::uint32_t>{9, 10, 11, 12, 13, 14}
                                            : std::vector<std::uint32_t>{1, 2, 3, 4, 5, 6}));
    CHECK(transfer.numbering() == DumpNumbering::inferred);
    CHECK(transfer.count(DumpVerdict::good) == 6);
  }
}

TEST_CASE("lost SYNC: in mid-file the server's last RESUME tells what comes, unless it is old") {
  DeviceStream s(20, 300);
  s.init().start().sync(1).data(12);
  const auto end = s.bytes.size();
  s.sync(5).bytes.resize(end);
  s.raw("ff03 0004 00000105").data(4);
  for (const bool is_heard : {true, false}) {
    CapturedStream both;
    both.server(FileRequest{"%videof"});
    both.received(Bytes(s.bytes).first(16)).server(Resume{1});
    both.received(Bytes(s.bytes).first(s.starts[4]).subspan(16)).missing(4 * 1030);
    both.received(Bytes(s.bytes).first(end).subspan(s.starts[8]));
    if (is_heard) {
      both.server(Resume{5});
    }
    const auto transfer = both.received(Bytes(s.bytes).subspan(end)).finished();
    auto wanted = std::vector<std::uint32_t>{1, 2, 3, 4, 9, 10, 11, 12, 5, 6, 7, 8};
    if (!is_heard) { // the first RESUME was answered
      std::iota(wanted.begin() + 8, wanted.end(), 13U);
    }
    CHECK(numbers_in(transfer) == wanted);
  }
}

TEST_CASE(
    "lost SYNC: a RESUME that one has answered, or that INIT follows, tells of no other one") {
  DeviceStream s(20, 300);
  const auto lost_sync = [&](std::uint32_t number) {
    const auto end = s.bytes.size();
    s.sync(number).bytes.resize(end);
    s.raw("ff03 0004 00000109");
  };
  s.init().start();
  const auto asked = s.bytes.size();
  const bool is_answered = GENERATE(true, false);
  if (is_answered) {
    lost_sync(9);
    s.data(2);
  } else {
    s.init();
  }
  s.start();
  lost_sync(1);
  s.data(6);
  CapturedStream both;
  both.server(FileRequest{"%videof"}).received(Bytes(s.bytes).first(asked)).server(Resume{9});
  const auto transfer = both.received(Bytes(s.bytes).subspan(asked)).finished();
  CHECK(transfer.packets.back().number == 6);
}

TEST_CASE("lost SYNC: a RESUME counts behind what the device had sent when it was heard") {
  DeviceStream s(20, 300);
  s.init().start().sync(1).data(11);
  s.raw("ff").sync(9); // to be believed when it is seen what follows
  const auto asked = s.bytes.size();
  s.data(2);
  const auto end = s.bytes.size();
  s.sync(15).bytes.resize(end);
  s.raw("ff03 0004 0000010f").data(2);
  CapturedStream both;
  both.server(FileRequest{"%videof"}).received(Bytes(s.bytes).first(16)).server(Resume{1});
  both.received(Bytes(s.bytes).first(asked).subspan(16)).server(Resume{15});
  const auto transfer = both.received(Bytes(s.bytes).subspan(asked)).finished();
  CHECK(numbers_in(transfer) ==
        std::vector<std::uint32_t>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 9, 10, 15, 16});
}

TEST_CASE("lost SYNC: a packet that is damaged is bad all the same") {
  for (const std::uint32_t lost : {0U, 1U, 3U}) {
    CAPTURE(lost);
    auto [stream, at] = sync_lost_before(13 - lost, 13);
    stream.flip(at + 300);
    CHECK(packet_at(captured(stream.bytes), at).verdict == DumpVerdict::bad);
  }
}

} // namespace dualcam::lost_sync_test
