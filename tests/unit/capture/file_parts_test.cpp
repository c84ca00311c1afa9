// What makes two connections' packets one file, one condition at a time.
#include "capture/file_parts.hpp"

#include "dualcam/wire/crc16.hpp"
#include "testing.hpp"

namespace dualcam::file_parts_test {
namespace {

using enum FileParts::Kinship;

constexpr std::uint64_t camera = 350612071913857;

/// A packet of 100 bytes that nothing is wrong with; its content is told by `seed`.
CapturedPacket packet(std::uint32_t number, std::uint32_t seed, std::uint16_t size = 100) {
  const auto payload = random_bytes(size, seed);
  CapturedPacket packet{};
  packet.number = number;
  packet.file_offset = (number - 1) * std::uint64_t{100};
  packet.content = seed;
  packet.size = size;
  packet.crc = crc16(payload);
  packet.received_crc = packet.crc;
  packet.computed_crc = packet.crc;
  packet.verdict = DumpVerdict::good;
  packet.numbering = DumpNumbering::stated;
  packet.origin = DumpOrigin::sync;
  return packet;
}

/// What one connection carried: packets of these numbers, each with its content.
CapturedTransfer part(std::initializer_list<std::pair<std::uint32_t, std::uint32_t>> packets,
                      std::optional<std::uint64_t> imei = camera) {
  CapturedTransfer part;
  part.imei = imei;
  part.packet_size = 100;
  for (const auto& [number, seed] : packets) {
    part.packets.push_back(packet(number, seed));
  }
  return part;
}

CapturedTransfer from(CapturedTransfer part, std::string device) {
  part.stream.device = std::move(device);
  return part;
}

template <class Change> CapturedTransfer with(CapturedTransfer part, const Change& change) {
  change(part);
  return part;
}

/// Both ways: it does not matter which of the two is asked.
FileParts::Kinship kinship(const CapturedTransfer& earlier, const CapturedTransfer& later) {
  const FileParts a(1, earlier);
  const FileParts b(2, later);
  CHECK(a.kinship(b) == b.kinship(a));
  return a.kinship(b);
}

constexpr auto nobody = std::nullopt;

} // namespace

TEST_CASE("file parts: one equal packet of one camera proves it, of an unknown one two do") {
  CHECK(kinship(part({{1, 11}}), part({{1, 11}})) == proved);
  CHECK(kinship(part({{1, 11}}, nobody), part({{1, 11}}, nobody)) == none);
  CHECK(kinship(part({{1, 11}, {2, 12}}, nobody), part({{1, 11}, {2, 12}}, nobody)) == proved);
  CHECK(kinship(part({{1, 11}}, nobody), part({{1, 11}})) == none); // it may be another's
  CHECK(kinship(from(part({{1, 11}}, nobody), "10.0.0.1:5000"),
                from(part({{1, 11}}, nobody), "10.0.0.1:6000")) == proved);
  CHECK(kinship(from(part({{1, 11}}, nobody), "10.0.0.1:5000"),
                from(part({{1, 11}}, nobody), "10.0.0.2:5000")) == none);
}

TEST_CASE("file parts: what contradicts it is stronger than what speaks for it") {
  const auto early = part({{1, 11}, {2, 12}, {3, 13}});
  CHECK(kinship(early, part({{1, 11}, {2, 12}, {3, 13}})) == proved);
  CHECK(kinship(early, part({{1, 11}, {2, 99}, {3, 13}})) == none);
  CHECK(kinship(early, part({{1, 11}, {2, 12}}, camera + 1)) == none);
  const auto unlike = [&](const auto& first, const auto& second) {
    return kinship(with(early, first), with(early, second));
  };
  const auto nothing = [](CapturedTransfer&) {};
  const auto start = [](std::uint32_t value) {
    return [value](CapturedTransfer& part) { part.start = value; };
  };
  CHECK(unlike(start(3), start(3)) == proved);
  CHECK(unlike(start(3), nothing) == proved);
  CHECK(unlike(nothing, start(3)) == proved);
  CHECK(unlike(start(3), start(4)) == none);
  const auto kind = [](FileKind value) {
    return [value](CapturedTransfer& part) { part.file = value; };
  };
  CHECK(unlike(kind(FileKind::front_video), kind(FileKind::front_video)) == proved);
  CHECK(unlike(kind(FileKind::front_video), nothing) == proved);
  CHECK(unlike(kind(FileKind::front_video), kind(FileKind::rear_video)) == none);
  const auto path = [](std::string value) {
    return [value](CapturedTransfer& part) { part.file = FileRef::of_path(value); };
  };
  CHECK(unlike(path("a"), path("a")) == proved);
  CHECK(unlike(path("a"), nothing) == proved);
  CHECK(unlike(nothing, path("a")) == proved);
  CHECK(unlike(path("a"), path("b")) == none);
  CHECK(unlike(path("a"), kind(FileKind::rear_video)) == proved); // PATH may be lost
  const auto metadata = [](const char* hex) {
    return [hex](CapturedTransfer& part) { part.metadata = from_hex(hex); };
  };
  CHECK(unlike(metadata("01"), metadata("01")) == proved);
  CHECK(unlike(metadata("01"), nothing) == proved);
  CHECK(unlike(metadata("01"), metadata("02")) == none);
  CHECK(unlike(nothing, [](CapturedTransfer& part) { part.in_bytes = true; }) == none);
}

TEST_CASE("file parts: equal metadata describe one file, if the camera is the same") {
  const auto metadata = [](CapturedTransfer& part) { part.metadata = from_hex("01"); };
  const auto early = with(part({{1, 11}, {2, 12}}), metadata);
  CHECK(kinship(early, with(part({{1, 21}}, nobody), metadata)) == none);
  CHECK(kinship(with(part({{3, 13}}), metadata), with(part({{1, 11}}), metadata)) == described);
  CHECK(kinship(part({{3, 13}}), with(part({{1, 11}}), metadata)) == none);
  CHECK(kinship(from(with(part({{3, 13}}, nobody), metadata), "10.0.0.1:1"),
                from(with(part({{1, 11}}, nobody), metadata), "10.0.0.1:2")) == described);
}

TEST_CASE("file parts: the later one goes on, unless it begins at the beginning") {
  CHECK(kinship(part({{1, 11}, {2, 12}}), part({{3, 13}})) == goes_on);
  CHECK(kinship(part({{2, 12}, {3, 13}}), part({{1, 11}})) == none);
  CHECK(kinship(part({{1, 11}}, nobody), part({{3, 13}}, nobody)) == none); // of nobody known
  CHECK(kinship(part({{1, 11}}), part({})) == goes_on);
  CHECK(kinship(part({}), part({{1, 11}})) == goes_on);
  const auto unknown = [](CapturedTransfer& part) {
    part.packets.front().numbering = DumpNumbering::unknown;
  };
  CHECK(kinship(part({{1, 11}}), with(part({{3, 13}}), unknown)) == none);

  // By path the beginning is byte 0.
  const auto by_path = [](CapturedTransfer& part) { part.in_bytes = true; };
  CHECK(kinship(with(part({{1, 11}}), by_path), with(part({{2, 12}}), by_path)) == goes_on);
  CHECK(kinship(with(part({{2, 12}}), by_path), with(part({{1, 11}}), by_path)) == none);

  // Of nothing that came whole nothing can be gone on with, but the same camera offers it again.
  const auto damaged = [](CapturedTransfer& part) {
    part.packets.front().verdict = DumpVerdict::bad;
  };
  CHECK(kinship(with(part({{2, 12}}), damaged), part({{1, 11}})) == goes_on);
  CHECK(kinship(part({{2, 12}}), with(part({{1, 11}}), damaged)) == goes_on);
  CHECK(kinship(from(with(part({{2, 12}}, nobody), damaged), "a:1"),
                from(part({{1, 11}}, nobody), "a:2")) == none);
}

TEST_CASE("file parts: where places are unknown, equal content anywhere proves it") {
  const auto unknown = [](CapturedTransfer& part) {
    for (auto& packet : part.packets) {
      packet.numbering = DumpNumbering::unknown;
    }
  };
  const auto stray = with(part({{1, 17}, {2, 18}}, nobody), unknown);
  CHECK(kinship(stray, part({{1, 11}, {7, 17}})) == proved);
  CHECK(kinship(part({{1, 11}, {7, 17}, {8, 18}, {9, 19}}), stray) == proved);
  CHECK(kinship(stray, part({{1, 11}, {7, 27}})) == none);
  CHECK(kinship(part({{1, 17}, {2, 18}}, nobody), part({{7, 17}, {8, 18}})) == none); // they differ

  // Packets that are damaged, or small, are alike in many files.
  const auto first_has = [](std::uint16_t size) {
    return [size](CapturedTransfer& part) { part.packets[0] = packet(7, 17, size); };
  };
  const auto sized = [&](std::uint16_t size) {
    return kinship(with(with(part({{1, 1}}, nobody), first_has(size)), unknown),
                   with(part({{2, 2}, {3, 3}}),
                        [&](CapturedTransfer& part) { part.packets[1] = packet(9, 17, size); }));
  };
  CHECK(sized(32) == proved);
  CHECK(sized(31) == none);
  const auto bad = [](CapturedTransfer& part) {
    for (auto& packet : part.packets) {
      packet.verdict = DumpVerdict::bad;
    }
  };
  CHECK(kinship(with(stray, bad), part({{1, 11}, {7, 17}})) == none);

  // So does the content of a part that comes to a file that has been asked before.
  FileParts file(1, part({{1, 11}}));
  CHECK(file.kinship(FileParts(3, stray)) == none);
  file.add(FileParts(2, part({{7, 17}})));
  CHECK(file.kinship(FileParts(3, stray)) == proved);
}

TEST_CASE("file parts: a joined file has what its parts say, in the order of time") {
  auto early = part({{1, 11}, {2, 12}}, nobody);
  early.stream = {1, "a:1", "s"};
  early.skipped.push_back({10, 5, 0});
  early.start = 3;
  early.status = 4;
  early.corrections = {"one"};
  early.not_kept = 2;
  auto late = part({{3, 13}});
  late.stream = {2, "a:2", "s"};
  late.start = 3;
  late.file = FileRef::of_path("p");
  late.metadata = from_hex("01");
  late.skipped.push_back({20, 6, 0});
  late.regular_end = true;
  late.corrections = {"one", "two"};
  late.not_kept = 3;
  FileParts file(7, late);
  file.add(FileParts(5, early));
  CHECK(file.began() == 5);
  CHECK(file.parts() == 2);
  CHECK(file.entries() == 5);
  CHECK(file.imei() == camera);
  const auto joined = file.joined();
  CHECK(joined.stream.number == 1);
  CHECK(joined.imei == camera);
  CHECK(joined.file == FileRef::of_path("p"));
  CHECK(joined.start == 3);
  CHECK(joined.metadata == from_hex("01"));
  CHECK(joined.regular_end);
  CHECK(joined.status == 4); // the later one has none
  CHECK(joined.corrections == std::vector<std::string>{"one", "two"});
  CHECK(joined.not_kept == 5);
  CHECK(joined.connections == 2);
  REQUIRE(joined.packets.size() == 3);
  CHECK(joined.packets[0].number == 1);
  CHECK(joined.packets[2].number == 3);
  REQUIRE(joined.skipped.size() == 2);
  CHECK(joined.skipped[0].bytes == 5);
}

TEST_CASE("file parts: what one part says is kept, and the last STATUS counts") {
  auto early = part({{1, 11}});
  early.file = FileKind::front_photo;
  early.metadata = from_hex("01");
  early.status = 4;
  early.regular_end = true;
  auto late = part({{2, 12}}, nobody);
  late.status = 9;
  FileParts file(1, early);
  file.add(FileParts(2, late));
  const auto joined = file.joined();
  CHECK(joined.imei == camera);
  CHECK(joined.file == FileKind::front_photo);
  CHECK(joined.metadata == from_hex("01"));
  CHECK(joined.status == 9);
  CHECK_FALSE(joined.regular_end);
}

TEST_CASE("file parts: what PATH said is more than a kind, whichever part has it") {
  const auto joined = [](std::optional<FileRef> first, std::optional<FileRef> second) {
    auto early = part({{1, 11}});
    early.file = first;
    auto late = part({{2, 12}});
    late.file = second;
    FileParts file(1, early);
    file.add(FileParts(2, late));
    return file.joined().file;
  };
  const auto path = FileRef::of_path("dsm/1.jpg");
  const std::optional<FileRef> kind = FileKind::front_photo;
  CHECK(joined(path, kind) == path);
  CHECK(joined(kind, path) == path);
  CHECK(joined(path, std::nullopt) == path);
  CHECK(joined(std::nullopt, path) == path);
  CHECK(joined(kind, std::nullopt) == kind);
  CHECK_FALSE(joined(std::nullopt, std::nullopt));
}

TEST_CASE("file parts: one in which nothing came only counts") {
  auto empty = part({});
  empty.stream = {4, "a:4", "s"};
  empty.offset = 77;
  empty.not_kept = 1;
  auto early = part({{1, 11}});
  early.stream = {3, "a:3", "s"};
  FileParts file(3, early);
  file.add(FileParts(4, empty)); // later
  CHECK(file.parts() == 1);
  CHECK(file.began() == 3);
  empty.stream = {2, "a:2", "s"};
  file.add(FileParts(2, empty)); // earlier: the file began there
  CHECK(file.parts() == 1);
  CHECK(file.began() == 2);
  const auto joined = file.joined();
  CHECK(joined.connections == 3);
  CHECK(joined.not_kept == 2);
  CHECK(joined.stream.number == 2);
  CHECK(joined.offset == 77);

  FileParts stretch(1, early); // bytes were skipped: that is a part
  empty.skipped.push_back({0, 9, 0});
  stretch.add(FileParts(2, empty));
  CHECK(stretch.parts() == 2);
}

TEST_CASE("file parts: the packet size of the part with more packets is the more certain one") {
  const auto joined = [](std::size_t early_packets, std::size_t late_packets) {
    auto early = part({});
    auto late = part({});
    early.in_bytes = late.in_bytes = true; // where it is not settled again
    early.packet_size = 100;
    late.packet_size = 200;
    for (std::size_t i = 0; i < early_packets + late_packets; ++i) {
      auto& into = i < early_packets ? early : late;
      into.packets.push_back(packet(static_cast<std::uint32_t>(i + 1), 50));
    }
    FileParts file(1, early);
    file.add(FileParts(2, late));
    return file.joined().packet_size;
  };
  CHECK(joined(1, 1) == 100);
  CHECK(joined(2, 1) == 100);
  CHECK(joined(1, 2) == 200);
}

TEST_CASE("file parts: places follow sizes, and what came before is a repeat") {
  auto file = part({{2, 12}, {1, 11}, {3, 13}, {2, 12}, {4, 14}});
  file.packets[1].size = 60; // number 1 is shorter than usual
  for (auto& packet : file.packets) {
    packet.crc = 0;
  }
  settle(file);
  std::vector<bool> repeats;
  for (const auto& packet : file.packets) {
    repeats.push_back(packet.repeat);
  }
  CHECK(repeats == std::vector<bool>{false, false, false, true, false});
}

TEST_CASE("file parts: by path numbers count packets of the usual size, from 1") {
  auto file = part({{1, 11}, {2, 12}, {3, 13}});
  file.in_bytes = true;
  file.packets[2].file_offset = 450; // in the fifth
  for (auto& packet : file.packets) {
    packet.number = 77;
  }
  settle(file);
  CHECK(file.packets[0].number == 1);
  CHECK(file.packets[1].number == 2);
  CHECK(file.packets[2].number == 5);
}

TEST_CASE("file parts: each packet lies behind those before it, whatever their sizes are") {
  const auto places_if = [](bool second_is_good) {
    auto file = part({{1, 11}, {2, 12}, {3, 13}, {4, 14}});
    file.packets[0] = packet(1, 11, 60);
    file.packets[1] = packet(2, 12, 30);
    if (!second_is_good) {
      file.packets[1].verdict = DumpVerdict::bad;
      *file.packets[1].received_crc ^= 1;
    }
    settle(file);
    std::vector<std::uint64_t> places;
    for (const auto& packet : file.packets) {
      places.push_back(packet.file_offset);
    }
    return places;
  };
  CHECK(places_if(true) == std::vector<std::uint64_t>{0, 60, 90, 190});
  CHECK(places_if(false) == std::vector<std::uint64_t>{0, 60, 160, 260}); // its size may be wrong
}

} // namespace dualcam::file_parts_test
