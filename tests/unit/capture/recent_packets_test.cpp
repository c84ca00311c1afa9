#include "capture/recent_packets.hpp"

#include "capture/dump_testing.hpp"
#include "capture/transfer_tracker.hpp"

namespace dualcam {
namespace {

ByteBuffer payload(std::uint32_t value) {
  const auto bytes = std::as_bytes(std::span(&value, 1));
  return {bytes.begin(), bytes.end()};
}

/// Packets with these numbers, the content and CRC of each made of its ordinal.
RecentPackets packets(const std::vector<std::uint32_t>& numbers) {
  RecentPackets packets;
  for (std::uint32_t i = 0; i < numbers.size(); ++i) {
    packets.add(i, numbers[i], payload(i), static_cast<std::uint16_t>(100 + i));
  }
  return packets;
}

} // namespace

TEST_CASE("recent packets: the latest of a number is found") {
  const auto recent = packets({1, 2, 3, 2, 3, 4, 9});
  CHECK(recent.stored_crc(1) == 100);
  CHECK(recent.stored_crc(2) == 103);
  CHECK(recent.stored_crc(3) == 104);
  CHECK(recent.stored_crc(4) == 105);
  CHECK(recent.stored_crc(9) == 106);
  CHECK_FALSE(recent.stored_crc(0));
  CHECK_FALSE(recent.stored_crc(5));
  CHECK_FALSE(RecentPackets().stored_crc(1));
  CHECK(recent.has_content(3, payload(4)) == true);
  CHECK(recent.has_content(3, payload(2)) == false); // an earlier one of that number
  CHECK(recent.has_content(3, Bytes(payload(4)).first(3)) == false);
  CHECK(recent.has_content(5, payload(4)) == std::nullopt);
}

TEST_CASE("recent packets: bad ones leave gaps in the ordinals, and the run goes on") {
  RecentPackets recent;
  recent.add(0, 5, payload(0), 10);
  recent.add(3, 8, payload(3), 13);
  CHECK(recent.stored_crc(5) == 10);
  CHECK(recent.stored_crc(8) == 13);
  CHECK_FALSE(recent.stored_crc(6));
}

TEST_CASE("recent packets: what is alike is found if it is the only one") {
  auto recent = packets({1, 2, 3, 4});
  recent.add(4, 5, payload(1), 0);
  CHECK(recent.only_one_with(payload(0), {0, 5}) == 1);
  CHECK_FALSE(recent.only_one_with(payload(1), {0, 5}));
  CHECK(recent.only_one_with(payload(1), {0, 4}) == 2);
  CHECK(recent.only_one_with(payload(1), {2, 9}) == 5);
  CHECK_FALSE(recent.only_one_with(payload(0), {1, 5}));
  CHECK_FALSE(recent.only_one_with(Bytes(payload(0)).first(3), {0, 5}));
}

TEST_CASE("recent packets: numbers are changed within their range only") {
  auto recent = packets({1, 2, 3, 4, 5});
  CHECK(recent.renumber({1, 3}, 10) == 13);
  CHECK(recent.stored_crc(1) == 100);
  CHECK(recent.stored_crc(12) == 101);
  CHECK(recent.stored_crc(13) == 102);
  CHECK(recent.stored_crc(4) == 103);
  CHECK_FALSE(recent.stored_crc(2));
  CHECK(recent.renumber({1, 3}, -10) == 3);
  CHECK(recent.stored_crc(2) == 101);
  CHECK(recent.renumber({3, 100}, 1) == 6);
  CHECK(recent.stored_crc(6) == 104);
  CHECK(recent.renumber({5, 100}, 1) == 0);
  CHECK(recent.renumber({0, 1}, INT32_MAX) == 0x8000'0000);
  CHECK(recent.renumber({0, 5}, std::int64_t{UINT32_MAX}) == UINT32_MAX);
  CHECK(RecentPackets().renumber({0, 5}, 1) == 0);
}

TEST_CASE("recent packets: only so many are remembered") {
  RecentPackets recent;
  for (std::uint32_t i = 0; i < 3 * RecentPackets::most; ++i) {
    recent.add(i, i + 1, payload(i), static_cast<std::uint16_t>(i));
  }
  CHECK(recent.stored_crc(3 * RecentPackets::most));
  CHECK(recent.stored_crc(2 * RecentPackets::most + 1));
  CHECK_FALSE(recent.stored_crc(2 * RecentPackets::most));
  CHECK(recent.memory() < 16 * RecentPackets::most);
  for (std::uint32_t i = 0; i < 2 * RecentPackets::most; ++i) { // each a run of its own
    recent.add(3 * RecentPackets::most + i, 7 * i + 1, payload(i), 0);
  }
  CHECK(recent.memory() <= 28 * RecentPackets::most);
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
          tracker.correction();
        }) < 100);
  CHECK(flood([&](Tracker tracker, std::uint32_t i) { // a lost stretch before each
          tracker.lost({40, false, false});
          tracker.data(i, payload(i), 1, std::nullopt);
          tracker.correction();
          tracker.sync(i + 1);
          tracker.data(i, payload(i), 1, std::nullopt);
          tracker.correction();
        }) < 150);
}

} // namespace dualcam
