// Both sides in one stream, and packets that begin in mid-file.
#include "dualcam/capture/dump.hpp"

#include "capture/dump_testing.hpp"

namespace dualcam::dump_sides_test {
namespace {

/// The events of both sides, which must not depend on how the stream is cut.
Lines events_of_both(const DeviceStream& stream) {
  const auto read = [&](std::size_t most) {
    DumpReader reader({.both_sides = true, .initial = std::nullopt});
    DumpLines log;
    for (Bytes rest = stream.bytes; !rest.empty();) {
      const auto size = std::min(most, rest.size());
      const ByteBuffer copy(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(size));
      rest = rest.subspan(size);
      reader.received(copy);
      log.drain(reader);
    }
    reader.finish();
    log.drain(reader);
    return log.lines();
  };
  const auto whole = read(1 << 20);
  for (const std::size_t most : {1U, 7U, 1030U}) {
    CAPTURE(most);
    CHECK(read(most) == whole);
  }
  return whole;
}

} // namespace

TEST_CASE("dump: commands of the server between the device's are stepped over and told") {
  DeviceStream s(2);
  s.init(0x3C).message(MetadataRequest{"%photof"}).raw("000b 000d 01 04 00000192d84dac30 00 0000");
  s.message(FileRequest{"%photof"}).start().message(Resume{1}).sync(1).data(1);
  s.message(Resume{1}).sync(1).data(2).message(RepeatInit{}).init(0).message(Close{});
  CHECK(events_of_both(s) ==
        Lines{"0 init 350612071913857", "server METADATA REQUEST photof", "27 metadata before",
              "server FILE REQUEST photof", "55 began photof 2", "server RESUME 1", "73 sync 1",
              "81 good 1", "server RESUME 1", "1119 sync 1", "1127 good, repeat 1", "2157 good 2",
              "server REPEAT INIT", "2265 ended photof 2/2 good 3 bad 0 unchecked 0 repeats 1",
              "2265 init 350612071913857", "server CLOSE"});
}

TEST_CASE("dump: the server's commands in their other forms, and first") {
  DeviceStream s(2);
  s.message(PathRequest{}).init(0x02).message(PathRequest{}).message(Path{"dsm/1.jpg"});
  s.message(FileRequest{"dsm/1.jpg"}).raw("0009 0000").init(0).raw("00000000").init(0);
  const auto lines = events_of_both(s);
  CHECK(lines[0] == "server PATH REQUEST");
  CHECK(lines[1] == "6 init 350612071913857");
  CHECK(lines[2] == "server PATH REQUEST");
  CHECK(lines[4] == "server FILE REQUEST by path");
  CHECK(lines[5] == "server REPEAT INIT");
  CHECK(lines[7] == "server CLOSE");
  CHECK(lines.size() == 9);
}

TEST_CASE("dump: a damaged packet before a command of the server costs that packet") {
  DeviceStream s(3);
  s.init().start().sync(1).data(2);
  s.flip(s.starts[1] + 100).message(Resume{2}).sync(2).data(2).init(0);
  CHECK(events_of_both(s)[4].find("bad 2") != std::string::npos);
  CHECK(events_of_both(s)[5] == "server RESUME 2");
}

TEST_CASE("dump: nothing of the server is looked for where one side was captured") {
  DeviceStream s(3);
  s.init().start().sync(1).data(1).message(Resume{1}).sync(1).data(3).init(0);
  CHECK(events(s)[4] == "1064 skipped 8");
}

TEST_CASE("dump: content that looks like the server's commands is none") {
  DeviceStream s(40, 300);
  for (std::size_t at = 0; at + 16 < s.content.size(); at += 16) { // REPEAT INIT, CLOSE, RESUME
    const auto like = from_hex("0009 00000000 0002 0004 00000001 0009");
    std::ranges::copy(like, s.content.begin() + static_cast<std::ptrdiff_t>(at));
  }
  s.session();
  for (const auto count : {0U, 1U, 500U}) {
    auto damaged = s;
    damaged.erase(s.starts[4] + 300, count);
    for (const auto& line : events_of_both(damaged)) {
      CHECK_FALSE(line.starts_with("server"));
    }
  }
}

TEST_CASE("dump: what the first packet goes on from may be known") {
  auto s = session();
  s.erase(0, s.starts[4]);
  const auto before = crc16(Bytes(s.content).first(4 * full_packet));
  const auto verdicts = [&](std::optional<std::uint16_t> initial) {
    DumpReader reader({.both_sides = false, .initial = initial});
    reader.received(s.bytes);
    reader.finish();
    std::vector<std::string_view> names;
    while (const auto event = reader.poll()) {
      if (const auto* packet = std::get_if<DumpPacket>(&*event)) {
        names.push_back(name_of(packet->verdict));
      }
    }
    return names;
  };
  using Names = std::vector<std::string_view>;
  CHECK(verdicts(before) == Names{"good", "good", "good", "good", "good", "good"});
  CHECK(verdicts(std::nullopt)[0] == "unchecked");
  CHECK(verdicts(static_cast<std::uint16_t>(before + 1)) ==
        Names{"bad", "good", "good", "good", "good", "good"});
}

TEST_CASE("dump: by path packets begin at any byte") {
  DeviceStream s(1, 3000);
  const auto part = [&](std::size_t from, std::size_t count, std::uint16_t initial) {
    const auto bytes = Bytes(s.content).subspan(from, count);
    s.message(Data{bytes, crc16(bytes, initial)});
    return crc16(bytes, initial);
  };
  s.init(0x02).message(Path{"dsm/1.jpg"}).message(Start{3000}).message(Sync{0});
  part(1024, 300, part(0, 1024, 0));
  s.message(Sync{1324});
  part(2348, 652, part(1324, 1024, 0));
  std::vector<std::uint64_t> places;
  DumpReader reader;
  reader.received(s.bytes);
  reader.finish();
  while (const auto event = reader.poll()) {
    if (const auto* packet = std::get_if<DumpPacket>(&*event)) {
      CHECK(packet->verdict == DumpVerdict::good);
      places.push_back(packet->file_offset);
    }
  }
  CHECK(places == std::vector<std::uint64_t>{0, 1024, 1324, 2348});
}

TEST_CASE("dump: a length behind the server's REPEAT INIT is stepped over at the end, too") {
  DeviceStream s(1);
  s.init().message(FileRequest{"%videof"}).start().sync(1).data(1).raw("0009 0000");
  const auto lines = events_of_both(s);
  CHECK(std::ranges::count(lines, "server REPEAT INIT") == 1);
  for (const auto& line : lines) {
    CHECK(line.find("skipped") == line.npos);
  }
}

TEST_CASE("dump: by path packets are numbered by their own size, whether they tell places or not") {
  for (const bool enhanced : {true, false}) {
    DeviceStream s(1, 1600);
    s.init(0x02).message(Path{"%a.jpg"}).message(Start{1600}).message(Sync{0});
    std::uint16_t chain = 0;
    for (std::uint32_t at = 0; at < 1600; at += 500) {
      const auto bytes = Bytes(s.content).subspan(at, std::min<std::size_t>(500, 1600 - at));
      chain = crc16(bytes, chain);
      enhanced ? s.message(EnhancedData{at, bytes, crc16(bytes)}) : s.message(Data{bytes, chain});
    }
    std::vector<std::uint32_t> numbers;
    DumpReader reader;
    reader.received(s.bytes);
    reader.finish();
    while (const auto event = reader.poll()) {
      if (const auto* packet = std::get_if<DumpPacket>(&*event)) {
        CHECK(packet->verdict == DumpVerdict::good);
        numbers.push_back(packet->number);
      }
    }
    CAPTURE(enhanced);
    CHECK(numbers == std::vector<std::uint32_t>{1, 2, 3, 4});
  }
}

TEST_CASE("dump: the server's side is followed until it is damaged or lost") {
  const auto request = encode(FileRequest{"%photor"});
  const auto after = [&](const auto& before) {
    DumpReader reader;
    DumpLines log;
    before(reader);
    log.drain(reader);
    reader.server_received(request);
    log.drain(reader);
    return log.lines();
  };
  CHECK(after([](DumpReader&) {}) == Lines{"server FILE REQUEST photor"});
  CHECK(after([](DumpReader& reader) { reader.server_received(from_hex("0102 0304")); }).empty());
  CHECK(after([](DumpReader& reader) { reader.server_lost(); }).empty());
  CHECK(after([](DumpReader& reader) { reader.server_received(from_hex("0005 00")); }).empty());
}

TEST_CASE(
    "dump: the server's words are told behind what the device had sent, up to 4 KiB of them") {
  DeviceStream s(3);
  s.init().start().sync(1).data(3);
  s.flip(s.starts[2] + 50);
  const auto told = [&](std::size_t words) {
    DumpReader reader;
    DumpLines log;
    reader.received(s.bytes);
    log.drain(reader);
    for (; words != 0; --words) {
      reader.server_received(encode(Resume{3}));
      log.drain(reader);
    }
    reader.finish();
    log.drain(reader);
    const auto lines = log.lines();
    const auto first = std::ranges::find(lines, "server RESUME 3");
    return std::ranges::count_if(first, lines.end(),
                                 [](const auto& line) { return line.contains(" bad 3 "); });
  };
  CHECK(told(1) == 0);
  CHECK(told(1000) == 1);
}

TEST_CASE("dump: what the server asks for tells the kind of the next file alone") {
  DumpReader reader;
  DumpLines log;
  const auto first = DeviceStream(1).init(0x0C).start().sync(1).data(1).message(Status{0});
  reader.server_received(encode(FileRequest{"%photor"}));
  reader.received(first.bytes);
  log.drain(reader);
  reader.received(DeviceStream(1).start().bytes);
  log.drain(reader);
  reader.server_received(encode(FileRequest{"dsm/1.jpg"})); // by path: of no kind
  reader.received(DeviceStream(1).start().bytes);
  log.drain(reader);
  const auto lines = log.lines();
  std::vector<std::string> began;
  for (const auto& line : lines) {
    if (line.contains(" began ")) {
      began.push_back(line.substr(line.find("began")));
    }
  }
  CHECK(began == Lines{"began photor 1", "began ? 1", "began ? 1"});
}

} // namespace dualcam::dump_sides_test
