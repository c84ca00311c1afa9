// Which number, place and CRC each packet of a transfer has, one packet a line.
#include "capture/transfer_tracker.hpp"

#include "dualcam/wire/crc16.hpp"
#include "testing.hpp"

namespace dualcam::transfer_tracker_test {
namespace {

using Lines = std::vector<std::string>;

constexpr std::size_t size = 100;
constexpr std::uint64_t on_wire = size + data_header + data_trailer;
constexpr std::uint16_t wrong = 0x5A5A;

ByteBuffer payload(std::uint32_t number) { return random_bytes(size, number); }

/// Of packets `first` to `last`, as they follow each other.
std::uint16_t chain(std::uint32_t first, std::uint32_t last, std::uint16_t from = 0) {
  for (; first <= last; ++first) {
    from = crc16(payload(first), from);
  }
  return from;
}

std::string text(const DumpPacket& packet) {
  constexpr std::array origins{"packet", "sync", "header", "nothing", "resume"};
  constexpr std::array starts{"unknown", "zero", "packet", "bytes", "earlier"};
  return std::string(name_of(packet.verdict)) + ' ' + std::to_string(packet.number) + ' ' +
         std::string(name_of(packet.numbering)) + " at " + std::to_string(packet.file_offset) +
         ", behind " + origins.at(static_cast<std::size_t>(packet.origin)) + ", CRC from " +
         (packet.computed_crc ? starts.at(static_cast<std::size_t>(packet.start)) : "?") +
         (packet.repeat ? ", repeat" : "");
}

/// A transfer whose packets are told as lines.
struct Transfer {
  TransferTracker tracker;
  Lines lines;

  explicit Transfer(std::optional<std::uint32_t> announced = 10, bool in_bytes = false,
                    std::optional<std::uint16_t> initial = std::nullopt)
      : tracker(in_bytes ? std::nullopt : std::optional(FileKind::front_video), announced, in_bytes,
                initial) {}

  Transfer& sync(std::uint32_t number) {
    tracker.sync(number);
    return *this;
  }
  Transfer& data(std::uint32_t number, std::uint16_t received_crc,
                 std::optional<std::uint16_t> before = std::nullopt) {
    lines.push_back(text(tracker.data(0, payload(number), received_crc, before)));
    return *this;
  }
  /// `count` packets from `first` on, whose chain begins anew.
  Transfer& packets(std::uint32_t first, std::uint32_t count) {
    for (std::uint32_t i = 0; i < count; ++i) {
      data(first + i, chain(first, first + i));
    }
    return *this;
  }
  Transfer& enhanced(std::uint32_t place, std::uint32_t number, std::uint16_t received_crc,
                     std::optional<std::uint16_t> before = std::nullopt) {
    const auto bytes = payload(number);
    lines.push_back(text(tracker.enhanced_data(0, {place, bytes, received_crc}, before)));
    return *this;
  }
  Transfer& lost(std::uint64_t bytes, bool damaged_packet = false, bool length_known = false) {
    tracker.lost({bytes, damaged_packet, length_known});
    return *this;
  }
  Lines last(std::size_t count = 1) const {
    return {lines.end() - std::ptrdiff_t(count), lines.end()};
  }
};

} // namespace

TEST_CASE("tracker: START alone lets infer numbers, SYNC states them") {
  CHECK(Transfer().packets(1, 2).lines ==
        Lines{"good 1 inferred at 0, behind nothing, CRC from zero",
              "good 2 inferred at 100, behind packet, CRC from packet"});
  CHECK(Transfer().sync(1).packets(1, 2).lines ==
        Lines{"good 1 stated at 0, behind sync, CRC from zero",
              "good 2 stated at 100, behind packet, CRC from packet"});
  CHECK(Transfer().sync(0).packets(1, 1).lines ==
        Lines{"good 1 stated at 0, behind sync, CRC from zero"});
  CHECK(Transfer(std::nullopt).packets(1, 1).lines ==
        Lines{"good 1 unknown at 0, behind nothing, CRC from zero"});
  CHECK(Transfer(std::nullopt, false, 0x1234).data(1, chain(1, 1, 0x1234)).lines ==
        Lines{"good 1 unknown at 0, behind nothing, CRC from unknown"});
  CHECK(Transfer(10, false, 0x1234).data(1, chain(1, 1, 0x1234)).lines ==
        Lines{"bad 1 inferred at 0, behind nothing, CRC from zero"}); // START begins anew
}

TEST_CASE("tracker: behind SYNC a CRC begins anew, or goes on from what it may go on from") {
  const auto begun = Transfer().sync(1).packets(1, 3);
  const auto behind = [&](std::uint32_t number, std::uint16_t crc) {
    return Transfer(begun).sync(number).data(number, crc).last();
  };
  CHECK(behind(2, chain(2, 2)) ==
        Lines{"good 2 stated at 100, behind sync, CRC from zero, repeat"});
  CHECK(behind(2, chain(1, 2)) ==
        Lines{"good 2 stated at 100, behind sync, CRC from earlier, repeat"});
  CHECK(behind(7, chain(7, 7)) == Lines{"good 7 stated at 600, behind sync, CRC from zero"});
  CHECK(behind(7, chain(7, 7, chain(1, 3))) ==
        Lines{"good 7 stated at 600, behind sync, CRC from packet"}); // as if nothing were between
  CHECK(behind(7, wrong) == Lines{"bad 7 stated at 600, behind sync, CRC from zero"});
  CHECK(behind(4, chain(1, 4)) == Lines{"good 4 stated at 300, behind sync, CRC from earlier"});
}

TEST_CASE("tracker: behind a bad packet a CRC goes on from what it says or what it should say") {
  const auto bad = Transfer().sync(1).packets(1, 1).data(2, wrong);
  CHECK(bad.last() == Lines{"bad 2 stated at 100, behind packet, CRC from packet"});
  const std::string good = "good 3 stated at 200, behind packet, CRC from packet";
  CHECK(Transfer(bad).data(3, chain(3, 3, wrong)).last() == Lines{good});
  CHECK(Transfer(bad).data(3, chain(1, 3)).last() == Lines{good});
  CHECK(Transfer(bad).data(3, chain(3, 3)).last() ==
        Lines{"bad 3 stated at 200, behind packet, CRC from packet"});
  // The CRC of a bad packet is none that a later one may go on from.
  CHECK(Transfer(bad).data(3, chain(1, 3)).sync(3).data(3, chain(3, 3, wrong)).last() ==
        Lines{"bad 3 stated at 200, behind sync, CRC from zero, repeat"});
}

TEST_CASE("tracker: garbage costs no packet where the chain goes on") {
  const auto begun = Transfer().sync(1).packets(1, 2);
  CHECK(Transfer(begun).lost(5000).data(3, chain(1, 3)).last() ==
        Lines{"good 3 stated at 200, behind packet, CRC from packet"});
  CHECK(Transfer(begun).lost(5000, true).data(3, chain(1, 3)).last() != // a packet was in it
        Lines{"good 3 stated at 200, behind packet, CRC from packet"});
  // In less than 32 bytes there may have been a SYNC, but no packet.
  CHECK(Transfer(begun).lost(31).data(3, chain(3, 3)).last() ==
        Lines{"good 3 inferred at 200, behind packet, CRC from zero"});
  CHECK(Transfer(begun).lost(32).data(3, chain(3, 3)).last() ==
        Lines{"good 4 inferred at 300, behind packet, CRC from zero"});
  CHECK(Transfer(begun).lost(31, true).data(3, chain(3, 3)).last() ==
        Lines{"good 4 inferred at 300, behind packet, CRC from zero"});
  // Where the length of whole packets is known to be missing, a CRC fits by chance.
  CHECK(Transfer(begun).lost(2 * on_wire, false, true).data(3, chain(1, 3)).last() ==
        Lines{"unchecked 5 inferred at 400, behind packet, CRC from ?"});
  CHECK(Transfer(begun).lost(2 * on_wire + 8, false, true).data(3, chain(1, 3)).last() ==
        Lines{"good 3 stated at 200, behind packet, CRC from packet"});
}

TEST_CASE("tracker: a lost stretch is measured in packets, of which one was in it at least") {
  const auto begun = Transfer().sync(1).packets(1, 2);
  const auto number_behind = [&](std::uint64_t bytes, bool length_known) {
    auto transfer = begun;
    transfer.lost(bytes, true, length_known);
    return transfer.tracker.data(0, payload(9), wrong, std::nullopt).number - 3;
  };
  CHECK(number_behind(40, true) == 1);
  CHECK(number_behind(on_wire + on_wire / 2 - 1, true) == 1); // to the nearest
  CHECK(number_behind(on_wire + on_wire / 2, true) == 2);
  CHECK(number_behind(on_wire, false) == 1); // what was begun was a packet
  CHECK(number_behind(on_wire + 1, false) == 2);
  CHECK(number_behind(3 * on_wire, false) == 3);
}

TEST_CASE("tracker: behind a loss a CRC goes on from what is left of the packet before, or anew") {
  const auto begun = Transfer().sync(1).packets(1, 2).lost(on_wire, true);
  CHECK(Transfer(begun).data(4, chain(1, 4), chain(1, 3)).last() ==
        Lines{"good 4 inferred at 300, behind packet, CRC from bytes"});
  CHECK(Transfer(begun).data(4, chain(4, 4), wrong).last() ==
        Lines{"good 4 inferred at 300, behind packet, CRC from zero"});
  CHECK(Transfer(begun).data(4, chain(1, 4)).last() ==
        Lines{"unchecked 4 inferred at 300, behind packet, CRC from ?"});
  CHECK(Transfer(begun).data(4, chain(1, 4)).data(5, chain(1, 5)).last() ==
        Lines{"good 5 inferred at 400, behind packet, CRC from packet"});
  CHECK(Transfer(begun).sync(4).data(4, chain(4, 4)).last() == // no loss any more
        Lines{"good 4 stated at 300, behind sync, CRC from zero"});
}

TEST_CASE("tracker: what came is counted, and how it ended") {
  auto transfer = Transfer().sync(1).packets(1, 3).data(4, wrong).sync(3).packets(3, 1);
  transfer.lost(on_wire, true).data(9, wrong);
  auto ended = transfer.tracker.ended(77, true);
  CHECK(ended.offset == 77);
  CHECK(ended.kind == FileKind::front_video);
  CHECK(ended.packets == 10);
  CHECK(ended.highest == 5);
  CHECK(ended.packet_size == size);
  CHECK(ended.good == 4);
  CHECK(ended.bad == 1);
  CHECK(ended.unchecked == 1);
  CHECK(ended.repeats == 1);
  CHECK(ended.regular);
  CHECK_FALSE(transfer.tracker.ended(77, false).regular);
  CHECK(transfer.lost(5, false, false).tracker.ended(77, true).regular);
  CHECK_FALSE(transfer.lost(5, false, true).tracker.ended(77, true).regular); // packets may lack
}

TEST_CASE("tracker: a packet that is not all there takes its number, and the next one's stays") {
  auto transfer = Transfer().sync(1).packets(1, 1);
  const auto part = payload(2);
  const auto cut = transfer.tracker.cut(0, Bytes(part).first(50), std::nullopt);
  CHECK(text(cut) == "cut 2 stated at 100, behind packet, CRC from packet");
  CHECK(cut.computed_crc == crc16(Bytes(part).first(50), chain(1, 1)));
  CHECK_FALSE(cut.received_crc);
  CHECK(transfer.lost(on_wire, true).packets(3, 1).last() ==
        Lines{"good 3 inferred at 200, behind packet, CRC from zero"});
  CHECK(transfer.tracker.ended(0, true).bad == 1);
}

TEST_CASE("tracker: by path SYNC and START count bytes, unless SYNC begins with 1") {
  Transfer transfer(950, true);
  CHECK_FALSE(transfer.tracker.highest_sync());
  CHECK(transfer.tracker.began(5).bytes == 950);
  CHECK(transfer.tracker.began(5).packets == 1);
  CHECK(Transfer(1024, true).tracker.began(5).packets == 1);
  CHECK(Transfer(1025, true).tracker.began(5).packets == 2);
  CHECK_FALSE(Transfer(std::nullopt, true).tracker.began(5).packets);
  CHECK(transfer.sync(0).packets(1, 2).sync(250).packets(7, 1).sync(1).packets(8, 1).lines ==
        Lines{"good 1 stated at 0, behind sync, CRC from zero",
              "good 2 stated at 100, behind packet, CRC from packet",
              "good 3 stated at 250, behind sync, CRC from zero",
              "good 1 stated at 1, behind sync, CRC from zero, repeat"});
  CHECK(transfer.tracker.in_bytes());
  Transfer counted(3, true);
  CHECK(counted.sync(1).packets(1, 2).last() ==
        Lines{"good 2 stated at 100, behind packet, CRC from packet"});
  CHECK_FALSE(counted.tracker.in_bytes());
  CHECK(counted.tracker.highest_sync() == 3);
}

TEST_CASE("tracker: ENHANCED DATA tells its place, and its CRC goes on or begins anew") {
  Transfer transfer(1000, true);
  transfer.sync(0).enhanced(0, 1, chain(1, 1)).enhanced(100, 2, chain(1, 2));
  CHECK(transfer.lines == Lines{"good 1 stated at 0, behind header, CRC from zero",
                                "good 2 stated at 100, behind header, CRC from packet"});
  const auto next = [&](std::uint32_t place, std::uint16_t crc) {
    return Transfer(transfer).enhanced(place, 3, crc).last();
  };
  CHECK(next(200, chain(3, 3)) == Lines{"good 3 stated at 200, behind header, CRC from zero"});
  CHECK(next(200, wrong) == Lines{"bad 3 stated at 200, behind header, CRC from packet"});
  CHECK(Transfer(transfer).enhanced(200, 3, chain(1, 3), wrong).last() == // nothing was lost
        Lines{"good 3 stated at 200, behind header, CRC from packet"});
  // A header that says another place than the chain is the damaged one.
  CHECK(next(300, chain(1, 3)) == Lines{"bad 3 inferred at 200, behind packet, CRC from packet"});
  // One that does not go on is believed: others are missing before it, or it came before.
  CHECK(next(300, wrong) == Lines{"unchecked 4 stated at 300, behind header, CRC from ?"});
  CHECK(next(100, wrong) == Lines{"bad 2 stated at 100, behind header, CRC from packet, repeat"});
  CHECK(next(900, wrong) == Lines{"unchecked 10 stated at 900, behind header, CRC from ?"});
  CHECK(next(901, wrong) == // beyond the end of the file
        Lines{"bad 3 inferred at 200, behind packet, CRC from packet"});
  CHECK(Transfer(transfer).sync(500).enhanced(500, 3, chain(3, 3)).last() ==
        Lines{"good 6 stated at 500, behind header, CRC from zero"});
  // Some devices go on from the packet before, as the last time, also behind a bad one.
  CHECK(Transfer(transfer).enhanced(200, 3, wrong).sync(100).enhanced(100, 2, chain(1, 2)).last() ==
        Lines{"good 2 stated at 100, behind header, CRC from earlier, repeat"});
}

TEST_CASE("tracker: behind a loss ENHANCED DATA is where it says") {
  const auto begun =
      Transfer(1000, true).sync(0).enhanced(0, 1, chain(1, 1)).lost(2 * on_wire, true);
  CHECK(Transfer(begun).enhanced(300, 4, chain(1, 4), chain(1, 3)).last() ==
        Lines{"good 4 stated at 300, behind header, CRC from bytes"});
  CHECK(Transfer(begun).enhanced(300, 4, wrong).last() ==
        Lines{"unchecked 4 stated at 300, behind header, CRC from ?"});
  CHECK(Transfer(begun).enhanced(300, 4, wrong).enhanced(400, 5, chain(5, 5, wrong)).last() ==
        Lines{"good 5 stated at 400, behind header, CRC from packet"});
}

} // namespace dualcam::transfer_tracker_test
