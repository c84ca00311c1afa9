// How connections end, and what comes when they have, of them or of others between the same ports.
#include "tools/common/tcp_testing.hpp"

namespace dualcam::tcp_endings_test {

using namespace tcp_testing;
namespace {

/// A connection of 5,000 bytes from byte 10,000,000 on, and bytes from `at` on of one between the
/// same ports: whether these came.
bool comes_from_the_same_port(std::string_view ending, std::uint32_t at, bool with_syn) {
  Reassembly tcp;
  const auto camera = client(1);
  constexpr std::uint32_t first = 10'000'000;
  tcp.add({camera, server, first, 0, true, false, false, false, {}, 0});
  tcp.data(camera, first, 5'000);
  if (ending == "FIN") {
    tcp.fin(camera, first + 5'000);
    tcp.add({server, camera, 1, 0, false, true, true, false, {}, 0});
  } else if (ending == "RST") {
    tcp.add({camera, server, first + 5'001, 0, false, true, false, true, {}, 0});
  }
  if (with_syn) {
    tcp.add({camera, server, at, 0, true, false, false, false, {}, 0});
  }
  for (std::uint32_t i = 0; i < 5; ++i) {
    tcp.data(camera, at + i * 1'000, 1'000);
  }
  tcp.reassembly.finish();
  CHECK(tcp.of(camera).missing == 0);
  return tcp.of(camera).bytes == 10'000;
}

} // namespace

TEST_CASE("tcp: a port that is used again is another connection") {
  for (const std::uint32_t at : {0U, 9'000'000U, 9'990'000U, 10'000'000U, 10'005'001U, 10'500'000U,
                                 12'000'000U, 2'150'000'000U, 4'290'000'000U}) {
    for (const std::string_view ending : {"FIN", "RST"}) {
      CAPTURE(at, ending);
      CHECK(comes_from_the_same_port(ending, at, true));
      CHECK(comes_from_the_same_port(ending, at, false));
    }
    CAPTURE(at);
    CHECK(comes_from_the_same_port("", at, true));
  }
  CHECK(comes_from_the_same_port("", 8'000'000, false)); // far before its first byte
}

TEST_CASE("tcp: whoever has ended says nothing more: it is another connection, even if half") {
  Reassembly tcp;
  const auto camera = client(1);
  tcp.syn(camera);
  tcp.data(camera, 0, 100);
  tcp.fin(camera, 100);
  tcp.data(camera, 50, 50); // a retransmission
  CHECK_FALSE(tcp.of(camera).over);
  tcp.data(camera, 50, 51);
  CHECK(tcp.of(camera).over);
  tcp.reassembly.finish();
  CHECK(tcp.of(camera).bytes == 151);
}

TEST_CASE("tcp: what was captured behind a RST of either side, but sent before it, is read") {
  for (const bool by_camera : {false, true}) {
    CAPTURE(by_camera);
    Reassembly tcp;
    const auto camera = client(1);
    tcp.syn(camera);
    tcp.data(camera, 0, 100);
    const auto reset = by_camera
                           ? TcpSegment{camera, server, 121, 0, false, false, false, true, {}, 0}
                           : TcpSegment{server, camera, 1, 0, false, false, false, true, {}, 0};
    tcp.add(reset);
    tcp.data(camera, 50, 50);
    tcp.data(camera, 110, 10);
    tcp.data(camera, 100, 10);
    CHECK_FALSE(tcp.of(camera).over);
    CHECK(tcp.of(camera).bytes == 120);
    tcp.reassembly.finish();
    CHECK(tcp.of(camera).over);
    CHECK(tcp.reassembly.given_up() == 0);
  }
}

TEST_CASE("tcp: whoever goes on at the very next byte has not sent the RST") {
  for (const std::uint32_t at : {51U, 101U}) { // an old one, or somebody else's
    for (const bool mid_stream : {false, true}) {
      CAPTURE(at, mid_stream);
      Reassembly tcp;
      const auto camera = client(1);
      if (!mid_stream) {
        tcp.syn(camera);
        tcp.data(camera, 0, 100);
      }
      tcp.add({camera, server, at, 0, false, false, false, true, {}, 0});
      for (std::uint32_t i = 1; i <= 5; ++i) {
        tcp.data(camera, i * 100, 100);
      }
      CHECK_FALSE(tcp.of(camera).over);
      tcp.reassembly.finish();
      CHECK(tcp.of(camera).bytes == (mid_stream ? 500 : 600));
    }
  }
}

TEST_CASE("tcp: behind a RST, another connection is told by what it acknowledges, too") {
  for (const std::uint32_t acknowledged : {3'000'000U, 2'000'000'000U, 4'000'000'000U}) {
    for (const bool server_is_seen : {true, false}) {
      CAPTURE(acknowledged, server_is_seen);
      Reassembly tcp;
      const auto camera = client(1);
      tcp.syn(camera);
      if (server_is_seen) {
        tcp.add({server, camera, 100, 1, true, true, false, false, {}, 0});
      }
      const ByteBuffer bytes(100);
      tcp.add({camera, server, 1, 101, false, true, false, false, bytes, bytes.size()});
      tcp.add({server, camera, 101, 101, false, true, false, true, {}, 0});
      tcp.add({camera, server, 101, 150, false, true, false, false, bytes, bytes.size()});
      CHECK_FALSE(tcp.of(camera).over);
      tcp.add({camera, server, 301, acknowledged, false, true, false, false, bytes, bytes.size()});
      CHECK(tcp.of(camera).over);
      tcp.reassembly.finish();
      CHECK(tcp.of(camera).bytes == 300);
      CHECK(tcp.of(camera).missing == 0);
    }
  }
}

TEST_CASE("tcp: without any ending, another connection is told by numbers that are both odd") {
  const auto camera = client(1);
  const ByteBuffer bytes(100);
  const auto said = [&](std::uint32_t at, std::uint32_t acknowledged) {
    Reassembly tcp;
    tcp.add({camera, server, 1, 101, false, true, false, false, bytes, bytes.size()});
    tcp.add({server, camera, 101, 101, false, true, false, false, bytes, 4});
    tcp.add({camera, server, at, acknowledged, false, true, false, false, bytes, bytes.size()});
    return tcp.of(camera).over;
  };
  for (const std::uint32_t at : {1U, 51U, 101U, 151U, 5'000U}) {
    CAPTURE(at);
    CHECK_FALSE(said(at, 105));
    CHECK_FALSE(said(at, 101));
    CHECK_FALSE(said(at, 3'000'000)); // what the server said is not in the capture
    CHECK(said(at, 1'000'000'000) == (at != 101));
    CHECK(said(at, 4'000'000'000) == (at != 101));
  }
}

TEST_CASE("tcp: a SYN of the server that answers another one begins a connection") {
  const auto camera = client(1);
  for (const std::uint32_t answered : {0U, 40U, 50'000U, 4'000'000'000U}) {
    CAPTURE(answered);
    const bool is_own = answered <= 40; // a SYN may bring data
    Reassembly tcp;
    tcp.syn(camera);
    tcp.data(camera, 0, 100);
    tcp.add({server, camera, 7'000, answered + 1, true, true, false, false, {}, 0});
    CHECK(tcp.of(camera).over == !is_own);
    tcp.data(camera, is_own ? 100 : answered, 100);
    tcp.reassembly.finish();
    CHECK(tcp.of(camera).bytes == 200);
    CHECK(tcp.of(camera).missing == 0);
  }
}

TEST_CASE("tcp: of what was reset the latest connections are read on, the rest is counted") {
  constexpr std::uint32_t connections = TcpReassembly::most_reset + 2;
  Reassembly tcp;
  for (std::uint32_t i = 0; i < connections; ++i) {
    tcp.syn(client(i));
    tcp.data(client(i), 0, 100);
    tcp.add({server, client(i), 1, 0, false, false, false, true, {}, 0});
  }
  for (std::uint32_t i = 0; i < connections; ++i) {
    tcp.data(client(i), 100, 100);
    CHECK(tcp.of(client(i)).bytes == (i < 2 ? 100 : 200));
  }
  CHECK(tcp.reassembly.behind_end() == 2);
}

TEST_CASE("tcp: segments that come again with other bytes are counted") {
  const auto said = random_bytes(5'000, 1);
  const auto other = random_bytes(5'000, 2);
  const auto camera = client(1);
  for (const bool is_over : {false, true}) {
    CAPTURE(is_over);
    Reassembly tcp;
    const auto data = [&](const ByteBuffer& bytes, std::size_t at, std::size_t size) {
      tcp.add({camera, server, static_cast<std::uint32_t>(at) + 1, 0, false, true, false, false,
               Bytes(bytes).subspan(at, size), size});
    };
    tcp.syn(camera);
    for (const std::size_t at : {0U, 1'000U, 3'000U, 2'000U}) {
      data(said, at, 1'000);
    }
    if (is_over) {
      tcp.fin(camera, 4'000);
      tcp.add({server, camera, 1, 0, false, true, true, false, {}, 0});
      REQUIRE(tcp.of(camera).over);
    }
    data(said, 1'000, 2'000);
    data(other, 1'000, 1'000);
    data(other, 1'900, 1); // a keep-alive
    data(other, 2'000, 1'500);
    if (!is_over) {
      data(said, 4'500, 500); // it waits
      data(other, 3'000, 1'000);
      data(other, 3'000, 1'500); // the rest is new
    }
    tcp.reassembly.finish();
    CHECK(tcp.reassembly.differing() == (is_over ? 2 : 4));
    CHECK(tcp.of(camera).bytes == (is_over ? 4'000 : 5'000));
  }
}

TEST_CASE("tcp: a RST ends a connection, but not one of which it does not know the numbers") {
  for (const std::uint32_t at : {0U, 500U, 1000U, 5000U, 3'000'000U, 4'000'000'000U}) {
    CAPTURE(at);
    Reassembly tcp;
    tcp.syn(client(1));
    tcp.data(client(1), 0, 1000);
    tcp.add({client(1), server, at + 1, 0, false, false, false, true, {}, 0});
    tcp.add({server, client(1), 1, 0, false, true, true, false, {}, 0});
    tcp.data(client(1), 1100, 1000);
    CHECK(tcp.of(client(1)).over == (at <= 1000));
    tcp.reassembly.finish();
    CHECK(tcp.of(client(1)).bytes == 2000);
  }
}

TEST_CASE("tcp: a FIN of the connection before does not end the one behind it") {
  Reassembly tcp;
  const auto camera = client(1);
  tcp.add({camera, server, 5'000, 0, true, false, false, false, {}, 0});
  tcp.add({server, camera, 7'000, 5'001, true, true, false, false, {}, 0});
  tcp.fin(camera, 4'000);
  tcp.add({server, camera, 6'000, 4'002, false, true, true, false, {}, 0});
  tcp.data(camera, 5'000, 10);
  CHECK_FALSE(tcp.of(camera).over);
  CHECK(tcp.of(camera).bytes == 10);
}

TEST_CASE("tcp: a SYN that comes again begins no other connection") {
  Reassembly tcp;
  tcp.syn(client(1));
  tcp.syn(client(1));
  tcp.data(client(1), 0, 10);
  tcp.reassembly.finish();
  CHECK(tcp.streams.connections == 1);
  CHECK(tcp.of(client(1)).bytes == 10);
}

TEST_CASE("tcp: an old FIN, before the SYN or behind it, cuts no stream") {
  for (const bool with_syn : {true, false}) {
    for (const std::uint32_t at : {1'001U, 2'500U, 4'300U}) {
      CAPTURE(with_syn, at);
      Reassembly tcp;
      const auto camera = client(1);
      if (with_syn) {
        tcp.syn(camera);
      }
      tcp.fin(camera, at);
      if (!with_syn) {
        tcp.syn(camera);
      }
      for (std::uint32_t i = 0; i < 5; ++i) {
        tcp.data(camera, i * 1'000, 1'000);
      }
      CHECK_FALSE(tcp.of(camera).over);
      tcp.reassembly.finish();
      CHECK(tcp.of(camera).bytes == 5'000);
      CHECK(tcp.of(camera).missing == 0);
    }
  }
}

TEST_CASE("tcp: a keep-alive of whoever has said all is none of the stream") {
  Reassembly tcp;
  const auto camera = client(1);
  tcp.syn(camera);
  tcp.data(camera, 0, 100);
  tcp.add({server, camera, 7, 0, false, true, true, false, {}, 0});
  tcp.fin(camera, 100);
  tcp.data(camera, 100, 1);
  tcp.reassembly.finish();
  CHECK(tcp.of(camera).bytes == 100);

  Reassembly half;
  half.syn(camera);
  half.data(camera, 0, 100);
  half.fin(camera, 100);
  half.data(camera, 100, 1);
  CHECK_FALSE(half.of(camera).over);
  CHECK(half.of(camera).bytes == 100);
}

TEST_CASE("tcp: of many connections the latest ones' other bytes are told") {
  constexpr std::uint32_t connections = TcpReassembly::most_traces + 10;
  Reassembly tcp;
  for (std::uint32_t i = 0; i < connections; ++i) {
    tcp.syn(client(i));
    tcp.data(client(i), 0, 100);
  }
  const auto other = random_bytes(100, 1);
  for (const std::uint32_t i : {0U, connections - 1}) {
    tcp.add({client(i), server, 1, 0, false, true, false, false, other, other.size()});
  }
  tcp.reassembly.finish();
  CHECK(tcp.reassembly.differing() == 1);
}

} // namespace dualcam::tcp_endings_test
