#include "capture/recent_packets.hpp"

#include "capture/dump_testing.hpp"
#include "capture/transfer_tracker.hpp"

namespace dualcam::recent_packets_test {
namespace {

/// Packets with these numbers, the CRC of each made of its ordinal.
RecentPackets packets(const std::vector<std::uint32_t>& numbers) {
  RecentPackets packets;
  for (std::uint32_t i = 0; i < numbers.size(); ++i) {
    packets.add(i, numbers[i], static_cast<std::uint16_t>(100 + i));
  }
  return packets;
}

} // namespace

TEST_CASE("recent packets: the latest of a number is found") {
  const auto recent = packets({1, 2, 3, 2, 3, 4, 9});
  CHECK(recent.received_crc(1) == 100);
  CHECK(recent.received_crc(2) == 103);
  CHECK(recent.received_crc(3) == 104);
  CHECK(recent.received_crc(4) == 105);
  CHECK(recent.received_crc(9) == 106);
  CHECK_FALSE(recent.received_crc(0));
  CHECK_FALSE(recent.received_crc(5));
  CHECK_FALSE(RecentPackets().received_crc(1));
}

TEST_CASE("recent packets: bad ones leave gaps in the ordinals, and the run goes on") {
  RecentPackets recent;
  recent.add(0, 5, 10);
  recent.add(3, 8, 13);
  CHECK(recent.received_crc(5) == 10);
  CHECK(recent.received_crc(8) == 13);
  CHECK_FALSE(recent.received_crc(6));
}

TEST_CASE("recent packets: only so many are remembered") {
  RecentPackets recent;
  for (std::uint32_t i = 0; i < 3 * RecentPackets::most; ++i) {
    recent.add(i, i + 1, static_cast<std::uint16_t>(i));
  }
  CHECK(recent.received_crc(3 * RecentPackets::most));
  CHECK(recent.received_crc(2 * RecentPackets::most + 1));
  CHECK_FALSE(recent.received_crc(2 * RecentPackets::most));
  CHECK(recent.memory() < 16 * RecentPackets::most);
  for (std::uint32_t i = 0; i < 2 * RecentPackets::most; ++i) { // each a run of its own
    recent.add(3 * RecentPackets::most + i, 7 * i + 1, 0);
  }
  CHECK(recent.memory() <= 24 * RecentPackets::most);
}

TEST_CASE("recent packets: floods cost a constant for each command") {
  constexpr std::uint64_t rounds = 50'000;
  const auto zero = from_hex("00");
  const auto flood = [&](auto&& each) {
    TransferTracker tracker(std::nullopt, std::nullopt, false);
    for (std::uint32_t i = 0; i < 2 * RecentPackets::most; ++i) {
      tracker.data(i, zero, 0, std::nullopt);
    }
    const auto before = tracker.recent().looked_at();
    for (std::uint32_t i = 0; i < rounds; ++i) {
      each(tracker, i);
    }
    return (tracker.recent().looked_at() - before) / rounds;
  };
  using Tracker = TransferTracker&;
  CHECK(flood([](Tracker tracker, std::uint32_t) { tracker.sync(77); }) < 20);
  CHECK(flood([](Tracker tracker, std::uint32_t i) { tracker.sync(i * 7919); }) < 20);
  CHECK(flood([&](Tracker tracker, std::uint32_t i) {
          tracker.sync(i * 7919);
          tracker.data(i, zero, 0, std::nullopt);
        }) < 100);
  CHECK(flood([&](Tracker tracker, std::uint32_t i) { // a lost stretch before each
          tracker.lost({40, false, false});
          tracker.data(i, zero, 1, std::nullopt);
          tracker.sync(i + 1);
          tracker.data(i, zero, 1, std::nullopt);
        }) < 150);
}

} // namespace dualcam::recent_packets_test
