// How a session goes: what is asked for, waited for and passed over.
#include "session/photo_testing.hpp"

namespace dualcam::server_session_test {

using namespace photo_testing;

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

} // namespace dualcam::server_session_test
