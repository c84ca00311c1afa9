// What tells the numbers of packets whose SYNC, or some of whose predecessors, are lost: one rule
// at a time.
#include "capture/settle_numbers.hpp"

#include "dualcam/wire/command.hpp"
#include "dualcam/wire/crc16.hpp"
#include "testing.hpp"

namespace dualcam::settle_numbers_test {
namespace {

constexpr std::uint32_t last = 10; ///< packet of the file, which is shorter than the others

/// Packets of one file as a device sends them. What is lost is not told: the next one then seems to
/// follow what came before it.
class Sent {
public:
  explicit Sent(std::optional<std::uint32_t> start = last) {
    transfer.start = start;
    transfer.packet_size = 100;
  }
  /// `told`: which it says where it is damaged.
  Sent& sync(std::uint32_t number, std::optional<std::uint32_t> told = std::nullopt) {
    told_ = told.value_or(number);
    origin_ = DumpOrigin::sync;
    return sync_lost(number);
  }
  Sent& sync_lost(std::uint32_t number) {
    synced_ = number;
    return *this;
  }
  Sent& packets(std::uint32_t from, std::uint32_t to, DumpVerdict verdict = DumpVerdict::good) {
    for (auto number = from; number <= to; ++number) {
      send(number, verdict);
    }
    return *this;
  }
  Sent& bad(std::uint32_t number) { return packets(number, number, DumpVerdict::bad); }
  /// So damaged that its CRC fits behind another one, too.
  Sent& bad_as_behind(std::uint32_t other, std::uint32_t number) {
    other_ = other;
    return bad(number);
  }
  Sent& regular_end() {
    transfer.regular_end = true;
    return *this;
  }

  CapturedTransfer transfer;

private:
  static ByteBuffer payload(std::uint32_t number) {
    return random_bytes(number == last ? 30 : 100, number);
  }
  std::uint16_t chain_to(std::uint32_t number) const {
    std::uint16_t crc = 0;
    for (auto each = synced_; each <= number; ++each) {
      crc = crc16(payload(each), crc);
    }
    return crc;
  }
  void send(std::uint32_t number, DumpVerdict verdict) {
    auto bytes = payload(number);
    if (verdict == DumpVerdict::bad) {
      bytes[20] ^= std::byte{1};
    }
    for (std::uint16_t tail = 1;
         other_ && tail != 0 && crc16(bytes, chain_to(*other_)) != chain_to(number); ++tail) {
      store_be(std::span(bytes).last(2), tail);
    }
    other_.reset();
    CapturedPacket packet{};
    packet.origin = std::exchange(origin_, DumpOrigin::packet_before);
    const auto* before =
        packet.origin == DumpOrigin::packet_before ? &transfer.packets.back() : nullptr;
    packet.offset = offset_;
    packet.number = told_++;
    packet.content = number + (verdict == DumpVerdict::bad ? 1000 : 0);
    packet.size = static_cast<std::uint16_t>(bytes.size());
    packet.crc = crc16(bytes);
    packet.received_crc = chain_to(number);
    packet.computed_crc =
        crc16(bytes, before != nullptr ? *before->received_crc : std::uint16_t{0});
    packet.numbering = packet.origin == DumpOrigin::nothing ? DumpNumbering::unknown
                       : before != nullptr                  ? before->numbering
                                                            : DumpNumbering::stated;
    packet.verdict =
        packet.received_crc == packet.computed_crc ? DumpVerdict::good : DumpVerdict::bad;
    if (packet.origin == DumpOrigin::nothing) { // nobody knows what it goes on from
      packet.computed_crc = packet.received_crc;
      packet.verdict = DumpVerdict::good;
    }
    offset_ += data_header + bytes.size() + data_trailer;
    transfer.packets.push_back(packet);
  }

  std::uint64_t offset_ = 0;
  std::uint32_t told_ = 1;
  std::uint32_t synced_ = 1;
  std::optional<std::uint32_t> other_;
  DumpOrigin origin_ = DumpOrigin::nothing;
};

/// Each number, `!` bad, `*` unchecked, `?` inferred, `??` unknown; and why they were changed.
std::string settled(Sent sent) {
  settle_numbers(sent.transfer);
  std::string all;
  for (const auto& packet : sent.transfer.packets) {
    all += std::to_string(packet.number);
    all += packet.verdict == DumpVerdict::bad         ? "!"
           : packet.verdict == DumpVerdict::unchecked ? "*"
                                                      : "";
    all += packet.numbering == DumpNumbering::stated     ? ""
           : packet.numbering == DumpNumbering::inferred ? "?"
                                                         : "??";
    all += ' ';
  }
  for (const auto& why : sent.transfer.corrections) {
    all += "(" + why + ")";
  }
  return all;
}

} // namespace

TEST_CASE("settle numbers: what a SYNC and whole packets state stays") {
  CHECK(settled(Sent().sync(1).packets(1, 10)) == "1 2 3 4 5 6 7 8 9 10 ");
  CHECK(settled(Sent().sync(4).packets(4, 8)) == "4 5 6 7 8 ");
  CHECK(settled(Sent().sync(1).packets(1, 5).sync(4).packets(4, 6)) == "1 2 3 4 5 4 5 6 ");
  CHECK(settled(Sent().sync(1).packets(1, 3).bad(4).packets(5, 10)) == "1 2 3 4! 5 6 7 8 9 10 ");
  CHECK(settled(Sent().sync(1).packets(1, 3).bad(4).packets(5, 6)) == "1 2 3 4!? 5? 6? ");
}

TEST_CASE("settle numbers: a short packet is the last one") {
  const std::string why = "(a short packet is the last one)";
  CHECK(settled(Sent().packets(4, 10)) == "4? 5? 6? 7? 8? 9? 10? " + why);
  CHECK(settled(Sent().sync(1).packets(1, 3).packets(6, 10)) ==
        "1 2 3 6*? 7? 8? 9? 10? " + why + "(it lies between packets whose numbers are known)");
  CHECK(settled(Sent().sync(1).packets(1, 3).bad(5).packets(6, 10)) ==
        "1 2 3 5*? 6? 7? 8? 9? 10? " + why + "(it lies between packets whose numbers are known)");
  CHECK(settled(Sent().packets(4, 9)) == "1?? 2?? 3?? 4?? 5?? 6?? ");
  CHECK(settled(Sent(std::nullopt).packets(4, 10)) == "1?? 2?? 3?? 4?? 5?? 6?? 7?? ");
  CHECK(settled(Sent(std::nullopt).sync(1).packets(1, 3).packets(5, 10)) ==
        "1 2 3 4!? 5? 6? 7? 8? 9? ");
}

TEST_CASE("settle numbers: a device that goes on regularly has sent the last packet") {
  const std::string why =
      "(what follows it ends the file)(it lies between packets whose numbers are known)";
  CHECK(settled(Sent(9).sync(1).packets(1, 3).packets(6, 9)) == "1 2 3 4!? 5? 6? 7? ");
  CHECK(settled(Sent(9).sync(1).packets(1, 3).packets(6, 9).regular_end()) ==
        "1 2 3 6*? 7? 8? 9? " + why);
  CHECK(settled(Sent(9).sync(1).packets(1, 3).packets(6, 8).bad(9).regular_end()) ==
        "1 2 3 6*? 7? 8? 9!? " + why);
  CHECK(settled(Sent(std::nullopt).sync(1).packets(1, 3).packets(6, 9).regular_end()) ==
        "1 2 3 4!? 5? 6? 7? ");
}

TEST_CASE("settle numbers: packets that came again lie where a SYNC states") {
  const std::string why = "(packets came again with stated numbers)";
  CHECK(settled(Sent().packets(4, 9).sync(5).packets(5, 10)) ==
        "4? 5? 6? 7? 8? 9? 5 6 7 8 9 10 " + why);
  CHECK(settled(Sent().sync(1).packets(1, 3).packets(6, 9).sync(3).packets(3, 10)) ==
        "1 2 3 6? 7? 8? 9? 3 4 5 6 7 8 9 10 " + why);
  CHECK(settled(Sent().sync(1).packets(1, 3).packets(6, 8).sync(7).packets(7, 10)) ==
        "1 2 3 6*? 7? 8? 7 8 9 10 " + why + "(it lies between packets whose numbers are known)");
  CHECK(settled(Sent().sync(1).packets(1, 6).sync_lost(5).packets(5, 10)) ==
        "1 2 3 4 5 6 5? 6? 7? 8? 9? 10? (a short packet is the last one)" + why);
}

TEST_CASE("settle numbers: packets in another order go on from each other's CRCs") {
  const std::string why = "(its CRC goes on from another packet's)";
  CHECK(settled(Sent().sync(1).packets(1, 3).packets(6, 7).packets(4, 5).packets(8, 10)) ==
        "1 2 3 6? 7? 4? 5? 8? 9 10 " + why);
  CHECK(settled(Sent().sync(1).packets(2, 3).packets(1, 1).packets(4, 10)) ==
        "2? 3? 1? 4? 5? 6? 7? 8? 9? 10? " + why);
  CHECK(settled(Sent(20).sync(1).packets(1, 3).packets(5, 5).packets(4, 4).packets(6, 9)) ==
        "1 2 3 5? 4? 6? 7? 8? 9? " + why);
}

TEST_CASE(
    "settle numbers: a damaged packet's CRC fits by chance where the next goes on elsewhere") {
  const auto sent =
      Sent().sync(1).packets(1, 2).bad(3).packets(4, 5).bad_as_behind(2, 6).packets(7, 10);
  CHECK(settled(sent) == "1 2 3!? 4? 5? 6!? 7? 8? 9? 10? ");
}

TEST_CASE("settle numbers: nothing lies beyond what START says, where there is another way") {
  CHECK(settled(Sent(3).sync(1).packets(1, 5)) == "1? 2? 3? 4? 5? ");
  const std::string why = "(there are no more packets than START says)";
  CHECK(settled(Sent(5).sync(1, 3).packets(1, 5)) == "1? 2? 3? 4? 5? " + why);
  CHECK(settled(Sent(5).sync(1, 3).packets(1, 3)) == "3 4 5 ");
  CHECK(settled(Sent(5).sync(1, 3).packets(1, 4)) == "2? 3? 4? 5? " + why); // as far as is known
  CHECK(settled(Sent(5).sync(1, 900).packets(1, 6)) == "900? 901? 902? 903? 904? 905? ");
}

} // namespace dualcam::settle_numbers_test
