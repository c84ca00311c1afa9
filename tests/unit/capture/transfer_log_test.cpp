#include "dualcam/capture/transfer_log.hpp"

#include <map>

#include "capture/dump_testing.hpp"

namespace dualcam::transfer_log_test {
namespace {

/// What one connection carried, and whether its end was captured before the next one began.
struct Connection {
  ByteBuffer bytes;
  bool ends = true;
};

/// `videof 20: 20 good, 0 bad, 0 missing, 1 repeated, in 2, complete a1b2, stated`
std::string summary(const CapturedTransfer& transfer) {
  std::string text = transfer.file ? transfer.file->text() : "?";
  text += ' ' + (transfer.announced ? std::to_string(*transfer.announced) : "?");
  text += ": " + std::to_string(transfer.count(DumpVerdict::good)) + " good, " +
          std::to_string(transfer.bad()) + " bad, " + std::to_string(transfer.missing_count()) +
          " missing, " + std::to_string(transfer.repeated()) + " repeated, in " +
          std::to_string(transfer.connections) + (transfer.is_complete() ? ", complete" : "") +
          ", " + std::string(name_of(transfer.numbering()));
  return text;
}

Lines drain(TransferLog& log) {
  Lines lines;
  while (const auto finding = log.poll()) {
    const auto* transfer = std::get_if<CapturedTransfer>(&*finding);
    lines.push_back(transfer != nullptr
                        ? summary(*transfer)
                        : "stray " +
                              std::to_string(std::get<CapturedStray>(*finding).skipped.bytes));
  }
  return lines;
}

/// Connections one after the other; those whose end is not seen end with the capture.
Lines log_of(const std::vector<Connection>& connections, std::uint64_t most_entries = 1000) {
  TransferLog log(most_entries);
  std::vector<DumpReader> readers(connections.size());
  const auto take = [&](std::size_t i) {
    while (const auto event = readers[i].poll()) {
      log.event({i + 1, "camera", "server"}, *event);
    }
  };
  const auto end = [&](std::size_t i) {
    readers[i].finish();
    take(i);
    log.over({i + 1, "camera", "server"});
  };
  for (std::size_t i = 0; i < connections.size(); ++i) {
    readers[i].received(connections[i].bytes);
    take(i);
    if (connections[i].ends) {
      end(i);
    }
  }
  for (std::size_t i = 0; i < connections.size(); ++i) {
    if (!connections[i].ends) {
      end(i);
    }
  }
  log.finish();
  return drain(log);
}

/// A connection that carries `count` packets of a file of 20 from `first` on.
Connection part(std::uint32_t first, std::uint32_t count, bool ends = true, std::uint32_t seed = 1,
                std::uint8_t offers = 0x10) {
  DeviceStream s(20, 300, seed);
  s.init(offers).start().sync(first).data(count);
  return {s.bytes, ends};
}

constexpr auto whole = "videof 20: 20 good, 0 bad, 0 missing, 0 repeated, in 1, complete, stated";

} // namespace

TEST_CASE(
    "transfers: a packet that is as large as others is not the last, whatever the usual size") {
  for (const std::size_t size : {512U, 700U, 1024U}) {
    CAPTURE(size);
    constexpr std::uint32_t count = 11;
    const auto content = random_bytes((count - 1) * size + 100, 1);
    DeviceStream s;
    s.init().message(Start{count}).message(Sync{1});
    std::uint16_t crc = 0;
    for (std::uint32_t i = 0; i < count; ++i) {
      const auto rest = Bytes(content).subspan(i * size);
      const auto payload = rest.first(std::min(rest.size(), size));
      crc = crc16(payload, crc);
      const auto begin = s.bytes.size();
      s.message(Data{payload, crc});
      if (i % 2 != 0) {
        s.flip(begin + 40);
      }
    }
    s.init(0);
    CHECK(log_of({{s.bytes}}) ==
          Lines{"videof 11: 6 good, 5 bad, 0 missing, 0 repeated, in 1, stated"});
  }
}

TEST_CASE("transfer log: one file over several connections") {
  struct Case {
    const char* name;
    std::vector<Connection> connections;
    Lines lines;
  };
  const auto cut = [] { // in the middle of packet 8
    auto connection = part(1, 8);
    connection.bytes.resize(connection.bytes.size() - 500);
    return connection;
  };
  const auto flipped = [] {
    auto connection = part(9, 12);
    connection.bytes[5000] ^= std::byte{1};
    return connection;
  };
  const std::vector<Case> cases{
      {"one", {part(1, 20)}, {whole}},
      {"two",
       {part(1, 8), part(9, 12)},
       {"videof 20: 20 good, 0 bad, 0 missing, 0 repeated, in 2, complete, stated"}},
      {"an overlap",
       {part(1, 8), part(7, 14)},
       {"videof 20: 22 good, 0 bad, 0 missing, 2 repeated, in 2, complete, stated"}},
      {"the first is silent, and ends with the capture",
       {part(1, 8, false), part(9, 12)},
       {"videof 20: 20 good, 0 bad, 0 missing, 0 repeated, in 2, complete, stated"}},
      {"both are",
       {part(1, 8, false), part(9, 12, false)},
       {"videof 20: 20 good, 0 bad, 0 missing, 0 repeated, in 2, complete, stated"}},
      {"three, in whatever order they end",
       {part(1, 8, false), part(9, 4), part(13, 8)},
       {"videof 20: 20 good, 0 bad, 0 missing, 0 repeated, in 3, complete, stated"}},
      {"three, the middle one is silent",
       {part(1, 8), part(9, 4, false), part(13, 8)},
       {"videof 20: 20 good, 0 bad, 0 missing, 0 repeated, in 3, complete, stated"}},
      {"cut in mid-packet",
       {cut(), part(8, 13)},
       {"videof 20: 20 good, 1 bad, 0 missing, 1 repeated, in 2, complete, stated"}},
      {"damaged",
       {part(1, 8), flipped()},
       {"videof 20: 19 good, 1 bad, 0 missing, 0 repeated, in 2, stated"}},
      {"something is missing in between",
       {part(1, 8), part(11, 10)},
       {"videof 20: 18 good, 0 bad, 2 missing, 0 repeated, in 2, stated"}},
      {"nobody comes back",
       {part(1, 8)},
       {"videof 20: 8 good, 0 bad, 12 missing, 0 repeated, in 1, stated"}},
      {"the file was replaced",
       {part(1, 8), part(8, 13, true, 2)},
       {"videof 20: 8 good, 0 bad, 12 missing, 0 repeated, in 1, stated",
        "videof 20: 13 good, 0 bad, 7 missing, 0 repeated, in 1, stated"}},
      {"another kind",
       {part(1, 8), part(9, 12, true, 1, 0x20)},
       {"videof 20: 8 good, 0 bad, 12 missing, 0 repeated, in 1, stated",
        "videor 20: 12 good, 0 bad, 8 missing, 0 repeated, in 1, stated"}},
      {"from the start again",
       {part(1, 8), part(1, 20)},
       {"videof 20: 28 good, 0 bad, 0 missing, 8 repeated, in 2, complete, stated"}},
      {"from the start again, and cut before anything was new",
       {part(1, 8), part(1, 3), part(9, 12)},
       {"videof 20: 23 good, 0 bad, 0 missing, 3 repeated, in 3, complete, stated"}},
      {"from the start again, and it is another file",
       {part(1, 8), part(1, 20, true, 2)},
       {"videof 20: 8 good, 0 bad, 12 missing, 0 repeated, in 1, stated", whole}},
      {"nothing came the first time",
       {part(1, 0), part(1, 20)},
       {"videof 20: 20 good, 0 bad, 0 missing, 0 repeated, in 2, complete, stated"}},
      {"a whole file is offered again",
       {part(1, 20), part(20, 1)},
       {"videof 20: 21 good, 0 bad, 0 missing, 1 repeated, in 2, complete, stated"}},
      {"a whole file is offered again, and nobody wants it",
       {part(1, 20), part(1, 0)},
       {"videof 20: 20 good, 0 bad, 0 missing, 0 repeated, in 2, complete, stated"}},
      {"a whole file is offered again, from the start",
       {part(1, 20), part(1, 2), part(1, 20)},
       {"videof 20: 42 good, 0 bad, 0 missing, 22 repeated, in 3, complete, stated"}},
      {"two whole files of the same length",
       {part(1, 20), part(1, 20, true, 2), part(20, 1, true, 2), part(20, 1)},
       {"videof 20: 21 good, 0 bad, 0 missing, 1 repeated, in 2, complete, stated",
        "videof 20: 21 good, 0 bad, 0 missing, 1 repeated, in 2, complete, stated"}},
      {"another file in between",
       {part(1, 8), part(1, 20, true, 2, 0x20), part(9, 12)},
       {"videof 20: 20 good, 0 bad, 0 missing, 0 repeated, in 2, complete, stated",
        "videor 20: 20 good, 0 bad, 0 missing, 0 repeated, in 1, complete, stated"}},
  };
  for (const auto& each : cases) {
    CAPTURE(each.name);
    CHECK(log_of(each.connections) == each.lines);
  }
}

TEST_CASE("transfer log: each packet is known to be of its connection") {
  const auto streams = [](const std::vector<Connection>& connections) {
    TransferLog log;
    for (std::uint64_t i = 0; i < connections.size(); ++i) {
      DumpReader reader;
      reader.received(connections[i].bytes);
      reader.finish();
      while (const auto event = reader.poll()) {
        log.event({i + 1, "camera", "server"}, *event);
      }
      log.over({i + 1, "camera", "server"});
    }
    log.finish();
    const auto transfer = std::get<CapturedTransfer>(log.poll().value());
    std::vector<std::uint64_t> numbers;
    for (std::size_t i = 0; i < transfer.packets.size(); ++i) {
      if (numbers.empty() || numbers.back() != transfer.stream_of_packet(i).number) {
        numbers.push_back(transfer.stream_of_packet(i).number);
      }
    }
    CHECK(transfer.where.empty() == (connections.size() == 1));
    return numbers;
  };
  using Numbers = std::vector<std::uint64_t>;
  CHECK(streams({part(1, 20)}) == Numbers{1});
  CHECK(streams({part(1, 8), part(7, 14)}) == Numbers{1, 2});
  // Of one of them nothing came: an earlier one tells where the file begins, and no more.
  CHECK(streams({part(1, 0), part(1, 20)}) == Numbers{2});
  CHECK(streams({part(1, 0), part(1, 8), part(9, 0), part(9, 12)}) == Numbers{2, 4});
}

TEST_CASE("transfer log: metadata decides which file is gone on with") {
  const auto with = [](std::uint32_t first, std::uint32_t count, std::string_view time) {
    DeviceStream s(20, 300);
    s.init();
    if (!time.empty()) {
      s.raw("000b 000d 01 10").raw(time).raw("00 0003");
    }
    s.start().sync(first).data(count);
    return Connection{s.bytes};
  };
  constexpr auto noon = "00000192d84dac30";
  CHECK(log_of({with(1, 8, noon), with(9, 12, noon)}).size() == 1);
  CHECK(log_of({with(1, 8, noon), with(9, 12, "")}).size() == 1);
  CHECK(log_of({with(1, 8, ""), with(9, 12, noon)}).size() == 1);
  CHECK(log_of({with(1, 8, noon), with(9, 12, "00000192d84dac31")}).size() == 2);
}

TEST_CASE("transfer log: several files in one connection") {
  DeviceStream a(20, 300);
  a.init().start().sync(1).data(20);
  DeviceStream b(5, 300, 2);
  b.init(0x20).start().sync(1).data(5).init(0);
  append(a.bytes, b.bytes);
  CHECK(log_of({{a.bytes}}) ==
        Lines{whole, "videor 5: 5 good, 0 bad, 0 missing, 0 repeated, in 1, complete, stated"});
}

TEST_CASE("transfer log: a file that is asked for again is one, another one is none of it") {
  DeviceStream s(20, 300);
  s.init(0x14).start().sync(1).data(20);
  const auto first = s.bytes.size();
  s.raw("ff01 0006 00000014 0000").sync(20).data(1).init(0);
  const auto asked = [&](std::string_view file) {
    TransferLog log;
    DumpReader reader;
    const auto take = [&] {
      while (const auto event = reader.poll()) {
        log.event({1, "camera", "server"}, *event);
      }
    };
    reader.server_received(encode(FileRequest{"%videof"}));
    reader.received(Bytes(s.bytes).first(first));
    take();
    reader.server_received(encode(FileRequest{file}));
    reader.received(Bytes(s.bytes).subspan(first));
    reader.finish();
    take();
    log.finish();
    return drain(log);
  };
  CHECK(asked("%videof") == Lines{"videof 20: 21 good, 0 bad, 0 missing, 1 repeated, in 1, "
                                  "complete, stated"});
  CHECK(asked("%photof") ==
        Lines{whole, "photof ?: 1 good, 0 bad, 19 missing, 0 repeated, in 1, stated"});
}

TEST_CASE("transfer log: what has no START is not complete by itself") {
  DeviceStream s(20, 300);
  s.init().sync(1).data(8);
  CHECK(log_of({{s.bytes}}) ==
        Lines{"videof ?: 8 good, 0 bad, 0 missing, 0 repeated, in 1, stated"});
  // Nothing proves that it is of the file that goes on where it ends.
  CHECK(log_of({{s.bytes}, part(9, 12)}) ==
        Lines{"videof 20: 12 good, 0 bad, 0 missing, 0 repeated, in 2, inferred"});
  CHECK(log_of({{s.bytes}, part(8, 13)}) ==
        Lines{"videof 20: 21 good, 0 bad, 0 missing, 1 repeated, in 2, complete, stated"});
  s.bytes.erase(s.bytes.begin(), s.bytes.begin() + 16 + 8 + 2000); // begins in mid-stream
  CHECK(log_of({{s.bytes}}) ==
        Lines{"stray 60", "? ?: 6 good, 0 bad, 0 missing, 0 repeated, in 1, unknown"});
}

TEST_CASE("transfer log: a capture that begins in mid-stream belongs to what goes on with it") {
  DeviceStream s(20, 300);
  s.init().start().sync(1).data(8);
  s.bytes.erase(s.bytes.begin(), s.bytes.begin() + 16 + 8 + 2000); // no INIT, no START, no SYNC
  const auto unknown = Connection{s.bytes};
  CHECK(log_of({unknown, part(8, 13)}) ==
        Lines{"stray 70", "videof 20: 19 good, 0 bad, 2 missing, 1 repeated, in 2, inferred"});
  CHECK(log_of({unknown, part(1, 20)}) ==
        Lines{"stray 70",
              "videof 20: 26 good, 0 bad, 0 missing, 6 repeated, in 2, complete, inferred"});
  CHECK(log_of({unknown, part(1, 20, true, 2)}).size() == 3);
}

TEST_CASE("transfer log: inferred numbers are settled by packets that came again, however often") {
  const auto sent_again = [](int times) {
    DeviceStream s(40, 300);
    s.init().start().sync(1).data(30);
    for (int i = 0; i < times; ++i) {
      s.sync(3).data(38);
    }
    s.init(0).erase(s.starts[4] + 500, 3000); // 2 or 3 packets
    return log_of({{s.bytes}});
  };
  CHECK(sent_again(1) ==
        Lines{"videof 40: 64 good, 1 bad, 0 missing, 25 repeated, in 1, complete, inferred"});
  CHECK(sent_again(20) ==
        Lines{"videof 40: 786 good, 1 bad, 0 missing, 747 repeated, in 1, complete, inferred"});
}

TEST_CASE("transfer log: packets lie where those before them end, whatever came first") {
  const auto places_in = [](const DeviceStream& s) {
    TransferLog log;
    DumpReader reader;
    reader.received(s.bytes);
    reader.finish();
    while (const auto event = reader.poll()) {
      log.event({1, "", ""}, *event);
    }
    log.finish();
    const auto finding = log.poll();
    REQUIRE(finding);
    std::vector<std::uint64_t> places;
    for (const auto* packet : std::get<CapturedTransfer>(*finding).best()) {
      places.push_back(packet->file_offset);
    }
    return places;
  };
  // The short last packet is the first one that is whole.
  DeviceStream s(2, 861);
  s.init().start().sync(1).data(2).sync(1).data(2).init(0);
  s.insert(s.starts[0] + 500, random_bytes(279, 9));
  CHECK(places_in(s) == std::vector<std::uint64_t>{0, 1024});
  // Not all are of one size.
  DeviceStream odd(4, 300);
  odd.init().start().sync(1);
  std::uint16_t crc = 0;
  for (const std::size_t size : {1024U, 1000U, 1024U, 10U}) {
    const auto payload = random_bytes(size, static_cast<std::uint32_t>(size));
    crc = crc16(payload, crc);
    odd.message(Data{payload, crc});
  }
  CHECK(places_in(odd.init(0)) == std::vector<std::uint64_t>{0, 1024, 2024, 3048});
}

TEST_CASE("transfer log: of two contents with one CRC the one that came often is to be believed") {
  const auto sent = [](int right, int wrong) {
    DeviceStream s(6, 300);
    s.init().start();
    for (int i = 0; i < right + wrong; ++i) {
      s.sync(1).data(6);
    }
    s.init(0);
    for (int i = 0; i < wrong; ++i) {
      const auto at = s.starts[static_cast<std::size_t>(6 * i + 2)] + 500;
      s.bytes[at] ^= std::byte{0x11}; // the generator polynomial: the CRC stays as it is
      s.bytes[at + 1] ^= std::byte{0x08};
      s.bytes[at + 2] ^= std::byte{0x01};
    }
    return log_of({{s.bytes}}).at(0);
  };
  CHECK(sent(3, 1).starts_with("videof 6: 23 good, 1 bad, 0 missing, 18 repeated, in 1, complete"));
  CHECK(sent(1, 3).starts_with("videof 6: 23 good, 1 bad, 0 missing, 18 repeated, in 1, complete"));
  CHECK(sent(2, 1).starts_with("videof 6: 15 good, 0 bad, 0 missing, 12 repeated, in 1, "));
  CHECK(sent(3, 2).starts_with("videof 6: 25 good, 0 bad, 0 missing, 24 repeated, in 1, "));
}

TEST_CASE("transfer log: stray bytes are told apart from what is skipped in a transfer") {
  DeviceStream s(20, 300);
  s.init().start().sync(1).data(20);
  s.insert(s.starts[3], random_bytes(50, 9));
  s.insert(0, random_bytes(100, 8));
  CHECK(log_of({{s.bytes}}) == Lines{"stray 100", whole});
}

TEST_CASE("transfer log: holds no more entries than it was told to") {
  const auto lines = log_of({part(1, 20)}, 15);
  CHECK(lines == Lines{"videof 20: 15 good, 0 bad, 5 missing, 0 repeated, in 1, stated"});
  // What nobody has gone on with makes room, the oldest first.
  CHECK(log_of({part(1, 8), part(1, 8, true, 2, 0x20), part(1, 8, true, 3, 0x04)}, 16) ==
        Lines{"videof 20: 8 good, 0 bad, 12 missing, 0 repeated, in 1, stated",
              "videor 20: 8 good, 0 bad, 12 missing, 0 repeated, in 1, stated",
              "photof 20: 8 good, 0 bad, 12 missing, 0 repeated, in 1, stated"});
  TransferLog none(0);
  CHECK_FALSE(none.has_room());
  none.event({1, "", ""}, DumpTransferBegan{0, std::nullopt, 1, std::nullopt});
  none.event({1, "", ""}, DumpSkipped{0, 1, 0});
  none.finish();
  const auto finding = none.poll();
  REQUIRE(finding);
  CHECK(std::get<CapturedTransfer>(*finding).not_kept == 1);
}

TEST_CASE("transfer log: no more than so many wait for their rest") {
  std::vector<Connection> connections;
  for (std::uint32_t i = 0; i <= TransferLog::most_suspended; ++i) {
    DeviceStream s(20 + i, 300, i);
    s.init().start().sync(1).data(2);
    connections.push_back({s.bytes});
  }
  DeviceStream first(20, 300, 0);
  first.init().start().sync(3).data(18);
  connections.push_back({first.bytes}); // too late for the first
  const auto lines = log_of(connections);
  CHECK(lines.size() == connections.size());
  CHECK(lines.front() == "videof 20: 2 good, 0 bad, 18 missing, 0 repeated, in 1, stated");
}

TEST_CASE("transfer log: where a payload is kept stays with its packet") {
  TransferLog log;
  DumpReader reader;
  DeviceStream s(3, 300);
  s.session();
  reader.received(s.bytes);
  reader.finish();
  std::uint64_t place = 100;
  while (const auto event = reader.poll()) {
    log.event({1, "", ""}, *event, std::holds_alternative<DumpPacket>(*event) ? place++ : 0);
  }
  log.finish();
  const auto finding = log.poll();
  REQUIRE(finding);
  std::vector<std::uint64_t> places;
  for (const auto* packet : std::get<CapturedTransfer>(*finding).best()) {
    places.push_back(packet->kept_at);
  }
  CHECK(places == std::vector<std::uint64_t>{100, 101, 102});
}

TEST_CASE("transfer log: events that make no sense do no harm") {
  const DumpStream stream{1, "", ""};
  DumpPacket packet{};
  packet.number = 7;
  TransferLog log;
  log.event(stream, packet); // in no transfer
  log.event(stream, DumpTransferEnded{});
  log.over(stream);
  log.over(stream);
  CHECK_FALSE(log.poll());
  log.event(stream, DumpTransferBegan{0, std::nullopt, 9, std::nullopt}); // behind its end
  log.event(stream, packet);
  log.event(stream, DumpTransferBegan{0, std::nullopt, 8, std::nullopt}); // in another
  log.event(stream, DumpMetadata{0, {}, true});
  log.finish();
  log.finish();
  CHECK(drain(log) == Lines{"? 9: 1 good, 0 bad, 8 missing, 0 repeated, in 1, stated",
                            "? 8: 0 good, 0 bad, 8 missing, 0 repeated, in 1, stated"});
}

TEST_CASE("transfer log: a transfer has what was said meanwhile, and nothing from before") {
  const DumpStream stream{1, "", ""};
  TransferLog log;
  log.event(stream, DumpStatus{0, 3}); // of nothing
  log.event(stream, DumpServerCommand{"CLOSE"});
  const auto finish = [&](bool by_path) {
    DumpTransferEnded ended{};
    ended.in_bytes = by_path;
    ended.regular = true;
    log.event(stream, ended);
    log.finish();
    const auto finding = log.poll();
    REQUIRE(finding);
    return std::get<CapturedTransfer>(*finding);
  };
  log.event(stream, DumpTransferBegan{7, std::nullopt, 2, std::nullopt, 0xABCD});
  auto transfer = finish(false);
  CHECK_FALSE(transfer.status);
  CHECK(transfer.asked.empty());
  CHECK(transfer.offset == 7);
  CHECK(transfer.start == 2);
  CHECK(transfer.start_rest == 0xABCD);
  CHECK(transfer.regular_end);

  const auto metadata = from_hex("0102");
  log.event(stream, DumpMetadata{0, metadata, false}); // of the next one
  log.event(stream, DumpPath{0, "dsm/1.jpg"});
  log.event(stream, DumpTransferBegan{9, std::nullopt, 2, 1500, 0, true});
  log.event(stream, DumpServerCommand{"RESUME 1"});
  log.event(stream, DumpServerCommand{"RESUME 2"});
  log.event(stream, DumpStatus{0, 3});
  log.event(stream, DumpStatus{0, 4});
  transfer = finish(true);
  CHECK(transfer.status == 4);
  CHECK(transfer.asked == "RESUME 2");
  CHECK(transfer.metadata == metadata);
  CHECK(transfer.file == FileRef::of_path("dsm/1.jpg"));
  CHECK(transfer.start == 1500);
  CHECK(transfer.announced_bytes == 1500);
  CHECK(transfer.packet_size == 1); // it told none, and nobody divides by 0

  log.event(stream, DumpPath{0, "dsm/1.jpg"});
  log.event(stream, DumpTransferBegan{9, std::nullopt, 2, std::nullopt});
  transfer = finish(false);
  CHECK_FALSE(transfer.file); // it was another file's
  CHECK(transfer.metadata.empty());
}

TEST_CASE("transfer log: metadata tell the kind of a file whose PATH is lost, and of no other") {
  const DumpStream stream{1, "", ""};
  const auto file = [&](bool with_path, bool by_path) {
    TransferLog log;
    if (with_path) {
      log.event(stream, DumpPath{0, "dualcam_rear/1.jpg"});
    }
    log.event(stream, DumpTransferBegan{9, std::nullopt, 2, std::nullopt, 0, by_path});
    DumpTransferEnded ended{};
    ended.kind = FileKind::rear_photo; // as METADATA behind the first packet had it
    ended.in_bytes = by_path;
    log.event(stream, ended);
    log.finish();
    const auto finding = log.poll();
    REQUIRE(finding);
    return std::get<CapturedTransfer>(*finding).file;
  };
  CHECK(file(false, true) == FileKind::rear_photo);
  CHECK(file(true, true) == FileRef::of_path("dualcam_rear/1.jpg"));
  CHECK(file(true, false) == FileKind::rear_photo); // PATH was of another one
}

TEST_CASE("transfer log: a file by path is that file where the device counts packets, too") {
  DeviceStream device(3);
  const std::string path("dsm/picture/231020/231452.jpg\0", 30);
  device.init(0x02).message(Path{path}).start().sync(1).data(3).init(0);
  DumpReader reader;
  TransferLog log;
  const DumpStream stream{1, "", ""};
  reader.received(device.bytes);
  reader.finish();
  while (const auto event = reader.poll()) {
    log.event(stream, *event);
  }
  log.finish();
  const auto finding = log.poll();
  REQUIRE(finding);
  const auto& transfer = std::get<CapturedTransfer>(*finding);
  CHECK(transfer.file == FileRef::of_path("dsm/picture/231020/231452.jpg"));
  CHECK_FALSE(transfer.in_bytes);
  CHECK(transfer.is_complete());
}

TEST_CASE("transfer log: another INIT makes what was said before that of no file") {
  const DumpStream stream{1, "", ""};
  TransferLog log;
  const auto metadata = from_hex("0102");
  log.event(stream, DumpInit{0, Init{5, 42, 0}});
  log.event(stream, DumpMetadata{0, metadata, false});
  log.event(stream, DumpPath{0, "dsm/1.jpg"});
  log.event(stream, DumpInit{0, Init{5, 43, 0}});
  log.event(stream, DumpTransferBegan{0, std::nullopt, 2, 1500, 0, true});
  log.finish();
  const auto finding = log.poll();
  REQUIRE(finding);
  const auto& transfer = std::get<CapturedTransfer>(*finding);
  CHECK(transfer.imei == 43U);
  CHECK(transfer.metadata.empty());
  CHECK_FALSE(transfer.file);
}

TEST_CASE("transfer log: metadata behind the first packet is this file's, a stream's end ends it") {
  const DumpStream stream{1, "", ""};
  const DumpStream other{2, "", ""};
  TransferLog log;
  const auto metadata = from_hex("0102");
  log.event(stream, DumpTransferBegan{0, std::nullopt, 2, std::nullopt});
  log.event(other, DumpTransferBegan{0, std::nullopt, 3, std::nullopt});
  log.event(stream, DumpMetadata{0, metadata, true});
  log.event(stream, DumpSkipped{4, 5, 0});
  log.over(stream);
  log.finish();
  std::vector<CapturedTransfer> all;
  while (const auto finding = log.poll()) {
    all.push_back(std::get<CapturedTransfer>(*finding));
  }
  REQUIRE(all.size() == 2);
  CHECK(all[0].metadata == metadata);
  CHECK(all[0].skipped.size() == 1);
  CHECK(all[1].announced == 3U);
  CHECK(all[1].metadata.empty());
}

} // namespace dualcam::transfer_log_test
