#include "dualcam/capture/captured_transfer.hpp"

#include "testing.hpp"

namespace dualcam {
namespace {

using enum DumpVerdict;

struct Row {
  std::uint32_t number;
  DumpVerdict verdict = good;
  std::uint16_t size = 100;
  std::uint64_t file_offset = 0;
};

CapturedTransfer transfer(std::optional<std::uint32_t> announced, const std::vector<Row>& rows) {
  CapturedTransfer transfer;
  transfer.announced = announced;
  transfer.packet_size = 100;
  for (const auto& row : rows) {
    CapturedPacket packet{};
    packet.number = row.number;
    packet.verdict = row.verdict;
    packet.size = row.size;
    packet.file_offset = row.file_offset;
    transfer.packets.push_back(packet);
  }
  return transfer;
}

/// Where the best ones stand in the order in which they came.
std::vector<std::ptrdiff_t> best(const CapturedTransfer& transfer) {
  std::vector<std::ptrdiff_t> places;
  for (const auto* packet : transfer.best()) {
    const auto found =
        std::ranges::find_if(transfer.packets, [&](const auto& each) { return &each == packet; });
    places.push_back(found - transfer.packets.begin());
  }
  return places;
}

using Places = std::vector<std::ptrdiff_t>;

} // namespace

TEST_CASE("captured transfer: the best copy of each packet counts, of equal ones the first") {
  CHECK(best(transfer(3, {{3}, {1}, {2}})) == Places{1, 2, 0});
  CHECK(best(transfer(3, {{1, bad}, {1, unchecked}, {1}, {1}})) == Places{2});
  CHECK(best(transfer(3, {{1, bad}, {1, unchecked}, {1, unchecked}})) == Places{1});
  CHECK(best(transfer(3, {{1, cut}, {2, bad}, {2, cut}})) == Places{1});
  CHECK(best(transfer(3, {{3}, {4}})) == Places{0}); // more than there are
  CHECK(best(transfer(std::nullopt, {{3}, {4}})) == Places{0, 1});
}

TEST_CASE("captured transfer: by path places are bytes, and a packet of none is none") {
  auto by_path = transfer(
      std::nullopt, {{1, good, 100, 0}, {2, good, 0, 100}, {2, good, 50, 100}, {3, good, 10, 150}});
  by_path.by_path = true;
  by_path.announced_bytes = 150;
  CHECK(best(by_path) == Places{0, 2});
  CHECK_FALSE(by_path.is_complete()); // something lies beyond the end
  CHECK(by_path.bytes() == 150);
  by_path.announced_bytes = 151;
  CHECK(best(by_path) == Places{0, 2, 3});
  CHECK_FALSE(by_path.is_complete()); // it goes beyond the end
  by_path.announced_bytes = 160;
  CHECK(by_path.is_complete());
}

TEST_CASE("captured transfer: it is complete once every packet is there and good") {
  CHECK(transfer(2, {{2}, {1}}).is_complete());
  CHECK_FALSE(transfer(2, {{1}}).is_complete());
  CHECK_FALSE(transfer(2, {{1}, {2, bad}}).is_complete());
  CHECK_FALSE(transfer(std::nullopt, {{1}, {2}}).is_complete());
  CHECK(transfer(2, {{1}, {2, bad}, {2}}).is_complete());
  CHECK_FALSE(transfer(2, {{1}, {2, bad}, {2}}).is_flawless());
  auto flawless = transfer(2, {{1}, {2}});
  CHECK(flawless.is_flawless());
  CHECK(flawless.expected() == 2);
  CHECK(transfer(std::nullopt, {{7}, {2}}).expected() == 7);
  CHECK(transfer(std::nullopt, {}).expected() == 0);
  flawless.not_kept = 1;
  CHECK_FALSE(flawless.is_flawless());
  flawless.not_kept = 0;
  flawless.skipped.push_back({0, 5, 0});
  CHECK_FALSE(flawless.is_flawless());
}

TEST_CASE("captured transfer: what is missing and what are holes") {
  const auto text = [](const std::vector<PacketRange>& ranges) {
    std::string all;
    for (const auto& range : ranges) {
      all += std::to_string(range.first) + "-" + std::to_string(range.last) + " ";
    }
    return all;
  };
  const auto some = transfer(9, {{2}, {3, cut}, {6, bad}, {7}});
  CHECK(text(some.missing()) == "1-1 4-5 8-9 ");
  CHECK(text(some.holes()) == "1-1 3-5 8-9 ");
  CHECK(some.missing_count() == 5);
  CHECK(some.bad() == 2);
  CHECK(text(transfer(2, {{1}, {2}}).missing()).empty());
}

} // namespace dualcam
