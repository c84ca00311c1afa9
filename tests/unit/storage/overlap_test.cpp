#include "storage/overlap.hpp"

#include "dualcam/wire/message.hpp"
#include "temporary_folder.hpp"

namespace dualcam::overlap_test {
namespace {

/// A part of packets, each of a size of its own, and where they begin.
struct Packets {
  void add(std::size_t size, bool is_padding = false) {
    places.push_back({held.packets + 1, held.bytes, held.crc, 0});
    const auto packet = is_padding ? ByteBuffer(size, std::byte{0xFF}) : random_bytes(size, 1);
    held.add(packet);
    REQUIRE(part.append(std::array{Bytes(packet)}));
  }
  void add_many(std::uint32_t count, std::size_t size, bool is_padding = false) {
    for (std::uint32_t i = 0; i < count; ++i) {
      add(size, is_padding);
    }
  }
  /// The number of the packet that comparing begins with; 0: none is known.
  std::uint32_t from() const {
    const auto place = find_from(part, held, places);
    REQUIRE(place);
    for (const auto& each : places) {
      if (each.packet == place->packet) {
        CHECK(*place == each);
      }
    }
    return place->packet;
  }

  TemporaryFolder folder;
  PartFile part = *PartFile::create(folder / "a");
  HeldData held{};
  std::deque<Place> places{};
};

} // namespace

TEST_CASE("overlap: the last full packet is compared again, with what is behind it") {
  Packets packets;
  CHECK(packets.from() == Place().packet);
  packets.add(1024);
  CHECK(packets.from() == 1);
  packets.add(1024);
  CHECK(packets.from() == 2);
  packets.add(500);
  CHECK(packets.from() == 2); // the last one is short
  packets.add(523);
  CHECK(packets.from() == 2); // both together are not a packet's size
  packets.add(1);
  CHECK(packets.from() == 3);
}

TEST_CASE("overlap: padding proves nothing, and neither do packets with few values") {
  Packets packets;
  packets.add(1024);
  packets.add_many(5, 1024, true);
  CHECK(packets.from() == 1);
  Packets all;
  all.add_many(5, 1024, true);
  CHECK(all.from() == 1); // there is nothing else
  Packets small;          // of a few bytes, which cannot have many values
  small.add_many(60, 1);
  CHECK(small.from() < 60);
}

TEST_CASE("overlap: it does not begin farther back than what a claim may tell of") {
  const auto padded = [](std::uint32_t packets) {
    Packets all;
    all.add(1024);
    all.add_many(packets - 1, 64, true);
    return all.from();
  };
  CHECK(padded(2 * longest_overlap) == 1);
  CHECK(padded(2 * longest_overlap + 1) == 2);
  CHECK(padded(2 * longest_overlap + 9) == 10);
}

TEST_CASE("overlap: where a gap is between the places only what is behind it counts") {
  Packets packets;
  packets.add_many(3 * longest_overlap, 64, true);
  const auto end = packets.held.packets;
  packets.places.erase(packets.places.begin() + 1, packets.places.end() - 2);
  CHECK(packets.from() == end - 1);
  packets.places.erase(packets.places.begin() + 1, packets.places.end());
  CHECK(packets.from() == 1); // nothing else is known
}

} // namespace dualcam::overlap_test
