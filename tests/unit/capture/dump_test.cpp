#include "dualcam/capture/dump.hpp"

#include "capture/dump_testing.hpp"

namespace dualcam::dump_test {
namespace {

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

TEST_CASE("dump: begins in mid-stream, and counts from where it begins") {
  DeviceStream s(20, 300);
  s.init().start().sync(1).data(12).sync(8).data(13).init(0);
  s.erase(0, s.starts[3] + 10);

  CHECK(events(s) == Lines{"0 skipped 1020", "1020 began ? ?", "1020 good, unknown 1-8",
                           "9260 sync 8", "9268 good, repeat 8", "10298 good 9-20",
                           "21934 ended ? 20/? good 21 bad 0 unchecked 0 repeats 1",
                           "21934 init 350612071913857"});
}

TEST_CASE("dump: begins in mid-stream, and a SYNC states numbers from there on") {
  DeviceStream s(20, 300);
  s.init().start().sync(1).data(12).sync(13).data(8).init(0);
  s.erase(0, s.starts[3] + 10);

  CHECK(events(s) == Lines{"0 skipped 1020", "1020 began ? ?", "1020 good, unknown 1-8",
                           "9260 sync 13", "9268 good 13-20",
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
                           "41 sync 0", "49 good 1", "1083 bad 2 at 1024: 1024 bytes, 18c3 != f488",
                           "2117 good 3", "3079 status 0",
                           "3079 ended ? 3/3 good 2 bad 1 unchecked 0 repeats 0"});
}

TEST_CASE("dump: of a cut ENHANCED DATA the header tells the place, and is no part of the file") {
  DeviceStream s(1, 3000);
  const auto part = [&](std::uint32_t from) {
    const auto bytes = Bytes(s.content).subspan(from, 1000);
    s.message(EnhancedData{from, bytes, crc16(bytes)});
  };
  s.init(0x02).message(Path{"mdas9/1.mp4"}).message(Start{3000}).message(Sync{0});
  part(0);
  part(2000);
  s.bytes.resize(s.bytes.size() - 900);

  CHECK(events(s) == Lines{"0 init 350612071913857", "16 path mdas9/1.mp4", "31 began ? 3",
                           "41 sync 0", "49 good 1", "1059 cut 3 at 2000: 102 bytes, ? != f2b1",
                           "1169 ended ? 3/3 good 1 bad 1 unchecked 0 repeats 0"});
}

TEST_CASE("dump: the server's FILE REQUEST tells the kind") {
  DeviceStream s(2);
  s.init(0x3C).start().sync(1).data(2).init(0x2C);
  DumpReader reader;
  DumpLines log;
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

TEST_CASE("dump: behind STATUS what the server goes on asking for is of the same file") {
  enum class Between { resume, other_file, hole, nothing_heard };
  DeviceStream s(3);
  s.init(0x3C).start().sync(1).data(3).message(Status{0});
  const auto first = s.bytes.size();
  s.sync(2).data(2).message(Status{0}).init(0);
  const auto read = [&](Between between) {
    DumpReader reader;
    DumpLines log;
    if (between != Between::nothing_heard) {
      reader.server_received(encode(FileRequest{"%photof"}));
    }
    reader.received(Bytes(s.bytes).first(first));
    log.drain(reader);
    if (between == Between::other_file) {
      reader.server_received(encode(FileRequest{"%photor"}));
    } else if (between == Between::hole) {
      reader.missing(36);
      log.drain(reader);
    }
    reader.server_received(encode(Resume{2}));
    reader.received(Bytes(s.bytes).subspan(first));
    reader.finish();
    log.drain(reader);
    auto lines = log.lines();
    std::erase_if(lines, [](const auto& line) {
      return !line.contains("began") && !line.contains("ended") && !line.contains("status");
    });
    return lines;
  };
  CHECK(read(Between::resume) == Lines{"16 began photof 3", "2200 status 0", "3352 status 0",
                                       "3352 ended photof 3/3 good 5 bad 0 unchecked 0 repeats 2"});
  CHECK(read(Between::other_file) ==
        Lines{"16 began photof 3", "2200 status 0",
              "2200 ended photof 3/3 good 3 bad 0 unchecked 0 repeats 0", "2208 began photor ?",
              "3352 status 0", "3352 ended photor 3/? good 2 bad 0 unchecked 0 repeats 0"});
  CHECK(read(Between::hole) == Lines{"16 began photof 3", "2200 status 0",
                                     "2200 ended photof 3/3 good 3 bad 0 unchecked 0 repeats 0",
                                     "2244 began ? ?", "3388 status 0",
                                     "3388 ended ? 3/? good 2 bad 0 unchecked 0 repeats 0"});
  CHECK(read(Between::nothing_heard) ==
        Lines{"16 began ? 3", "2200 status 0",
              "2200 ended ? 3/3 good 3 bad 0 unchecked 0 repeats 0", "2208 began ? ?",
              "3352 status 0", "3352 ended ? 3/? good 2 bad 0 unchecked 0 repeats 0"});
}

TEST_CASE("dump: behind PATH a SYNC is of another file, if START is lost") {
  DeviceStream s(2, 100);
  s.init(0x02).message(Path{"dsm/1.jpg"}).message(Start{1124}).message(Sync{0}).data(2);
  s.message(Path{"dsm/2.jpg"}).raw("ff01 0006 00000464 0000").message(Sync{0});
  s.sync(1).bytes.resize(s.bytes.size() - 8);
  s.data(2).init(0x02);
  CHECK(events(s) == Lines{"0 init 350612071913857", "16 path dsm/1.jpg", "29 began ? 2",
                           "39 sync 0", "47 good 1-2", "1183 path dsm/2.jpg", "1196 skipped 10",
                           "1206 ended ? 2/2 good 2 bad 0 unchecked 0 repeats 0", "1206 began ? ?",
                           "1206 sync 0", "1214 good 1-2",
                           "2350 ended ? 2/? good 2 bad 0 unchecked 0 repeats 0",
                           "2350 init 350612071913857"});
}

TEST_CASE("dump: behind the server's FILE REQUEST a SYNC is of another file, if START is lost") {
  DeviceStream s(3);
  s.init(0x3C).start().sync(1).data(3);
  const auto first = s.bytes.size();
  s.raw("ff01 0006 00000003 0000").sync(1).data(2).sync(1).data(3).init(0);
  const auto read = [&](std::string_view asked) {
    DumpReader reader;
    DumpLines log;
    reader.server_received(encode(FileRequest{"%photof"}));
    log.drain(reader);
    reader.received(Bytes(s.bytes).first(first));
    log.drain(reader);
    reader.server_received(asked.empty() ? encode(Resume{1}) : encode(FileRequest{asked}));
    log.drain(reader);
    reader.received(Bytes(s.bytes).subspan(first));
    reader.finish();
    log.drain(reader);
    return log.lines();
  };
  const Lines begin{"server FILE REQUEST photof", "0 init 350612071913857", "16 began photof 3",
                    "26 sync 1", "34 good 1-3"};
  const Lines other{"server FILE REQUEST photor",
                    "2200 skipped 10",
                    "2210 ended photof 3/3 good 3 bad 0 unchecked 0 repeats 0",
                    "2210 began photor ?",
                    "2210 sync 1",
                    "2218 good 1-2",
                    "4278 sync 1",
                    "4286 good, repeat 1-2",
                    "6346 good 3",
                    "6452 ended photor 3/? good 5 bad 0 unchecked 0 repeats 2",
                    "6452 init 350612071913857"};
  const Lines same{"server RESUME 1",
                   "2200 skipped 10",
                   "2210 sync 1",
                   "2218 good, repeat 1-2",
                   "4278 sync 1",
                   "4286 good, repeat 1-3",
                   "6452 ended photof 3/3 good 8 bad 0 unchecked 0 repeats 5",
                   "6452 init 350612071913857"};
  const auto behind = [&](Lines more) {
    more.insert(more.begin(), begin.begin(), begin.end());
    return more;
  };
  CHECK(read("%photor") == behind(other));
  CHECK(read("") == behind(same));
}

} // namespace dualcam::dump_test
