#include "dualcam/session/server_session.hpp"

#include "dualcam/wire/crc16.hpp"
#include "session/session_testing.hpp"

namespace dualcam {
namespace {

// the real device of dualcam-protocol(7)
constexpr auto init_front_photo = "0000 0005 00013ee13c001981 44000400";
constexpr auto init_nothing = "0000 0005 00013ee13c001981 40000400";
constexpr auto init_all = "0000 0005 00013ee13c001981 7c000400";
constexpr auto ask_metadata = "000a00072570686f746f66";
constexpr auto ask_front_photo = "000800072570686f746f66";
constexpr auto metadata_v1 = "000b 000d 01 04 00000192d84dac30 00 0000";

constexpr ServerConfig no_metadata{.metadata = false};

ByteBuffer data_packet(Bytes content, std::uint32_t packet, std::uint16_t& chain) {
  const auto rest = content.subspan(std::size_t{packet - 1} * full_packet);
  const auto payload = rest.first(std::min(rest.size(), full_packet));
  chain = crc16(payload, chain);
  return encode(Data{payload, chain});
}

/// DATA packets from `first` to `last`, the chain going on from `chain`.
ByteBuffer data_packets(Bytes content, std::uint32_t first, std::uint32_t last,
                        std::uint16_t chain = 0) {
  ByteBuffer bytes;
  for (auto packet = first; packet <= last; ++packet) {
    append(bytes, data_packet(content, packet, chain));
  }
  return bytes;
}

/// A host in mid-file: START and SYNC 1 are done, what was sent so far is taken.
void start_photo(TestHost& host, std::uint32_t packets) {
  host.receive(init_front_photo);
  host.receive(encode(Start{packets}));
  host.receive(encode(Sync{1}));
  host.take_sent();
}

} // namespace

TEST_CASE("session: a photo arrives, every command as the protocol has it") {
  const auto content = random_bytes(1500, 1);
  TestHost host;
  host.receive(init_front_photo);
  CHECK(to_hex(host.take_sent()) == ask_metadata);
  host.receive(metadata_v1);
  CHECK(to_hex(host.take_sent()) == ask_front_photo);
  host.receive("0001 0006 00000002 0000");
  CHECK(to_hex(host.take_sent()) == "0002000400000001");
  host.receive("0003 0004 00000001");
  host.receive(data_packets(content, 1, 1));
  CHECK(host.take_sent().empty());
  host.receive(data_packets(content, 2, 2, crc16(Bytes(content).first(1024))));
  CHECK(to_hex(host.take_sent()) == "0009");
  host.receive(init_nothing);
  CHECK(to_hex(host.take_sent()) == "00000000");
  REQUIRE(host.files().size() == 1);
  CHECK(host.files()[0].content == content);
  CHECK(host.files()[0].crc == crc16(content));
  CHECK(host.has_event("metadata photof 010400000192d84dac30000000"));
  CHECK(host.ended()->reason == Ended::Reason::finished);
}

TEST_CASE("session: a device with nothing to offer gets STATUS 0") {
  TestHost host;
  host.receive(init_nothing);
  CHECK(to_hex(host.take_sent()) == "0005000400000000");
  CHECK(host.ended()->reason == Ended::Reason::finished);
}

TEST_CASE("session: a device that is not admitted gets CLOSE") {
  TestHost host;
  host.admit = false;
  host.receive(init_all);
  CHECK(to_hex(host.take_sent()) == "00000000");
  CHECK(host.ended()->reason == Ended::Reason::rejected);
}

TEST_CASE("session: only the wanted kinds are asked for") {
  ServerConfig config = no_metadata;
  config.wanted = FileRef(FileKind::rear_video).kinds();
  TestHost host(config);
  host.receive(init_all);
  CHECK(to_hex(host.take_sent()) == "0008000725766964656f72");
}

TEST_CASE("session: skipped kinds are passed over, also in later rounds") {
  TestHost host(no_metadata);
  host.skipped = FileKinds::all();
  host.skipped.erase(FileKind::rear_photo);
  host.receive(init_all);
  CHECK(to_hex(host.take_sent()) == "000800072570686f746f72");
  host.receive(encode(Start{1}));
  host.receive(encode(Sync{1}));
  host.receive(data_packets(random_bytes(10, 1), 1, 1));
  host.take_sent();
  host.receive("0000 0005 00013ee13c001981 74000400");
  CHECK(to_hex(host.take_sent()) == "00000000");
  CHECK(host.ended()->reason == Ended::Reason::finished);
}

TEST_CASE("session: SYNC may call the first packet 0") {
  const auto content = random_bytes(100, 1);
  TestHost host(no_metadata);
  host.receive(init_front_photo);
  host.receive(encode(Start{1}));
  host.receive(encode(Sync{0}));
  host.receive(data_packets(content, 1, 1));
  REQUIRE(host.files().size() == 1);
  CHECK(host.files()[0].content == content);
}

TEST_CASE("session: after a bad CRC everything is dropped until SYNC") {
  const auto content = random_bytes(5000, 2);
  for (const bool restarts : {true, false}) {
    CAPTURE(restarts);
    TestHost host(no_metadata);
    start_photo(host, 5);
    host.receive(data_packets(content, 1, 2));
    auto stream = data_packets(content, 3, 5, crc16(Bytes(content).first(2048)));
    stream[100] ^= std::byte{1};
    append(stream, from_hex("deadbeef"));
    host.receive(stream);
    CHECK(to_hex(host.take_sent()) == "0002000400000003");
    CHECK(host.has_event("resumed 3: bad CRC"));
    CHECK(host.files().empty());
    host.receive(encode(Sync{3}));
    host.receive(data_packets(content, 3, 5,
                              restarts ? std::uint16_t{0} : crc16(Bytes(content).first(2048))));
    REQUIRE(host.files().size() == 1);
    CHECK(host.files()[0].content == content);
    CHECK(host.files()[0].crc == crc16(content));
  }
}

TEST_CASE("session: after a SYNC the chain stays with the habit that matched") {
  const auto content = random_bytes(5000, 3);
  TestHost host(no_metadata);
  start_photo(host, 5);
  host.receive(data_packets(content, 1, 2));
  host.receive(encode(Sync{3}));
  host.receive(data_packets(content, 3, 3));
  host.receive(data_packets(content, 4, 4, 0)); // restarts again, without a SYNC
  CHECK(host.has_event("resumed 4: bad CRC"));
}

TEST_CASE("session: the captured transfer with a fault ends with a whole file") {
  // dualcam-protocol(7), CRC: packet 339 is 450 bytes short, 4 more are in flight, SYNC 337 twice
  const auto content = random_bytes(584 * 1024 - 300, 4);
  TestHost host(no_metadata);
  start_photo(host, 584);
  host.receive(data_packets(content, 1, 338));
  auto stream = data_packets(content, 339, 343, crc16(Bytes(content).first(338 * 1024)));
  stream.erase(stream.begin() + 500, stream.begin() + 950);
  host.receive(stream);
  CHECK(to_hex(host.take_sent()) == "0002000400000153");
  host.receive(encode(Sync{337}));
  host.receive(data_packets(content, 337, 337));
  host.receive(encode(Sync{337}));
  host.receive(data_packets(content, 337, 584));
  REQUIRE(host.files().size() == 1);
  CHECK(host.files()[0].content == content);
  CHECK(host.files()[0].crc == crc16(content));
}

TEST_CASE("session: RESUME is sent again every 2 s without SYNC, a bounded number of times") {
  TestHost host(no_metadata);
  host.receive(init_front_photo);
  host.receive(encode(Start{3}));
  CHECK(to_hex(host.take_sent()).ends_with("0002000400000001"));
  host.wait(Milliseconds(1'999));
  CHECK(host.take_sent().empty());
  for (int attempt = 0; attempt < 8; ++attempt) {
    host.wait(Milliseconds(2'000));
    CHECK(to_hex(host.take_sent()) == "0002000400000001");
  }
  host.wait(Milliseconds(2'000));
  CHECK(host.ended()->reason == Ended::Reason::bad_line);
}

TEST_CASE("session: silence in mid-file is broken by RESUME, then given up") {
  TestHost host(no_metadata);
  start_photo(host, 3);
  host.wait(Milliseconds(10'000));
  CHECK(to_hex(host.take_sent()) == "0002000400000001");
  CHECK(host.has_event("resumed 1: silence"));
  host.wait(Milliseconds(60'000));
  REQUIRE(host.ended());
}

TEST_CASE("session: single bytes do not extend the deadline") {
  TestHost host(no_metadata);
  host.receive(init_front_photo);
  const auto start = encode(Start{3});
  for (std::size_t i = 0; i + 1 < start.size(); ++i) {
    host.wait(Milliseconds(5'900));
    REQUIRE_FALSE(host.ended());
    host.receive(Bytes(start).subspan(i, 1));
  }
  host.wait(Milliseconds(6'900));
  REQUIRE(host.ended());
  CHECK(host.ended()->reason == Ended::Reason::idle);
}

TEST_CASE("session: a device that keeps going back is given up") {
  const auto content = random_bytes(3000, 6);
  TestHost host(no_metadata);
  start_photo(host, 3);
  host.receive(data_packets(content, 1, 1));
  for (int i = 0; i < 8; ++i) {
    host.receive(encode(Sync{1}));
    host.receive(data_packets(content, 1, 1));
    REQUIRE_FALSE(host.ended());
  }
  host.receive(encode(Sync{1}));
  CHECK(host.ended()->reason == Ended::Reason::bad_line);
}

TEST_CASE("session: a SYNC beyond what was asked for is not followed") {
  const auto content = random_bytes(5000, 7);
  TestHost host(no_metadata);
  start_photo(host, 5);
  host.receive(data_packets(content, 1, 1));
  host.receive(encode(Sync{4}));
  CHECK(to_hex(host.take_sent()) == "0002000400000002");
  CHECK(host.has_event("resumed 2: out of step"));
}

TEST_CASE("session: packets of any size with a right chain are taken, also when asked for again") {
  // the fourth is bad once; sizes of the first, the middle and the last one differ from the others
  for (const auto& sizes : std::vector<std::vector<std::size_t>>{{1024, 500, 1024, 1024, 7},
                                                                 {3, 1024, 1024, 1024, 1024},
                                                                 {1024, 1024, 1024, 1, 0},
                                                                 {1, 2, 3, 4, 5}}) {
    for (const bool restarts : {true, false}) {
      ByteBuffer content;
      std::vector<ByteBuffer> payloads;
      for (const auto size : sizes) {
        payloads.push_back(random_bytes(size, static_cast<std::uint32_t>(payloads.size() + 1)));
        append(content, payloads.back());
      }
      const auto packets = [&](std::size_t first, std::uint16_t chain) {
        ByteBuffer bytes;
        for (auto i = first - 1; i < payloads.size(); ++i) {
          chain = crc16(payloads[i], chain);
          append(bytes, encode(Data{payloads[i], chain}));
        }
        return bytes;
      };
      TestHost host(no_metadata);
      start_photo(host, 5);
      auto damaged = packets(1, 0);
      damaged[damaged.size() - sizes[4] - 6 - 1] ^= std::byte{1};
      host.receive(damaged);
      CHECK(host.has_event("resumed 4: bad CRC"));
      host.receive(encode(Sync{2})); // further back than asked
      const auto chain = restarts ? std::uint16_t{0} : crc16(payloads[0]);
      host.receive(packets(2, chain));
      REQUIRE(host.files().size() == 1);
      CHECK(host.files()[0].content == content);
      CHECK(host.files()[0].crc == crc16(content));
    }
  }
}

TEST_CASE("session: a packet that is repeated with other bytes is no repeat") {
  const auto content = random_bytes(5000, 8);
  for (const std::size_t change : {0U, 500U, 1023U}) {
    auto other = content;
    other[change] ^= std::byte{0x40};
    TestHost host(no_metadata);
    start_photo(host, 5);
    host.receive(data_packets(content, 1, 3));
    host.receive(encode(Sync{1}));
    host.receive(data_packets(other, 1, 5));
    CHECK(host.has_event("resumed 4: out of step"));
    CHECK(host.files().empty());
  }
}

TEST_CASE("session: a device silent about metadata costs one bounded wait") {
  TestHost host;
  host.receive("0000 0005 00013ee13c001981 4c000400");
  CHECK(to_hex(host.take_sent()) == ask_metadata);
  host.wait(Milliseconds(9'999));
  CHECK(host.take_sent().empty());
  host.wait(Milliseconds(1));
  CHECK(to_hex(host.take_sent()) == ask_front_photo);
  host.receive(encode(Start{1}));
  host.receive(encode(Sync{1}));
  host.take_sent();
  host.receive(data_packets(random_bytes(10, 1), 1, 1));
  CHECK(to_hex(host.take_sent()) == "000800072570686f746f72"); // not asked again
}

TEST_CASE("session: metadata that comes late is still taken, and asked for next time") {
  TestHost host;
  host.receive("0000 0005 00013ee13c001981 4c000400");
  host.wait(Milliseconds(11'000));
  host.receive(metadata_v1);
  CHECK(host.has_event("metadata photof 010400000192d84dac30000000"));
  host.receive(encode(Start{1}));
  host.receive(encode(Sync{1}));
  host.take_sent();
  host.receive(data_packets(random_bytes(10, 1), 1, 1));
  CHECK(host.files().size() == 1);
  CHECK(to_hex(host.take_sent()) == "000a00072570686f746f72");
}

TEST_CASE("session: a device that refuses METADATA REQUEST goes on without") {
  TestHost host;
  host.receive(init_front_photo);
  host.take_sent();
  host.receive(encode(Status{21}));
  CHECK(to_hex(host.take_sent()) == ask_front_photo);
}

TEST_CASE("session: START 0 passes on to the next kind") {
  TestHost host(no_metadata);
  host.receive("0000 0005 00013ee13c001981 4c000400");
  host.take_sent();
  host.receive(encode(Start{0}));
  CHECK(host.take_sent().empty()); // another START may come
  host.wait(Milliseconds(1'000));
  CHECK(to_hex(host.take_sent()) == "000800072570686f746f72");
}

TEST_CASE("session: a status from the device fails the file, not the others") {
  for (const auto stage : {0, 1, 2}) {
    CAPTURE(stage);
    TestHost host(no_metadata);
    host.receive("0000 0005 00013ee13c001981 4c000400");
    if (stage > 0) {
      host.receive(encode(Start{3}));
    }
    if (stage > 1) {
      host.receive(encode(Sync{1}));
    }
    host.take_sent();
    host.receive(encode(Status{0x11}));
    CHECK(host.has_event("refused 17"));
    CHECK(to_hex(host.take_sent()) == "000800072570686f746f72");
  }
}

TEST_CASE("session: a device that never pauses but makes no progress is given up") {
  TestHost host(no_metadata);
  start_photo(host, 3);
  const auto noise = ByteBuffer(1000, std::byte{0x55});
  for (int second = 0; second < 70 && !host.ended(); ++second) {
    host.pass(std::chrono::seconds(1)); // and no tick, as bytes are always there
    host.receive(noise);
  }
  REQUIRE(host.ended());
  CHECK(host.ended()->reason != Ended::Reason::finished);
}

TEST_CASE("session: a status behind the last packet ends the file, it does not fail it") {
  TestHost host(no_metadata);
  start_photo(host, 1);
  auto stream = data_packets(random_bytes(10, 1), 1, 1);
  append(stream, encode(Status{0}));
  host.receive(stream);
  CHECK(host.files().size() == 1);
  CHECK_FALSE(host.ended());
  host.receive(init_nothing);
  CHECK(host.ended()->reason == Ended::Reason::finished);
}

TEST_CASE("session: a status behind the last packet does not fail the next file") {
  TestHost host(no_metadata);
  host.receive(init_all);
  host.receive(encode(Start{1}));
  host.receive(encode(Sync{1}));
  auto stream = data_packets(random_bytes(10, 1), 1, 1);
  append(stream, encode(Status{0}));
  host.receive(stream);
  host.receive(encode(Start{1}));
  host.receive(encode(Sync{1}));
  host.receive(data_packets(random_bytes(10, 2), 1, 1));
  CHECK(host.files().size() == 2);
}

TEST_CASE("session: a device that calls a file done early is asked for the rest") {
  const auto content = random_bytes(3000, 9);
  TestHost host(no_metadata);
  start_photo(host, 3);
  host.receive(data_packets(content, 1, 1));
  host.receive(encode(Status{0}));
  CHECK(to_hex(host.take_sent()) == "0002000400000002");
}

TEST_CASE("session: several files of one kind come one a round") {
  TestHost host(no_metadata);
  for (std::uint32_t round = 1; round <= 3; ++round) {
    host.receive(init_front_photo);
    host.receive(encode(Start{1}));
    host.receive(encode(Sync{1}));
    host.receive(data_packets(random_bytes(round, round), 1, 1));
  }
  host.receive(init_nothing);
  CHECK(host.files().size() == 3);
  CHECK(host.ended()->reason == Ended::Reason::finished);
}

TEST_CASE("session: repeats that arrive behind the last packet are no harm") {
  const auto content = random_bytes(2000, 10);
  TestHost host(no_metadata);
  start_photo(host, 2);
  host.receive(data_packets(content, 1, 2));
  host.receive(encode(Sync{2}));
  host.receive(data_packets(content, 2, 2));
  host.receive(init_nothing);
  CHECK(host.files().size() == 1);
  CHECK(host.ended()->reason == Ended::Reason::finished);
}

TEST_CASE("session: a repeated INIT with another IMEI ends the session") {
  TestHost host(no_metadata);
  start_photo(host, 1);
  host.receive(data_packets(random_bytes(10, 1), 1, 1));
  host.receive("0000 0005 00013ee13c001982 44000400");
  CHECK(host.ended()->reason == Ended::Reason::violation);
}

TEST_CASE("session: a device that never answers REPEAT INIT is left in peace") {
  TestHost host(no_metadata);
  start_photo(host, 1);
  host.receive(data_packets(random_bytes(10, 1), 1, 1));
  host.take_sent();
  host.wait(Milliseconds(10'000));
  CHECK(to_hex(host.take_sent()) == "00000000");
  CHECK(host.ended()->reason == Ended::Reason::unanswered);
}

TEST_CASE("session: a lost connection is told from one that is done") {
  TestHost in_file(no_metadata);
  start_photo(in_file, 2);
  in_file.disconnect();
  CHECK(in_file.ended()->reason == Ended::Reason::lost);

  TestHost behind_file(no_metadata);
  start_photo(behind_file, 1);
  behind_file.receive(data_packets(random_bytes(10, 1), 1, 1));
  CHECK(behind_file.files().size() == 1);
  behind_file.disconnect(); // the next INIT might have offered more
  CHECK(behind_file.ended()->reason == Ended::Reason::unanswered);

  TestHost done(no_metadata);
  start_photo(done, 1);
  done.receive(data_packets(random_bytes(10, 1), 1, 1));
  done.receive(init_nothing);
  done.disconnect();
  CHECK(done.ended()->reason == Ended::Reason::finished);
}

TEST_CASE("session: an absurd number of packets is no reason to allocate") {
  TestHost host(no_metadata);
  start_photo(host, 0xFFFFFFFF);
  host.receive(data_packets(random_bytes(1024, 1), 1, 1));
  CHECK(host.has_event("data 1"));
}

TEST_CASE("session: what cannot be fetched is told with its reason, and CLOSE") {
  TestHost host;
  host.receive("0000 0005 00013ee13c001981 c1000400");
  CHECK(to_hex(host.take_sent()) == "00000000");
  CHECK(host.ended()->reason == Ended::Reason::unsupported);
  CHECK(host.ended()->text.find("unknown") != std::string::npos);
}

TEST_CASE("session: STATUS 0, \"completed\", is for devices whose every file is stored") {
  const auto photo = random_bytes(10, 1);
  SECTION("the host has enough, all is stored") {
    TestHost host(no_metadata);
    host.enough = 1;
    start_photo(host, 1);
    host.receive(data_packets(photo, 1, 1));
    CHECK(to_hex(host.take_sent()) == "0005000400000000");
  }
  SECTION("the host has enough, something is left") {
    for (const auto* init :
         {"0000 0005 00013ee13c001981 4c000400", "0000 0005 00013ee13c001981 46000400"}) {
      TestHost host(no_metadata);
      host.enough = 1;
      host.receive(init);
      host.receive(encode(Start{1}));
      host.receive(encode(Sync{1}));
      host.take_sent();
      host.receive(data_packets(photo, 1, 1));
      CHECK(to_hex(host.take_sent()) == "00000000");
      REQUIRE(host.ended());
      CHECK(host.ended()->reason == Ended::Reason::finished);
    }
  }
  SECTION("not all is wanted") {
    ServerConfig config = no_metadata;
    config.wanted = FileKinds::all() - FileRef(FileKind::front_photo).kinds();
    TestHost host(config);
    host.receive(init_front_photo);
    CHECK(to_hex(host.take_sent()) == "00000000");
  }
  SECTION("the host leaves it") {
    TestHost host(no_metadata);
    host.skipped = FileKinds::all();
    host.receive(init_front_photo);
    CHECK(to_hex(host.take_sent()) == "00000000");
  }
  SECTION("the host ends it in mid-file") {
    TestHost host(no_metadata);
    start_photo(host, 2);
    host.receive(data_packets(random_bytes(2000, 1), 1, 1));
    host.session().finish();
    host.perform();
    CHECK(to_hex(host.take_sent()) == "00000000");
  }
  SECTION("the device gives up in mid-file, at any point") {
    for (const auto stage : {0, 1, 2, 3}) {
      TestHost host(no_metadata);
      host.receive(init_front_photo);
      host.receive(stage > 0 ? encode(Start{2}) : ByteBuffer());
      host.receive(stage > 1 ? encode(Sync{1}) : ByteBuffer());
      host.receive(stage > 2 ? data_packets(random_bytes(2000, 1), 1, 1) : ByteBuffer());
      host.take_sent();
      host.receive(encode(Status{4}));
      CHECK(to_hex(host.take_sent()) == "00000000");
      CHECK(host.has_event("refused 4"));
    }
  }
  SECTION("the device has not got it after all") {
    TestHost host(no_metadata);
    host.receive(init_front_photo);
    host.take_sent();
    host.receive(encode(Start{0}));
    host.wait(Milliseconds(1'000));
    CHECK(to_hex(host.take_sent()) == "0005000400000000");
  }
}

TEST_CASE("session: while a question is open there is no deadline, and nothing comes") {
  ServerSession session({}, TimePoint{});
  CHECK(session.deadline() == TimePoint{} + Milliseconds(60'000));
  const auto init =
      from_hex("0000 0005 00013ee13c001981 46000400"); // and a path: no Note behind it
  session.received(init, TimePoint{});
  REQUIRE(std::holds_alternative<Identified>(*session.poll()));
  const auto late = TimePoint{} + std::chrono::hours(1);
  for (int i = 0; i < 3; ++i) {
    CHECK(session.deadline() == TimePoint::max());
    session.tick(late);
    CHECK_FALSE(session.poll());
  }
  session.accept(late); // the host's hour was not the device's
  CHECK(session.deadline() > late);
  CHECK(std::holds_alternative<Send>(*session.poll()));
  CHECK_FALSE(session.poll());
  session.disconnected();
  CHECK(session.deadline() == TimePoint::max());
}

TEST_CASE(
    "session: an answer that was not asked for is the host's mistake, after the end no matter") {
  ServerSession session(no_metadata, TimePoint{});
  CHECK_THROWS_AS(session.accept(TimePoint{}), std::logic_error);
  const auto init = from_hex(init_front_photo);
  session.received(init, TimePoint{});
  CHECK_THROWS_AS(session.accept(TimePoint{}), std::logic_error); // not polled yet
  REQUIRE(session.poll());
  CHECK_THROWS_AS(session.fetch(TimePoint{}), std::logic_error);
  session.accept(TimePoint{});
  while (session.poll()) {
  }
  CHECK_THROWS_AS(session.begin(TimePoint{}), std::logic_error);
  session.fetch(TimePoint{});
  session.disconnected();
  session.stored(TimePoint{});
  session.skip(TimePoint{});
  while (session.poll()) {
  }
  CHECK(session.ended());
}

} // namespace dualcam
