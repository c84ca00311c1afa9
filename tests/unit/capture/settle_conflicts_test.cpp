// What contradicts itself in a file's packets is doubted, one rule at a time.
#include "capture/settle_numbers.hpp"

#include "dualcam/wire/command.hpp"
#include "dualcam/wire/crc16.hpp"
#include "testing.hpp"

namespace dualcam::settle_conflicts_test {
namespace {

/// Packets as they came, each right behind the one before it, nothing wrong with any.
class Came {
public:
  explicit Came(bool by_path) {
    transfer.in_bytes = by_path;
    transfer.announced = 1000; // it is not complete
    transfer.announced_bytes = 1'000'000;
  }
  /// At this place, a number or an offset; behind a SYNC the chain begins anew.
  CapturedPacket& packet(std::uint64_t place, DumpOrigin origin, std::uint32_t seed,
                         std::uint16_t size = 100) {
    if (origin == DumpOrigin::sync) {
      end_ += sync_size;
      chain_ = 0;
    }
    const auto payload = random_bytes(size, seed);
    chain_ = crc16(payload, chain_);
    CapturedPacket packet{};
    packet.offset = end_;
    packet.number = transfer.in_bytes ? 1 : static_cast<std::uint32_t>(place);
    packet.file_offset = transfer.in_bytes ? place : 0;
    packet.content = seed;
    packet.size = size;
    packet.crc = crc16(payload);
    packet.received_crc = packet.computed_crc = chain_;
    packet.origin = origin;
    end_ += data_header + size + data_trailer;
    return transfer.packets.emplace_back(packet);
  }
  std::vector<bool> stated() {
    settle_conflicts(transfer);
    std::vector<bool> all;
    for (const auto& each : transfer.packets) {
      all.push_back(each.numbering == DumpNumbering::stated);
    }
    return all;
  }

  CapturedTransfer transfer;

private:
  std::uint64_t end_ = 0;
  std::uint16_t chain_ = 0;
};

using enum DumpOrigin;
using Stated = std::vector<bool>;

} // namespace

TEST_CASE(
    "settle conflicts: where a SYNC goes on beyond what was sent all counted before is wrong") {
  const auto with_sync_to = [](std::uint64_t place) {
    Came came(false);
    came.packet(1, sync, 1);
    came.packet(2, packet_before, 2);
    came.packet(1, sync, 1);
    came.packet(2, packet_before, 2);
    came.packet(3, packet_before, 3);
    came.packet(place, sync, static_cast<std::uint32_t>(place));
    return came;
  };
  CHECK(with_sync_to(4).stated() == Stated{true, true, true, true, true, true});
  CHECK(with_sync_to(2).stated() == Stated{true, true, true, true, true, true});
  CHECK(with_sync_to(5).stated() == Stated{true, true, false, false, false, true});
  auto lost = with_sync_to(5);
  lost.transfer.packets.back().offset += 1; // something came between that may have been packets
  CHECK(lost.stated() == Stated{true, true, true, true, true, true});
}

TEST_CASE("settle conflicts: a packet at two places is doubted at both, a tiny one is not") {
  const auto twice = [](std::uint16_t size, bool damaged) {
    Came came(false);
    came.packet(1, sync, 1);
    came.packet(2, packet_before, 7, size);
    came.packet(1, sync, 1);
    came.packet(2, packet_before, 2);
    came.packet(3, packet_before, 7, size);
    if (damaged) {
      came.transfer.skipped.push_back({});
    }
    return came.stated();
  };
  const Stated none(5, false);
  const Stated all(5, true);
  CHECK(twice(100, true) == none);
  CHECK(twice(4, true) == none);
  CHECK(twice(3, true) == all);
  CHECK(twice(32, false) == none);
  CHECK(twice(31, false) == all);
}

TEST_CASE(
    "settle conflicts: of two contents at one place that one is believed which others follow") {
  struct Copy {
    std::uint32_t seed;
    bool followed; ///< by another packet, which goes on from it
  };
  const auto settled = [](std::initializer_list<Copy> copies) {
    Came came(false);
    for (const auto& copy : copies) {
      came.packet(1, sync, copy.seed);
      if (copy.followed) {
        came.packet(2, packet_before, 100);
      }
    }
    settle_conflicts(came.transfer);
    std::string all;
    for (const auto& packet : came.transfer.packets) {
      if (packet.number == 1) {
        all += std::string(name_of(packet.verdict)) +
               (packet.numbering == DumpNumbering::stated ? "" : "?") +
               (packet.computed_crc ? " " : "- ");
      }
    }
    return all;
  };
  CHECK(settled({{1, false}, {1, false}}) == "good good ");
  CHECK(settled({{1, false}, {2, false}}) == "unchecked?- unchecked?- "); // neither
  CHECK(settled({{1, true}, {2, false}}) == "good bad ");
  CHECK(settled({{1, false}, {2, true}}) == "bad good ");
  CHECK(settled({{1, true}, {2, true}}) == "unchecked?- unchecked?- ");
  CHECK(settled({{1, true}, {1, true}, {1, true}, {2, true}}) == "good good good bad "); // often
  CHECK(settled({{1, true}, {1, true}, {2, true}}) == "unchecked?- unchecked?- unchecked?- ");
}

TEST_CASE("settle conflicts: a CRC that the next packet does not go on from fits by chance") {
  const auto second_of = [](DumpOrigin next, std::uint64_t next_place) {
    Came came(true);
    came.packet(0, sync, 1);
    came.packet(100, packet_before, 2);
    came.packet(next_place, next, 3);
    auto& packet = came.transfer.packets[1];
    packet.received_crc = packet.computed_crc =
        static_cast<std::uint16_t>(*packet.received_crc ^ 0x55);
    settle_conflicts(came.transfer);
    return packet;
  };
  const auto doubted = second_of(packet_before, 200);
  CHECK(doubted.verdict == DumpVerdict::unchecked);
  CHECK_FALSE(doubted.computed_crc);
  const auto headed = second_of(header, 200);
  CHECK(headed.verdict == DumpVerdict::bad);
  CHECK(headed.computed_crc);
  CHECK(second_of(sync, 200).verdict == DumpVerdict::good);          // a chain of its own
  CHECK(second_of(packet_before, 300).verdict == DumpVerdict::good); // packets lack between them
}

TEST_CASE("settle conflicts: of two headers that contradict each other the next packet's counts") {
  const auto first_of = [](DumpOrigin origin, std::uint64_t next_place) {
    Came came(true);
    came.packet(0, sync, 1);
    came.packet(100, origin, 2);
    came.packet(next_place, header, 3);
    settle_conflicts(came.transfer);
    return came.transfer.packets[1];
  };
  CHECK(first_of(header, 200).verdict == DumpVerdict::good);
  const auto moved = first_of(header, 500);
  CHECK(moved.verdict == DumpVerdict::bad);
  CHECK(moved.file_offset == 400);
  CHECK(moved.numbering == DumpNumbering::inferred);
  const auto counted = first_of(packet_before, 500); // packets may be lost behind it
  CHECK(counted.verdict == DumpVerdict::good);
  CHECK(counted.file_offset == 100);
}

TEST_CASE("settle conflicts: a header that tells a place where nothing meets it is damaged") {
  const auto across = [](std::uint64_t place, DumpOrigin origin, std::uint64_t third = 200) {
    Came came(true);
    came.packet(0, sync, 1);
    came.packet(100, header, 2);
    came.packet(third, header, 3);
    came.packet(600, header, 4);
    came.packet(place, origin, 5);
    settle_conflicts(came.transfer);
    return came.transfer.packets[4];
  };
  const auto moved = across(149, header);
  CHECK(moved.verdict == DumpVerdict::bad);
  CHECK(moved.numbering == DumpNumbering::inferred);
  CHECK(across(149, sync).verdict == DumpVerdict::good);        // a device may go on anywhere
  CHECK(across(149, header, 201).verdict == DumpVerdict::good); // a byte of it came here alone
  CHECK(across(149, header, 249).verdict == DumpVerdict::good); // another goes on behind it
  CHECK(across(50, header).verdict == DumpVerdict::good);       // the first one's was a SYNC
  CHECK(across(250, header).verdict == DumpVerdict::good);
  CHECK(across(800, header).verdict == DumpVerdict::good);
  CHECK(across(999'950, header).verdict == DumpVerdict::bad);
}

} // namespace dualcam::settle_conflicts_test
