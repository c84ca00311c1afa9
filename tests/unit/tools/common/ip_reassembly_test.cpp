#include "common/ip_reassembly.hpp"

#include "testing.hpp"

namespace dualcam::ip_reassembly_test {
namespace {

const auto source = Endpoint::v4(0x0A000001, 0);
const auto destination = Endpoint::v4(0x0A000002, 0);

struct Piece {
  std::size_t offset;
  std::size_t size;
  bool last = false;
  std::uint32_t identification = 1;
  std::uint32_t seed = 1;
  std::uint64_t second = 0;
};

/// Pieces of random contents; what comes out of them, a line for each packet.
std::vector<ByteBuffer> whole(const std::vector<Piece>& pieces, IpReassembly& reassembly) {
  std::vector<ByteBuffer> all;
  for (const auto& piece : pieces) {
    const auto content = random_bytes(65536, piece.seed);
    const auto bytes = Bytes(content).subspan(piece.offset, piece.size);
    const ByteBuffer copy(bytes.begin(), bytes.end());
    IpPayload payload{source, destination, 6, copy, copy.size(), {}};
    payload.fragment = {piece.identification, piece.offset, piece.last};
    if (const auto packet = reassembly.add(payload, piece.second * 1'000'000'000)) {
      CHECK_FALSE(packet->fragment);
      CHECK(packet->bytes.size() == packet->length);
      all.emplace_back(packet->bytes.begin(), packet->bytes.end());
    }
  }
  return all;
}

ByteBuffer content(std::size_t size, std::uint32_t seed = 1) {
  auto bytes = random_bytes(65536, seed);
  bytes.resize(size);
  return bytes;
}

using Packets = std::vector<ByteBuffer>;

} // namespace

TEST_CASE("IP fragments: in any order, again, and over each other") {
  const std::vector<std::vector<Piece>> orders{
      {{0, 800}, {800, 800}, {1600, 100, true}},
      {{1600, 100, true}, {800, 800}, {0, 800}},
      {{800, 800}, {0, 800}, {800, 800}, {1600, 100, true}},
      {{0, 1000}, {800, 800}, {1600, 100, true}},
      {{0, 8}, {16, 8}, {8, 1592}, {1592, 108, true}},
  };
  for (const auto& order : orders) {
    IpReassembly reassembly;
    CHECK(whole(order, reassembly) == Packets{content(1700)});
    CHECK(reassembly.incomplete() == 0);
  }
}

TEST_CASE("IP fragments: those that come again behind the last one are of no other packet") {
  IpReassembly reassembly;
  CHECK(whole({{0, 800}, {0, 800}, {800, 100, true}, {800, 100, true}, {0, 800}}, reassembly) ==
        Packets{content(900)});
  CHECK(reassembly.incomplete() == 0);
  CHECK(whole({{0, 800, false, 1, 2}, {800, 100, true, 1, 2}}, reassembly) == // the number again
        Packets{content(900, 2)});
  CHECK(reassembly.incomplete() == 0);
}

TEST_CASE("IP fragments: a packet that becomes whole last of many is handed out") {
  IpReassembly reassembly;
  std::vector<Piece> pieces{{0, 65000, false, 0, 1}};
  for (std::uint32_t i = 1; i <= IpReassembly::most_bytes / 65'800; ++i) {
    pieces.push_back({0, 65000, false, i, 1});
  }
  pieces.push_back({65000, 500, true, 0, 1});
  CHECK(whole(pieces, reassembly) == Packets{content(65500)});
}

TEST_CASE("IP fragments: those of several packets are told apart") {
  IpReassembly reassembly;
  CHECK(whole({{0, 800, false, 1, 1},
               {0, 800, false, 2, 2},
               {800, 80, true, 2, 2},
               {800, 100, true, 1, 1}},
              reassembly) == Packets{content(880, 2), content(900, 1)});
}

TEST_CASE("IP fragments: a number that comes again begins another packet") {
  IpReassembly reassembly;
  CHECK(whole({{0, 800, false, 7, 1}, // its rest is lost
               {0, 800, false, 7, 2},
               {800, 100, true, 7, 2}},
              reassembly) == Packets{content(900, 2)});
  CHECK(reassembly.incomplete() == 1);
  CHECK(whole({{1600, 100, true, 8, 1}, // longer than the next one says to be
               {800, 100, true, 8, 2},
               {0, 800, false, 8, 2}},
              reassembly) == Packets{content(900, 2)});
  CHECK(reassembly.incomplete() == 2);
}

TEST_CASE("IP fragments: what has lacked a piece for a minute is forgotten") {
  IpReassembly reassembly;
  CHECK(whole({{0, 800, false, 7, 1, 100}, // its rest is lost
               {800, 100, true, 7, 2, 161},
               {0, 800, false, 7, 2, 161}},
              reassembly) == Packets{content(900, 2)});
  CHECK(reassembly.incomplete() == 1);
  CHECK(whole({{0, 800, false, 8, 1, 200}, {800, 100, true, 8, 1, 260}}, reassembly) ==
        Packets{content(900)});
  CHECK(reassembly.incomplete() == 1);
}

TEST_CASE("IP fragments: what lacks a piece, or was cut off, comes to nothing and is counted") {
  IpReassembly reassembly;
  CHECK(whole({{0, 800}, {1600, 100, true}}, reassembly).empty());
  CHECK(reassembly.incomplete() == 1);
  const auto bytes = content(100);
  IpPayload cut{source, destination, 6, bytes, 800, {}};
  cut.fragment = {9, 0, false};
  CHECK_FALSE(reassembly.add(cut));
  cut.length = 100;
  cut.fragment->offset = 65500; // beyond all packets
  CHECK_FALSE(reassembly.add(cut));
  cut.bytes = {};
  cut.length = 0;
  CHECK_FALSE(reassembly.add(cut));
  CHECK(reassembly.incomplete() == 4);
}

TEST_CASE("IP fragments: so many packets wait at once, with one more the first is given up") {
  for (const std::size_t waiting : {IpReassembly::most_packets, IpReassembly::most_packets + 1}) {
    IpReassembly reassembly;
    std::vector<Piece> pieces;
    for (std::uint32_t i = 0; i < waiting; ++i) {
      pieces.push_back({0, 8, false, i, 1});
    }
    CHECK(whole(pieces, reassembly).empty());
    const bool is_there = waiting == IpReassembly::most_packets;
    CHECK(whole({{8, 8, true, 0, 1}}, reassembly).size() == (is_there ? 1 : 0));
  }
}

TEST_CASE("IP fragments: whole packets take no more room than others") {
  IpReassembly reassembly;
  for (std::uint32_t i = 0; i < IpReassembly::most_packets + 100; ++i) {
    CHECK(whole({{0, 1000, false, i, 1}, {1000, 8, true, i, 1}}, reassembly).size() == 1);
  }
  CHECK(reassembly.memory() <= IpReassembly::most_packets * 1300);
  CHECK(reassembly.incomplete() == 0);
}

TEST_CASE("IP fragments: bounded in number, in bytes, and in pieces") {
  IpReassembly many;
  IpReassembly large;
  IpReassembly scattered;
  const ByteBuffer bytes(8);
  const auto add = [&](IpReassembly& to, std::uint32_t identification, std::size_t offset) {
    IpPayload payload{source, destination, 6, bytes, bytes.size(), {}};
    payload.fragment = {identification, offset, false};
    CHECK_FALSE(to.add(payload));
  };
  for (std::uint32_t i = 0; i < 5000; ++i) {
    add(many, i, 0);
    add(large, i, 65520);
    add(scattered, 1, (i % 4000) * 16);
  }
  CHECK(many.memory() <= IpReassembly::most_packets * 512);
  CHECK(large.memory() <= IpReassembly::most_bytes);
  CHECK(scattered.memory() <= IpReassembly::most_bytes);
  CHECK(many.incomplete() == 5000);
  CHECK(large.incomplete() == 5000);
}

} // namespace dualcam::ip_reassembly_test
