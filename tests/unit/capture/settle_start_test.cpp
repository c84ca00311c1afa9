// What START counts, and how large packets are, as the packets themselves tell it.
#include "capture/settle_numbers.hpp"

#include "dualcam/files/geometry.hpp"
#include "dualcam/wire/crc16.hpp"
#include "testing.hpp"

namespace dualcam::settle_start_test {
namespace {

using enum DumpOrigin;

/// Packets of 100 bytes, each of which goes on from the one before it unless a place is stated.
class Came {
public:
  explicit Came(std::uint32_t start) {
    transfer.start = start;
    transfer.in_bytes = true;
    transfer.packet_size = 100;
  }
  Came& packet(std::uint64_t place, DumpOrigin origin = packet_before, std::uint16_t size = 100,
               std::uint32_t seed = 0) {
    const auto content = seed != 0 ? seed : static_cast<std::uint32_t>(place + 1);
    const auto payload = random_bytes(size, content);
    chain_ = crc16(payload, origin == sync ? std::uint16_t{0} : chain_);
    CapturedPacket packet{};
    packet.file_offset = place;
    packet.number = static_cast<std::uint32_t>(place / 100 + 1);
    packet.size = size;
    packet.content = content;
    packet.crc = crc16(payload);
    packet.received_crc = packet.computed_crc = chain_;
    packet.verdict = DumpVerdict::good;
    packet.origin = origin;
    transfer.packets.push_back(packet);
    return *this;
  }
  Came& lost() { // another one, before the next
    chain_ ^= 0x5555;
    return *this;
  }
  Came& bad() {
    transfer.packets.back().verdict = DumpVerdict::bad;
    return *this;
  }
  Came& ended() {
    transfer.regular_end = true;
    return *this;
  }

  CapturedTransfer transfer;

private:
  std::uint16_t chain_ = 0;
};

/// What START is found to count.
std::string counts(Came came) {
  settle_start(came.transfer);
  const auto& found = came.transfer;
  CHECK(found.announced_bytes.has_value() == (found.in_bytes && !found.start_in_packets));
  return std::to_string(*found.announced) + (found.start_in_packets ? " packets" : " bytes");
}

std::size_t size_of(Came came) {
  came.transfer.in_bytes = false;
  settle_packet_size(came.transfer);
  return came.transfer.packet_size;
}

} // namespace

TEST_CASE("settle start: of a file by path it counts bytes, unless packets go on beyond them") {
  CHECK(counts(Came(250).packet(0, sync).packet(100)) == "3 bytes");
  CHECK(counts(Came(200).packet(0, sync).packet(100)) == "2 bytes");
  CHECK(counts(Came(199).packet(0, sync).packet(100)) == "199 packets");
  CHECK(counts(Came(3).packet(0, sync)) == "3 packets");
  CHECK(counts(Came(300).packet(0, sync).packet(100).packet(200).packet(300)) == "300 packets");
  CHECK(counts(Came(300).packet(0, sync).packet(300, header).packet(400, header)) == "300 packets");
  CHECK(counts(Came(300).packet(0, sync).packet(700, header).packet(200, header)) == "3 bytes");
  CHECK(counts(Came(300)) == "3 bytes");
}

TEST_CASE("settle start: a packet beyond START counts where nothing is lost before it") {
  CHECK(counts(Came(300).packet(0, sync).lost().packet(300)) == "3 bytes");
  CHECK(counts(Came(300).packet(0, sync).lost().packet(300).packet(400)) == "3 bytes");
  CHECK(counts(Came(300).packet(0, sync).packet(300).bad()) == "3 bytes");
  CHECK(counts(Came(300).packet(0, sync).bad().packet(300)) == "3 bytes");
  CHECK(counts(Came(300).packet(0, nothing).packet(300)) == "3 bytes");
  CHECK(counts(Came(300).packet(0, sync).lost().packet(100).packet(300, sync)) == "300 packets");
}

TEST_CASE("settle start: what came again at another place is no more of the file") {
  const auto again = [](std::uint16_t size, std::uint32_t seed) {
    return Came(250).packet(0, sync, size, 7).packet(100).packet(200, packet_before, size, seed);
  };
  CHECK(counts(again(100, 7)) == "250 packets"); // more may have come
  CHECK(counts(again(100, 7).ended()) == "3 bytes");
  CHECK(counts(again(100, 8).ended()) == "250 packets");
  CHECK(counts(Came(250).packet(200, sync).packet(200, sync).ended()) == "250 packets");
  CHECK(counts(Came(220).packet(0, sync, 32, 7).packet(200, sync, 32, 7).ended()) == "3 bytes");
  CHECK(counts(Came(220).packet(0, sync, 31, 7).packet(200, sync, 31, 7).ended()) == "220 packets");
  CHECK(counts(Came(3).packet(0, sync, 100, 7).packet(100).packet(200, sync, 100, 7).ended()) ==
        "3 packets"); // not fewer than it says
}

TEST_CASE("settle start: 65,536 and more are bytes, whatever comes") {
  const auto announced = [](std::uint32_t start) {
    return counts(Came(start).packet(0, sync).packet(1'000'000, sync));
  };
  CHECK(announced(Geometry::only_in_bytes - 1) == "65535 packets");
  CHECK(announced(Geometry::only_in_bytes) == "656 bytes");
}

TEST_CASE("settle start: of a DualCam's kinds, and without START, nothing is in bytes") {
  auto came = Came(3).packet(0, sync);
  came.transfer.in_bytes = false;
  came.transfer.announced_bytes = 5; // as was found before
  came.transfer.start_in_packets = true;
  settle_start(came.transfer);
  CHECK(came.transfer.announced == 3);
  CHECK_FALSE(came.transfer.announced_bytes);
  CHECK_FALSE(came.transfer.start_in_packets);
  came.transfer.in_bytes = true;
  came.transfer.start.reset();
  settle_start(came.transfer);
  CHECK_FALSE(came.transfer.announced);
  CHECK_FALSE(came.transfer.announced_bytes);
}

TEST_CASE("settle packet size: it is that of most packets which others go on from") {
  constexpr auto two = packet_before;
  CHECK(size_of(Came(9)) == full_packet);
  CHECK(size_of(Came(9).packet(0, sync, 50).packet(100, two, 70)) == 50);
  CHECK(size_of(Came(9).packet(0, sync, 50).packet(100, two, 50).packet(200, two, 70)) == 50);
  CHECK(size_of(
            Came(9).packet(0, sync, 50).packet(1, two, 70).packet(2, two, 70).packet(3, two, 10)) ==
        70);
  CHECK(size_of(Came(9).packet(0, sync, 50).packet(100, two, 70).packet(200, two, 10)) ==
        70); // the larger of two that have as many
  CHECK(size_of(Came(9).packet(0, sync, 50).bad().packet(100, two, 70).packet(200, two, 10)) == 70);
  CHECK(size_of(Came(9).packet(0, sync, 0).packet(100, two, 70)) == full_packet);
}

TEST_CASE("settle packet size: where none goes on it is one that several packets have") {
  const auto alone = [](std::initializer_list<std::pair<std::uint16_t, std::uint32_t>> packets) {
    Came came(9);
    for (const auto& [size, seed] : packets) {
      came.packet(0, sync, size, seed);
    }
    return size_of(came);
  };
  CHECK(alone({{50, 1}, {50, 2}}) == 50);
  CHECK(alone({{50, 1}, {50, 1}}) == full_packet); // one came again
  CHECK(alone({{50, 1}}) == full_packet);
  CHECK(alone({{50, 1}, {50, 2}, {60, 3}, {60, 4}, {60, 5}}) == 60);
  CHECK(alone({{60, 3}, {60, 4}, {60, 5}, {50, 1}, {50, 2}}) == 60);
  CHECK(alone({{1500, 1}}) == 1500); // larger than any that is known
}

} // namespace dualcam::settle_start_test
