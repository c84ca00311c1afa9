#include "dualcam/files/geometry.hpp"

#include "testing.hpp"

namespace dualcam::geometry_test {
namespace {

Geometry in_packets(std::uint32_t announced) { return {FileKind::front_video, announced}; }

Geometry in_bytes(std::uint32_t announced) {
  return {*FileRef::of_path("mdas9/video/251021/094657.mp4"), announced};
}

/// Packets of these sizes come, from the start; how many START admits.
std::size_t come(Geometry& geometry, std::initializer_list<std::size_t> sizes) {
  std::size_t count = 0;
  for (const auto size : sizes) {
    if (!geometry.admit(geometry.last().place, size)) {
      break;
    }
    geometry.came(size, static_cast<std::uint16_t>(++count));
  }
  return count;
}

} // namespace

TEST_CASE("geometry: packets are counted from 1, bytes from 0") {
  const auto packets = in_packets(10);
  CHECK(packets.place_of(1) == 0);
  CHECK(packets.place_of(0) == 0); // SYNC 0
  CHECK(packets.place_of(10) == 9);
  CHECK(packets.number_of(0) == 1);
  CHECK(packets.number_of(9) == 10);
  const auto bytes = in_bytes(10);
  CHECK(bytes.place_of(0) == 0);
  CHECK(bytes.place_of(1) == 1);
  CHECK(bytes.number_of(9) == 9);
  CHECK(in_bytes(0xFFFF'FFFF).number_of(0xFFFF'FFFE) == 0xFFFF'FFFE);
}

TEST_CASE("geometry: by path a START below 65536 may count packets, from there on it is bytes") {
  for (const std::uint32_t announced : {65'535U, 65'536U}) {
    auto geometry = in_bytes(announced);
    for (std::uint32_t i = 0; i < 64; ++i) {
      const std::size_t size = i < 63 ? 1024 : announced - 63 * 1024;
      REQUIRE(geometry.admit(geometry.last().place, size));
      geometry.came(size, 0);
    }
    CHECK(geometry.admit(geometry.last().place, 1024) == (announced == 65'535));
  }
}

TEST_CASE("geometry: a number of the file is one that may be asked for") {
  CHECK(in_packets(3).has(0));
  CHECK(in_packets(3).has(3));
  CHECK_FALSE(in_packets(3).has(4));
  CHECK(in_bytes(65'536).has(0));
  CHECK(in_bytes(65'536).has(65'535));
  CHECK_FALSE(in_bytes(65'536).has(65'536));
  CHECK(in_bytes(65'535).has(70'000)); // START may have counted packets
}

TEST_CASE("geometry: the next place is one packet or its bytes further") {
  CHECK(in_packets(10).behind(3, 1024) == 4);
  CHECK(in_packets(10).behind(3, 0) == 4);
  CHECK(in_bytes(10'000).behind(3, 1024) == 1027);
  CHECK(in_bytes(10'000).behind(3, 0) == 3);
}

TEST_CASE("geometry: a boundary cuts bytes, but no packet") {
  const auto packets = in_packets(10);
  CHECK(packets.before(3, 2, 500) == 500);
  CHECK(packets.before(3, 3, 500) == 0);
  CHECK(packets.before(3, 9, 500) == 0);
  const auto bytes = in_bytes(10'000);
  CHECK(bytes.before(700, 100, 500) == 500);
  CHECK(bytes.before(700, 512, 500) == 188);
  CHECK(bytes.before(700, 700, 500) == 0);
  CHECK(bytes.before(700, 9000, 500) == 0);
}

TEST_CASE("geometry: the last packet is the one that START counts to") {
  auto packets = in_packets(3);
  CHECK(come(packets, {4, 7, 2, 1}) == 3); // of any size
  CHECK(packets.ends_at(packets.last().place));
  CHECK(packets.last().offset == 13);
  auto bytes = in_bytes(13);
  CHECK(come(bytes, {4, 7, 2, 1}) == 3);
  CHECK(bytes.ends_at(bytes.last().place));
  CHECK(bytes.last().offset == 13);
  CHECK_FALSE(bytes.may_go_on());
  CHECK_FALSE(bytes.is_unexpected());
}

TEST_CASE("geometry: more than START says is none of the file") {
  auto packets = in_packets(2);
  CHECK(come(packets, {4, 4, 4}) == 2);
  auto bytes = in_bytes(100'000); // too many for packets
  for (int i = 0; i < 97; ++i) {
    REQUIRE(come(bytes, {1024}) == 1);
  }
  CHECK(come(bytes, {1024}) == 0);
  CHECK(come(bytes, {673}) == 0);
  CHECK(come(bytes, {672}) == 1);
  CHECK(bytes.ends_at(bytes.last().place));
  auto odd = in_bytes(10);
  CHECK(come(odd, {8, 3}) == 1); // not a full packet
  CHECK(come(odd, {2}) == 1);
  CHECK(odd.ends_at(odd.last().place));
  auto empty = in_bytes(3);
  CHECK_FALSE(empty.admit(5, 0));
  CHECK_FALSE(empty.is_unexpected()); // by that
}

TEST_CASE("geometry: a START that counts packets shows by what comes") {
  SECTION("the first packet is more") {
    auto file = in_bytes(3);
    CHECK(come(file, {1024, 1024}) == 2);
    CHECK(file.is_unexpected());
    CHECK_FALSE(file.ends_at(file.last().place));
    CHECK(file.number_of(file.last().place) == 2048); // RESUME goes on counting bytes
    CHECK(come(file, {10}) == 1);
    CHECK(file.ends_at(file.last().place));
    CHECK_FALSE(file.may_go_on());
  }
  SECTION("a multiple of the packet size") {
    auto file = in_bytes(8192);
    for (int i = 0; i < 8; ++i) {
      REQUIRE(come(file, {1024}) == 1);
      CHECK(file.may_go_on() == (i == 7));
    }
    CHECK(file.ends_at(file.last().place));
    for (int i = 8; i < 8192; ++i) {
      REQUIRE(come(file, {1024}) == 1);
      REQUIRE(file.ends_at(file.last().place) == (i == 8191));
    }
    CHECK(come(file, {1024}) == 0);
    CHECK(come(file, {1}) == 0);
  }
  SECTION("one short packet") {
    auto file = in_bytes(1);
    CHECK(come(file, {700}) == 1);
    CHECK(file.ends_at(file.last().place));
  }
  SECTION("so much was there already") {
    auto file = in_bytes(3);
    file.begin_at({1024, 1024, 7});
    CHECK_FALSE(file.ends_at(1024));
    CHECK(come(file, {1024}) == 1);
    CHECK_FALSE(file.ends_at(file.last().place));
    CHECK(come(file, {10}) == 1);
    CHECK(file.ends_at(file.last().place));
  }
}

TEST_CASE("geometry: a file that ends on a full packet may go on, unless START is too large") {
  auto small = in_bytes(8);
  CHECK(come(small, {4, 4}) == 2);
  CHECK(small.may_go_on());
  auto short_end = in_bytes(9);
  CHECK(come(short_end, {4, 4, 1}) == 3);
  CHECK_FALSE(short_end.may_go_on());
  auto large = in_bytes(65'536);
  for (int i = 0; i < 64; ++i) {
    REQUIRE(come(large, {1024}) == 1);
  }
  CHECK(large.ends_at(large.last().place));
  CHECK_FALSE(large.may_go_on());
  auto packets = in_packets(2);
  CHECK(come(packets, {4, 4}) == 2);
  CHECK_FALSE(packets.may_go_on());
}

TEST_CASE("geometry: a file by path whose SYNC begins with 1 is counted in packets") {
  auto file = in_bytes(3);
  CHECK(file.highest_sync(0) == 1);
  CHECK(file.highest_sync(5) == 5);
  CHECK(file.synchronise(1) == 0);
  CHECK(come(file, {4, 4, 1}) == 3);
  CHECK(file.ends_at(file.last().place));
  CHECK(file.is_unexpected());
  auto later = in_bytes(9);
  CHECK(come(later, {4}) == 1);
  CHECK(later.synchronise(1) == 1); // a byte
  auto kind = in_packets(3);
  CHECK(kind.highest_sync(0) == 1);
  CHECK(kind.highest_sync(2) == 3);
  CHECK(kind.synchronise(1) == 0);
  CHECK_FALSE(kind.is_unexpected());
}

TEST_CASE("geometry: places are known of the last 64 packets, and of where the device began") {
  for (auto file : {in_packets(1000), in_bytes(100'000)}) {
    file.begin_at({file.place_of(5), 777, 9});
    std::vector<Geometry::Mark> marks{file.last()};
    for (std::size_t i = 0; i < 100; ++i) {
      file.came(10 + i, static_cast<std::uint16_t>(i));
      marks.push_back(file.last());
      CHECK(marks.back().offset == marks[i].offset + 10 + i);
      const auto before = file.before_last();
      REQUIRE(before);
      CHECK(before->place == marks[i].place);
    }
    for (std::size_t i = 0; i < marks.size(); ++i) {
      const auto mark = file.at(marks[i].place);
      REQUIRE(mark.has_value() == (i + 65 >= marks.size()));
      CHECK((!mark || (mark->offset == marks[i].offset && mark->crc == marks[i].crc)));
    }
    CHECK_FALSE(file.at(file.last().place + 1));
  }
  CHECK_FALSE(in_packets(1).before_last());
}

TEST_CASE("geometry: the least size is what START vouches for") {
  CHECK(in_packets(1).least_size() == 1);
  CHECK(in_packets(10).least_size() == 9 * 1024 + 1);
  CHECK(in_packets(0xFFFF'FFFF).least_size() == 0xFFFF'FFFEULL * 1024 + 1);
  CHECK(in_bytes(10).least_size() == 10);
}

TEST_CASE("geometry: the size to expect is for people") {
  CHECK(in_packets(10).expected_size() == 10'240);
  CHECK(in_bytes(10).expected_size() == 10);
  auto file = in_packets(10);
  file.came(512, 0);
  CHECK(file.expected_size() == 5'120);
  auto odd = in_bytes(10);
  CHECK(come(odd, {512}) == 1);
  CHECK(odd.expected_size() == 5'120);
  CHECK(in_packets(0xFFFF'FFFF).expected_size() == 0xFFFF'FFFFULL * 1024);
}

} // namespace dualcam::geometry_test
