// Packets that are damaged, repeated, too far or of other sizes.
#include "session/photo_testing.hpp"

namespace dualcam::session_packets_test {

using namespace photo_testing;

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

TEST_CASE("session: an absurd number of packets is no reason to allocate") {
  TestHost host(no_metadata);
  start_photo(host, 0xFFFFFFFF);
  host.receive(data_packets(random_bytes(1024, 1), 1, 1));
  CHECK(host.has_event("data 1"));
}

} // namespace dualcam::session_packets_test
