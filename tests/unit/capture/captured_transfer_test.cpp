#include "dualcam/capture/captured_transfer.hpp"

#include "dualcam/wire/crc16.hpp"
#include "testing.hpp"

namespace dualcam::captured_transfer_test {
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
  by_path.in_bytes = true;
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

TEST_CASE("captured transfer: by path as many packets are expected as fill the announced bytes") {
  auto by_path = transfer(std::nullopt, {});
  by_path.in_bytes = true;
  by_path.packet_size = 100;
  for (const auto& [bytes, packets] : {std::pair{0U, 0U}, {1U, 1U}, {100U, 1U}, {101U, 2U}}) {
    by_path.announced_bytes = bytes;
    CHECK(by_path.expected() == packets);
    CHECK(by_path.missing_count() == packets);
  }
  by_path.packets = transfer(std::nullopt, {{1, good, 100, 0}, {3, good, 1, 200}}).packets;
  CHECK(by_path.expected() == 3); // it goes beyond the end
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
  CHECK(text(transfer(2, {{1}, {2}, {4}}).missing()).empty()); // behind the end nothing is missing
  CHECK(text(transfer(3, {{1}, {2}, {5}}).missing()) == "3-3 ");
}

TEST_CASE("captured transfer: of copies with one verdict one whose number is stated counts") {
  for (const auto verdict : {good, unchecked, bad}) {
    auto some = transfer(3, {{1, verdict}, {1, verdict}});
    some.packets[0].numbering = DumpNumbering::inferred;
    CHECK(best(some) == Places{1});
    some.packets[1].numbering = DumpNumbering::inferred;
    CHECK(best(some) == Places{0});
  }
  auto some = transfer(3, {{1, bad}, {1, unchecked}, {1}});
  some.packets[2].numbering = DumpNumbering::inferred; // what it is counts for more
  CHECK(best(some) == Places{2});
  some.packets.pop_back();
  some.packets[1].numbering = DumpNumbering::unknown;
  CHECK(best(some) == Places{1});
}

TEST_CASE("captured transfer: the least certain number tells how certain all are") {
  auto some = transfer(3, {{1}, {2}, {3}});
  CHECK(some.numbering() == DumpNumbering::stated);
  some.packets[1].numbering = DumpNumbering::inferred;
  CHECK(some.numbering() == DumpNumbering::inferred);
  some.packets[0].numbering = DumpNumbering::unknown;
  CHECK(some.numbering() == DumpNumbering::unknown);
}

TEST_CASE("captured transfer: by path what good packets cover needs no damaged one") {
  const auto covered = [](const std::vector<Row>& rows) {
    auto by_path = transfer(std::nullopt, rows);
    by_path.in_bytes = true;
    by_path.announced_bytes = 100;
    return best(by_path);
  };
  CHECK(covered({{1, good, 10, 0}, {1, good, 10, 10}, {1, bad, 10, 5}}) == Places{0, 1});
  CHECK(covered({{1, good, 10, 0}, {1, good, 10, 11}, {1, bad, 10, 5}}) == Places{0, 2, 1});
  CHECK(covered({{1, good, 10, 0}, {1, bad, 5, 5}}) == Places{0});
  CHECK(covered({{1, good, 10, 0}, {1, bad, 6, 5}}) == Places{0, 1});
  CHECK(covered({{1, good, 10, 5}, {1, bad, 5, 4}}) == Places{1, 0});
  CHECK(covered({{1, good, 20, 0}, {1, good, 5, 5}, {1, unchecked, 8, 12}}) == Places{0, 1});
  CHECK(covered({{1, good, 20, 0}, {1, good, 5, 8}}) == Places{0, 1}); // good ones stay
}

TEST_CASE("captured transfer: by path what is missing is told in bytes, and in packets") {
  const auto bytes = [](const CapturedTransfer& transfer) {
    std::string all;
    for (const auto& range : transfer.missing_bytes()) {
      all += std::to_string(range.first) + "-" + std::to_string(range.last) + " ";
    }
    return all;
  };
  const auto packets = [](const CapturedTransfer& transfer) {
    std::string all;
    for (const auto& range : transfer.missing()) {
      all += std::to_string(range.first) + "-" + std::to_string(range.last) + " ";
    }
    return all;
  };
  auto by_path = transfer(5, {{1, good, 100, 100}, {2, cut, 50, 250}});
  by_path.in_bytes = true;
  by_path.announced_bytes = 450;
  CHECK(bytes(by_path) == "0-99 200-449 ");
  CHECK(packets(by_path) == "1-1 3-3 4-5 ");
  CHECK(by_path.missing_count() == 4);
  by_path.packets[0].file_offset = 400; // goes beyond the end: nothing is missing there
  CHECK(bytes(by_path) == "0-399 ");
  by_path.packets[0].file_offset = 450;
  CHECK(bytes(by_path) == "0-449 ");
  by_path.announced_bytes.reset(); // then what came last ends it
  CHECK(bytes(by_path) == "0-449 ");
  CHECK(bytes(transfer(5, {{1}})).empty()); // of packets by number there are none
}

TEST_CASE("captured transfer: where START counts packets of a file by path the last one ends it") {
  auto by_path = transfer(3, {{1, good, 100, 0}, {2, good, 100, 100}, {3, good, 1, 200}});
  by_path.in_bytes = true;
  by_path.start_in_packets = true;
  CHECK(by_path.is_complete());
  CHECK(by_path.missing_bytes().empty());
  by_path.packets.push_back(by_path.packets.back());
  by_path.packets.back().verdict = unchecked; // it came again, and was taken to a wrong place
  for (const std::uint64_t place : {300U, 250U, 201U}) {
    CAPTURE(place);
    by_path.packets.back().file_offset = place;
    CHECK(by_path.is_complete());
    CHECK(best(by_path) == Places{0, 1, 2});
    CHECK(by_path.bytes() == 201);
    CHECK(by_path.missing_bytes().empty());
    CHECK(by_path.missing().empty());
  }
  by_path.packets.resize(2); // the last one's size is not known
  CHECK_FALSE(by_path.is_complete());
  REQUIRE(by_path.missing_bytes().size() == 1);
  CHECK(by_path.missing_bytes()[0].first == 200);
  CHECK(by_path.missing_bytes()[0].last == 299);
  by_path.packets[1].size = 101; // one more byte is of the last one
  CHECK(by_path.missing_bytes().empty());
  CHECK_FALSE(by_path.is_complete()); // but three packets are two
}

TEST_CASE("captured transfer: a CRC is that of the packets that follow each other") {
  const auto text = random_bytes(300, 1);
  const auto with_crcs = [&](CapturedTransfer some) {
    for (auto& packet : some.packets) {
      packet.crc = crc16(Bytes(text).subspan(packet.file_offset, packet.size));
    }
    return some;
  };
  auto by_number =
      with_crcs(transfer(3, {{1, good, 100, 0}, {2, good, 100, 100}, {3, good, 40, 200}}));
  CHECK(by_number.crc() == crc16(Bytes(text).first(240)));
  by_number.packets.pop_back();
  CHECK(by_number.crc() == crc16(Bytes(text).first(200)));

  auto by_path = with_crcs(
      transfer(3, {{1, good, 100, 0}, {2, good, 50, 20}, {2, good, 100, 100}, {3, good, 40, 200}}));
  by_path.in_bytes = true;
  by_path.announced_bytes = 240;
  CHECK(by_path.crc() == crc16(Bytes(text).first(240)));
  CHECK(by_path.bytes() == 240); // what overlaps counts once
  by_path.announced_bytes = 241;
  CHECK_FALSE(by_path.crc());
  by_path.announced_bytes.reset();
  CHECK_FALSE(by_path.crc());
  by_path.packets.erase(by_path.packets.begin() + 1);
  by_path.start_in_packets = true;
  CHECK(by_path.crc() == crc16(Bytes(text).first(240)));
  by_path.packets[1].file_offset = 101; // they overlap, and a byte is missing
  CHECK_FALSE(by_path.crc());
}

TEST_CASE("captured transfer: a good packet beyond the end contradicts that it is complete") {
  CHECK(transfer(2, {{1}, {2}, {3, bad}}).is_complete());
  CHECK_FALSE(transfer(2, {{1}, {2}, {3}}).is_complete());
  CHECK(transfer(0, {}).is_complete());
  auto known = transfer(std::nullopt, {{1, good, 10, 0}});
  known.in_bytes = true;
  CHECK_FALSE(known.is_complete());
  known.announced_bytes = 10; // either of the two is enough
  CHECK(known.is_complete());
}

} // namespace dualcam::captured_transfer_test
