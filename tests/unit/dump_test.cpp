#include "dualcam/dump.hpp"

#include "dump_testing.hpp"

namespace dualcam {
namespace {

/// A stream in pieces: bytes, then how many are missing behind them.
struct Piece {
  ByteBuffer bytes;
  std::uint64_t missing = 0;
};

Lines read(const std::vector<Piece>& pieces, std::size_t most) {
  DumpReader reader;
  EventLog log;
  for (const auto& piece : pieces) {
    for (Bytes rest = piece.bytes; !rest.empty();) {
      const auto size = std::min(most, rest.size());
      ByteBuffer copy(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(size));
      rest = rest.subspan(size);
      reader.received(copy);
      std::ranges::fill(copy, std::byte{0xEE}); // the reader keeps no view of its input
      log.drain(reader);
    }
    if (piece.missing != 0) {
      reader.missing(piece.missing);
      log.drain(reader);
    }
  }
  reader.finish();
  log.drain(reader);
  return log.lines();
}

/// The events, which must not depend on how the stream is cut.
Lines events(const std::vector<Piece>& pieces) {
  const auto whole = read(pieces, 1 << 20);
  for (const std::size_t most : {1U, 7U, 1030U, 4096U}) {
    CAPTURE(most);
    CHECK(read(pieces, most) == whole);
  }
  return whole;
}

Lines events(const DeviceStream& stream) { return events({{stream.bytes, 0}}); }

/// The stream without `count` bytes at `offset`, and the reader told so.
std::vector<Piece> with_gap(const DeviceStream& stream, std::size_t offset, std::size_t count) {
  const auto bytes = Bytes(stream.bytes);
  const auto front = bytes.first(offset);
  const auto back = bytes.subspan(offset + count);
  return {{{front.begin(), front.end()}, count}, {{back.begin(), back.end()}, 0}};
}

DeviceStream session() { return std::move(DeviceStream().session()); }

constexpr auto front_video_metadata =
    "000b 0020 03 10 00000192d84dac30 00 0003 14 012c 404b59a74e8e028d 403947973bf147d6";

} // namespace

TEST_CASE("dump: a whole session") {
  const auto s = session();

  CHECK(events(s) == Lines{"0 init 350612071913857", "16 began videof 10", "26 sync 1",
                           "34 good 1-10",
                           "9410 ended videof 10/10 good 10 bad 0 unchecked 0 repeats 0",
                           "9410 init 350612071913857"});
}

TEST_CASE("dump: a flipped byte in a payload costs that packet only") {
  auto s = session();
  s.flip(s.starts[4] + 500);

  CHECK(events(s) == Lines{"0 init 350612071913857", "16 began videof 10", "26 sync 1",
                           "34 good 1-4", "4154 bad 5 at 4096: 1024 bytes, 29de != 13fd",
                           "5184 good 6-10",
                           "9410 ended videof 10/10 good 9 bad 1 unchecked 0 repeats 0",
                           "9410 init 350612071913857"});
}

TEST_CASE("dump: a flipped byte in a packet's CRC costs that packet only") {
  auto s = session();
  s.flip(s.starts[4] + 1029);

  CHECK(events(s) == Lines{"0 init 350612071913857", "16 began videof 10", "26 sync 1",
                           "34 good 1-4", "4154 bad 5 at 4096: 1024 bytes, 29ce != 29de",
                           "5184 good 6-10",
                           "9410 ended videof 10/10 good 9 bad 1 unchecked 0 repeats 0",
                           "9410 init 350612071913857"});
}

TEST_CASE("dump: two damaged packets in a row are two") {
  auto s = session();
  s.flip(s.starts[4] + 5).flip(s.starts[5] + 5);

  CHECK(events(s) == Lines{"0 init 350612071913857", "16 began videof 10", "26 sync 1",
                           "34 good 1-4", "4154 bad 5 at 4096: 1024 bytes, 29de != 0fde",
                           "5184 bad 6 at 5120: 1024 bytes, 4b68 != 6d68", "6214 good 7-10",
                           "9410 ended videof 10/10 good 8 bad 2 unchecked 0 repeats 0",
                           "9410 init 350612071913857"});
}

TEST_CASE("dump: a damaged last packet") {
  auto s = session();
  s.flip(s.starts[9] + 5);

  CHECK(events(s) == Lines{"0 init 350612071913857", "16 began videof 10", "26 sync 1",
                           "34 good 1-9", "9304 bad 10 at 9216: 100 bytes, 9483 != 266f",
                           "9410 ended videof 10/10 good 9 bad 1 unchecked 0 repeats 0",
                           "9410 init 350612071913857"});
}

TEST_CASE("dump: a packet whose id is damaged is skipped") {
  auto s = session();
  s.flip(s.starts[4] + 1);

  CHECK(events(s) == Lines{"0 init 350612071913857", "16 began videof 10", "26 sync 1",
                           "34 good 1-4", "4154 skipped 1030", "5184 good, inferred 6-10",
                           "9410 ended videof 10/10 good 9 bad 0 unchecked 0 repeats 0",
                           "9410 init 350612071913857"});
}

TEST_CASE("dump: a packet whose length is damaged is skipped") {
  auto s = session();
  s.flip(s.starts[4] + 3);

  CHECK(events(s) == Lines{"0 init 350612071913857", "16 began videof 10", "26 sync 1",
                           "34 good 1-4", "4154 skipped 1030", "5184 good, inferred 6-10",
                           "9410 ended videof 10/10 good 9 bad 0 unchecked 0 repeats 0",
                           "9410 init 350612071913857"});
}

TEST_CASE("dump: a SYNC whose number is damaged is skipped") {
  auto s = session();
  s.flip(s.starts[0] - 1);

  CHECK(events(s) == Lines{"0 init 350612071913857", "16 began videof 10", "26 skipped 8",
                           "34 good, inferred 1-10",
                           "9410 ended videof 10/10 good 10 bad 0 unchecked 0 repeats 0",
                           "9410 init 350612071913857"});
}

TEST_CASE("dump: a stretch lost inside a packet") {
  auto s = session();
  s.erase(s.starts[4] + 500, 450);

  CHECK(events(s) == Lines{"0 init 350612071913857", "16 began videof 10", "26 sync 1",
                           "34 good 1-4", "4154 cut 5 at 4096: 574 bytes, 29de != b7f6",
                           "4734 good, inferred 6-10",
                           "8960 ended videof 10/10 good 9 bad 1 unchecked 0 repeats 0",
                           "8960 init 350612071913857"});
}

TEST_CASE("dump: a lost line of hex leaves the others' numbers right") {
  auto s = session();
  s.erase(s.starts[4] + 496, 16);

  CHECK(events(s) == Lines{"0 init 350612071913857", "16 began videof 10", "26 sync 1",
                           "34 good 1-4", "4154 cut 5 at 4096: 1008 bytes, 29de != 773c",
                           "5168 good, inferred 6-10",
                           "9394 ended videof 10/10 good 9 bad 1 unchecked 0 repeats 0",
                           "9394 init 350612071913857"});
}

TEST_CASE("dump: a stretch lost over packets is measured by the last one") {
  auto s = session();
  s.erase(s.starts[4] + 500, 3000);

  CHECK(events(s) == Lines{"0 init 350612071913857", "16 began videof 10", "26 sync 1",
                           "34 good 1-4", "4154 cut 5 at 4096: 1024 bytes, 51b7 != c874",
                           "5184 skipped 90", "5274 good, inferred 7-8",
                           "renumbered 5-6 by 2: a short packet is the last one",
                           "6410 ended videof 10/10 good 6 bad 1 unchecked 0 repeats 0",
                           "6410 init 350612071913857"});
}

TEST_CASE("dump: whole packets lost are found out by the last one") {
  auto s = session();
  s.erase(s.starts[4], 2060);

  CHECK(events(s) == Lines{"0 init 350612071913857", "16 began videof 10", "26 sync 1",
                           "34 good 1-4", "4154 bad 5 at 4096: 1024 bytes, 29cd != f04a",
                           "5184 good 6-8", "renumbered 4-7 by 2: a short packet is the last one",
                           "7350 ended videof 10/10 good 7 bad 1 unchecked 0 repeats 0",
                           "7350 init 350612071913857"});
}

TEST_CASE("dump: the end of the session stands in for a full last packet") {
  DeviceStream s(10, full_packet);
  s.session();
  s.erase(s.starts[4] + 500, 3000);

  CHECK(events(s) == Lines{"0 init 350612071913857", "16 began videof 10", "26 sync 1",
                           "34 good 1-4", "4154 cut 5 at 4096: 1024 bytes, 51b7 != c874",
                           "5184 skipped 90", "5274 good, inferred 7-8",
                           "renumbered 5-6 by 2: what follows it ends the file",
                           "7334 ended videof 10/10 good 6 bad 1 unchecked 0 repeats 0",
                           "7334 init 350612071913857"});
}

TEST_CASE("dump: garbage between packets is skipped, and the chain proves that nothing is lost") {
  auto s = session();
  s.insert(s.starts[4], random_bytes(100, 3));

  CHECK(events(s) == Lines{"0 init 350612071913857", "16 began videof 10", "26 sync 1",
                           "34 good 1-4", "4154 skipped 100", "4254 good 5-10",
                           "9510 ended videof 10/10 good 10 bad 0 unchecked 0 repeats 0",
                           "9510 init 350612071913857"});
}

TEST_CASE("dump: much garbage between packets") {
  auto s = session();
  s.insert(s.starts[4], random_bytes(200000, 3));

  CHECK(events(s) == Lines{"0 init 350612071913857", "16 began videof 10", "26 sync 1",
                           "34 good 1-4", "4154 skipped 200000", "204154 good 5-10",
                           "209410 ended videof 10/10 good 10 bad 0 unchecked 0 repeats 0",
                           "209410 init 350612071913857"});
}

TEST_CASE("dump: garbage before everything") {
  auto s = session();
  s.insert(0, random_bytes(3000, 3));

  CHECK(events(s) == Lines{"0 skipped 3000", "3000 init 350612071913857", "3016 began videof 10",
                           "3026 sync 1", "3034 good 1-10",
                           "12410 ended videof 10/10 good 10 bad 0 unchecked 0 repeats 0",
                           "12410 init 350612071913857"});
}

TEST_CASE("dump: zeros are no INIT") {
  auto s = session();
  s.insert(s.starts[4], ByteBuffer(64));

  CHECK(events(s) == Lines{"0 init 350612071913857", "16 began videof 10", "26 sync 1",
                           "34 good 1-4", "4154 skipped 64", "4218 good 5-10",
                           "9474 ended videof 10/10 good 10 bad 0 unchecked 0 repeats 0",
                           "9474 init 350612071913857"});
}

TEST_CASE("dump: begins inside a packet") {
  auto s = session();
  s.erase(0, s.starts[4] + 300);

  CHECK(events(s) == Lines{"0 skipped 730", "730 began ? ?", "730 good, unknown 1-5",
                           "4956 ended ? 5/? good 5 bad 0 unchecked 0 repeats 0",
                           "4956 init 350612071913857"});
}

TEST_CASE("dump: begins with a packet") {
  auto s = session();
  s.erase(0, s.starts[4]);

  CHECK(events(s) == Lines{"0 began ? ?", "0 unchecked, unknown 1 at 0: 1024 bytes, 29de != ?",
                           "1030 good, unknown 2-6",
                           "5256 ended ? 6/? good 5 bad 0 unchecked 1 repeats 0",
                           "5256 init 350612071913857"});
}

TEST_CASE("dump: begins with the first packet, which nothing but its CRC tells") {
  auto s = session();
  s.erase(0, s.starts[0]);

  CHECK(events(s) == Lines{"0 began ? ?", "0 good, unknown 1-10",
                           "9376 ended ? 10/? good 10 bad 0 unchecked 0 repeats 0",
                           "9376 init 350612071913857"});
}

TEST_CASE("dump: begins in mid-stream, and packets repeated behind a SYNC give the numbers") {
  DeviceStream s(20, 300);
  s.init().start().sync(1).data(12).sync(8).data(13).init(0);
  s.erase(0, s.starts[3] + 10);

  CHECK(events(s) == Lines{"0 skipped 1020", "1020 began ? ?", "1020 good, unknown 1-8",
                           "9260 sync 8", "9268 good, repeat 8",
                           "renumbered 0-7 by 4: a packet came again behind SYNC",
                           "10298 good, repeat 9-12", "14418 good 13-20",
                           "21934 ended ? 20/? good 21 bad 0 unchecked 0 repeats 5",
                           "21934 init 350612071913857"});
}

TEST_CASE("dump: begins in mid-stream, and a SYNC without repetition gives the numbers") {
  DeviceStream s(20, 300);
  s.init().start().sync(1).data(12).sync(13).data(8).init(0);
  s.erase(0, s.starts[3] + 10);

  CHECK(events(s) == Lines{"0 skipped 1020", "1020 began ? ?", "1020 good, unknown 1-8",
                           "9260 sync 13", "9268 good 13",
                           "renumbered 0-7 by 4: SYNC goes on behind it", "10298 good 14-20",
                           "16784 ended ? 20/? good 16 bad 0 unchecked 0 repeats 0",
                           "16784 init 350612071913857"});
}

TEST_CASE("dump: ends inside a packet") {
  auto s = session();
  s.bytes.resize(s.starts[4] + 300);

  CHECK(events(s) == Lines{"0 init 350612071913857", "16 began videof 10", "26 sync 1",
                           "34 good 1-4", "4154 cut 5 at 4096: 296 bytes, ? != 8f95",
                           "4454 ended videof 5/10 good 4 bad 1 unchecked 0 repeats 0"});
}

TEST_CASE("dump: ends inside a header") {
  auto s = session();
  s.bytes.resize(s.starts[4] + 3);

  CHECK(events(s) == Lines{"0 init 350612071913857", "16 began videof 10", "26 sync 1",
                           "34 good 1-4", "4154 skipped 3",
                           "4157 ended videof 4/10 good 4 bad 0 unchecked 0 repeats 0"});
}

TEST_CASE("dump: ends behind a packet") {
  auto s = session();
  s.bytes.resize(s.starts[4]);

  CHECK(events(s) == Lines{"0 init 350612071913857", "16 began videof 10", "26 sync 1",
                           "34 good 1-4",
                           "4154 ended videof 4/10 good 4 bad 0 unchecked 0 repeats 0"});
}

TEST_CASE("dump: the captured fault: 450 bytes short, packets in flight, SYNC twice") {
  DeviceStream s(584, 300);
  s.init().start().sync(1).data(343).sync(337).data(1).sync(337).data(248).init(0);
  s.erase(s.starts[338] + 300, 450);

  CHECK(events(s) == Lines{"0 init 350612071913857", "16 began videof 584", "26 sync 1",
                           "34 good 1-338", "348174 cut 339 at 346112: 574 bytes, d8ab != 2ffb",
                           "348754 good, inferred 340-343", "352874 sync 337",
                           "352882 good, repeat 337", "353912 sync 337",
                           "353920 good, repeat 337-343", "361130 good 344-584",
                           "608636 ended videof 584/584 good 591 bad 1 unchecked 0 repeats 8",
                           "608636 init 350612071913857"});
}

TEST_CASE("dump: the chain goes on behind SYNC, too") {
  DeviceStream s(20, 300);
  s.init().start().sync(1).data(12).sync(8, true).data(13).init(0);

  CHECK(events(s) == Lines{"0 init 350612071913857", "16 began videof 20", "26 sync 1",
                           "34 good 1-12", "12394 sync 8", "12402 good, repeat 8-12",
                           "17552 good 13-20",
                           "25068 ended videof 20/20 good 25 bad 0 unchecked 0 repeats 5",
                           "25068 init 350612071913857"});
}

TEST_CASE("dump: SYNC goes back further than asked") {
  DeviceStream s(20, 300);
  s.init().start().sync(1).data(12).sync(2).data(19).init(0);

  CHECK(events(s) == Lines{"0 init 350612071913857", "16 began videof 20", "26 sync 1",
                           "34 good 1-12", "12394 sync 2", "12402 good, repeat 2-12",
                           "23732 good 13-20",
                           "31248 ended videof 20/20 good 31 bad 0 unchecked 0 repeats 11",
                           "31248 init 350612071913857"});
}

TEST_CASE("dump: a transfer resumed from an earlier connection") {
  DeviceStream s(20, 300);
  s.init().start().sync(15).data(6).init(0);

  CHECK(events(s) == Lines{"0 init 350612071913857", "16 began videof 20", "26 sync 15",
                           "34 good 15-20",
                           "5490 ended videof 20/20 good 6 bad 0 unchecked 0 repeats 0",
                           "5490 init 350612071913857"});
}

TEST_CASE("dump: SYNC 0 is packet 1") {
  DeviceStream s(2, 300);
  s.init().start().message(Sync{0}).data(2).init(0);

  CHECK(events(s) == Lines{"0 init 350612071913857", "16 began videof 2", "26 sync 0",
                           "34 good 1-2",
                           "1370 ended videof 2/2 good 2 bad 0 unchecked 0 repeats 0",
                           "1370 init 350612071913857"});
}

TEST_CASE("dump: a missing segment of whole packets") {
  const auto whole = session();
  const auto s = with_gap(whole, whole.starts[4], 2060);

  CHECK(events(s) == Lines{"0 init 350612071913857", "16 began videof 10", "26 sync 1",
                           "34 good 1-4", "4154 skipped 2060, missing 2060",
                           "6214 unchecked, inferred 7 at 6144: 1024 bytes, 29cd != ?",
                           "7244 good, inferred 8-10",
                           "9410 ended videof 10/10 good 7 bad 0 unchecked 1 repeats 0",
                           "9410 init 350612071913857"});
}

TEST_CASE("dump: a missing segment inside a packet") {
  const auto whole = session();
  const auto s = with_gap(whole, whole.starts[4] + 500, 16);

  CHECK(events(s) == Lines{"0 init 350612071913857", "16 began videof 10", "26 sync 1",
                           "34 good 1-4", "4154 cut 5 at 4096: 496 bytes, ? != 9cf9",
                           "4654 skipped 530, missing 16", "5184 good, inferred 6-10",
                           "9410 ended videof 10/10 good 9 bad 1 unchecked 0 repeats 0",
                           "9410 init 350612071913857"});
}

TEST_CASE("dump: a missing segment over packets") {
  const auto whole = session();
  const auto s = with_gap(whole, whole.starts[4] + 500, 1448);

  CHECK(events(s) == Lines{"0 init 350612071913857", "16 began videof 10", "26 sync 1",
                           "34 good 1-4", "4154 cut 5 at 4096: 496 bytes, ? != 9cf9",
                           "4654 skipped 1560, missing 1448", "6214 good, inferred 7-10",
                           "9410 ended videof 10/10 good 8 bad 1 unchecked 0 repeats 0",
                           "9410 init 350612071913857"});
}

TEST_CASE("dump: a missing segment at the start") {
  const auto whole = session();
  const auto s = with_gap(whole, 0, whole.starts[2] + 100);

  CHECK(events(s) ==
        Lines{"0 skipped 3124, missing 2194", "3124 began ? ?", "3124 good, unknown 1-7",
              "9410 ended ? 7/? good 7 bad 0 unchecked 0 repeats 0", "9410 init 350612071913857"});
}

TEST_CASE("dump: a missing segment at the end") {
  const auto whole = session();
  const auto s = with_gap(whole, whole.starts[8] + 100, whole.bytes.size() - whole.starts[8] - 100);

  CHECK(events(s) == Lines{"0 init 350612071913857", "16 began videof 10", "26 sync 1",
                           "34 good 1-8", "8274 cut 9 at 8192: 96 bytes, ? != eaff",
                           "8374 skipped 1052, missing 1052",
                           "9426 ended videof 9/10 good 8 bad 1 unchecked 0 repeats 0"});
}

TEST_CASE("dump: a missing START") {
  auto s = session();
  s.erase(16, 10);

  CHECK(events(s) == Lines{"0 init 350612071913857", "16 began videof ?", "16 sync 1",
                           "24 good 1-10",
                           "9400 ended videof 10/? good 10 bad 0 unchecked 0 repeats 0",
                           "9400 init 350612071913857"});
}

TEST_CASE("dump: metadata before the transfer tells its kind") {
  DeviceStream s(2);
  s.init(0x3C).raw(front_video_metadata).start().sync(1).data(2).init(0x2C);

  CHECK(events(s) == Lines{"0 init 350612071913857", "16 metadata before", "52 began videof 2",
                           "62 sync 1", "70 good 1-2",
                           "1206 ended videof 2/2 good 2 bad 0 unchecked 0 repeats 0",
                           "1206 init 350612071913857"});
}

TEST_CASE("dump: metadata behind the transfer belongs to it") {
  DeviceStream s(2);
  s.init(0x10).start().sync(1).data(2).raw(front_video_metadata).init(0);

  CHECK(events(s) == Lines{"0 init 350612071913857", "16 began videof 2", "26 sync 1",
                           "34 good 1-2", "1170 metadata behind",
                           "1206 ended videof 2/2 good 2 bad 0 unchecked 0 repeats 0",
                           "1206 init 350612071913857"});
}

TEST_CASE("dump: a STATUS ends the transfer") {
  DeviceStream s(5);
  s.init().start().sync(1).data(2).message(Status{9});

  CHECK(events(s) == Lines{"0 init 350612071913857", "16 began videof 5", "26 sync 1",
                           "34 good 1-2", "2094 status 9",
                           "2094 ended videof 2/5 good 2 bad 0 unchecked 0 repeats 0"});
}

TEST_CASE("dump: nothing to send") {
  DeviceStream s;
  s.init().message(Start{0}).init(0);

  CHECK(events(s) == Lines{"0 init 350612071913857", "16 began videof 0",
                           "26 ended videof 0/0 good 0 bad 0 unchecked 0 repeats 0",
                           "26 init 350612071913857"});
}

TEST_CASE("dump: a file by path, in plain DATA and byte offsets") {
  DeviceStream s(3, 100);
  s.init(0x02).message(Path{"dsm/picture/231020/231452.jpg"}).message(Start{2148});
  s.message(Sync{0}).data(2).message(Sync{1024});
  s.sync(2).bytes.resize(s.bytes.size() - 8);
  s.data(2);

  CHECK(events(s) == Lines{"0 init 350612071913857", "16 path dsm/picture/231020/231452.jpg",
                           "49 began ? 3", "59 sync 0", "67 good 1-2", "2127 sync 1024",
                           "2135 good, repeat 2", "3165 good 3",
                           "3271 ended ? 3/3 good 4 bad 0 unchecked 0 repeats 1"});
}

TEST_CASE("dump: a file by path, in ENHANCED DATA") {
  DeviceStream s(1, 3000);
  const auto part = [&](std::uint32_t from, std::size_t count) {
    const auto bytes = Bytes(s.content).subspan(from, count);
    s.message(EnhancedData{from, bytes, crc16(bytes)});
  };
  s.init(0x02).message(Path{"mdas9/1.mp4"}).message(Start{3000}).message(Sync{0});
  part(0, 1024);
  part(1024, 1024);
  part(2048, 952);
  s.flip(s.bytes.size() - 1500);
  s.message(Status{0});

  CHECK(events(s) == Lines{"0 init 350612071913857", "16 path mdas9/1.mp4", "31 began ? 3",
                           "41 sync 0", "49 good 1", "1083 bad 2 at 1024: 1024 bytes, 18c3 != 1bfe",
                           "2117 good 3", "3079 status 0",
                           "3079 ended ? 3/3 good 2 bad 1 unchecked 0 repeats 0"});
}

TEST_CASE("dump: the server's FILE REQUEST tells the kind") {
  DeviceStream s(2);
  s.init(0x3C).start().sync(1).data(2).init(0x2C);
  DumpReader reader;
  EventLog log;
  reader.received(Bytes(s.bytes).first(init_size));
  log.drain(reader);
  reader.server_received(encode(FileRequest{"%photor"}));
  log.drain(reader);
  reader.received(Bytes(s.bytes).subspan(init_size));
  log.drain(reader);
  reader.finish();
  log.drain(reader);
  CHECK(log.lines() == Lines{"0 init 350612071913857", "server FILE REQUEST photor",
                             "16 began photor 2", "26 sync 1", "34 good 1-2",
                             "1170 ended photor 2/2 good 2 bad 0 unchecked 0 repeats 0",
                             "1170 init 350612071913857"});
}

TEST_CASE("dump: whatever the damage, good packets are the file's and few are lost") {
  std::mt19937 random(7);
  const auto whole = std::move(DeviceStream(40, 500).session());
  std::size_t lost = 0;
  for (int round = 0; round < 300; ++round) {
    CAPTURE(round);
    auto s = whole;
    const auto at = s.starts[2] + random() % (s.starts[36] - s.starts[2]);
    if (round % 3 == 0) {
      s.flip(at);
    } else if (round % 3 == 1) {
      s.erase(at, 1 + random() % 900);
    } else {
      s.insert(at, random_bytes(1 + random() % 3000, static_cast<std::uint32_t>(round)));
    }
    DumpReader reader;
    std::size_t good = 0;
    const auto count = [&] {
      while (const auto event = reader.poll()) {
        if (const auto* packet = std::get_if<DumpPacket>(&*event);
            packet != nullptr && packet->verdict == DumpVerdict::good) {
          ++good;
          const auto found = std::ranges::search(s.content, packet->payload);
          REQUIRE(found.size() == packet->payload.size());
        }
      }
    };
    reader.received(s.bytes);
    count();
    reader.finish();
    count();
    REQUIRE(good >= 37); // the damage lies in at most two packets, and may cost one more its CRC
    lost += 40 - good;
  }
  CHECK(lost <= 450);
}

} // namespace dualcam
