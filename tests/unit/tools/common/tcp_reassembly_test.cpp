#include "common/tcp_reassembly.hpp"

#include <set>

#include "tools/common/tcp_testing.hpp"

namespace dualcam::tcp_reassembly_test {

using namespace tcp_testing;
namespace {

constexpr std::size_t large = 60'000;

} // namespace

TEST_CASE("tcp: without a SYN the first segment is the first once all of it is acknowledged") {
  for (const std::uint32_t acknowledged : {19U, 20U, 21U}) {
    CAPTURE(acknowledged);
    Reassembly tcp;
    tcp.data(client(1), 10, 10);
    CHECK(tcp.of(client(1)).bytes == 0);
    tcp.acknowledge(client(1), acknowledged);
    CHECK(tcp.of(client(1)).bytes == (acknowledged == 19 ? 0 : 10));
    tcp.data(client(1), 0, 10); // too late, or just in time
    tcp.acknowledge(client(1), 20);
    CHECK(tcp.of(client(1)).bytes == (acknowledged == 19 ? 20 : 10));
    CHECK(tcp.of(client(1)).missing == 0);
  }
}

TEST_CASE("tcp: without a SYN four segments are enough to see which is the first") {
  for (const std::uint32_t segments : {3U, 4U}) {
    Reassembly tcp;
    for (std::uint32_t i = 0; i < segments; ++i) {
      tcp.data(client(1), 10 * i, 10);
    }
    CHECK(tcp.of(client(1)).bytes == (segments == 3 ? 0 : 40));
    tcp.reassembly.finish();
    CHECK(tcp.of(client(1)).bytes == 10 * segments);
  }
}

TEST_CASE("tcp: what is acknowledged and does not come is waited for 16 segments long") {
  for (const std::uint32_t acknowledged : {9U, 10U}) {
    CAPTURE(acknowledged);
    Reassembly tcp;
    tcp.syn(client(1));
    tcp.acknowledge(client(1), acknowledged);
    for (std::uint32_t i = 1; i <= 15; ++i) {
      tcp.data(client(1), 10 * i, 10);
    }
    CHECK(tcp.of(client(1)).bytes == 0);
    tcp.data(client(1), 160, 10);
    const bool gone = acknowledged == 10;
    CHECK(tcp.of(client(1)).missing == (gone ? 10 : 0));
    CHECK(tcp.of(client(1)).bytes == (gone ? 160 : 0));
  }
}

TEST_CASE("tcp: what comes twice or overlaps counts once, what a FIN shows to lack is missing") {
  Reassembly tcp;
  tcp.syn(client(1));
  tcp.data(client(1), 0, 10);
  tcp.data(client(1), 0, 10);
  tcp.data(client(1), 5, 10);
  tcp.data(client(1), 14, 1);
  CHECK(tcp.of(client(1)).bytes == 15);
  tcp.add({client(1), server, 16, 0, false, true, false, false, {}, 5}); // cut by the capture
  CHECK(tcp.of(client(1)).missing == 5);
  tcp.fin(client(1), 30); // ten more have not come
  tcp.add({server, client(1), 1, 31, false, true, true, false, {}, 0});
  CHECK_FALSE(tcp.of(client(1)).over); // they may yet come
  tcp.reassembly.finish();
  CHECK(tcp.of(client(1)).missing == 15);
  CHECK(tcp.of(client(1)).over);
  Reassembly whole;
  whole.syn(client(1));
  whole.data(client(1), 0, 10);
  whole.fin(client(1), 10);
  whole.add({server, client(1), 1, 12, false, true, true, false, {}, 0});
  CHECK(whole.of(client(1)).missing == 0);
  CHECK(whole.of(client(1)).over);
}

TEST_CASE("tcp: numbers wrap") {
  Reassembly tcp;
  const std::uint32_t start = UINT32_MAX - 15;
  tcp.add({client(1), server, start - 1, 0, true, false, false, false, {}, 0});
  for (const std::uint32_t at : {0U, 20U, 10U}) {
    const ByteBuffer bytes(10);
    tcp.add({client(1), server, start + at, 0, false, true, false, false, bytes, 10});
  }
  CHECK(tcp.of(client(1)).bytes == 30);
  CHECK(tcp.of(client(1)).missing == 0);
}

TEST_CASE("tcp: up to 4 MiB wait for a segment out of order, more do not") {
  for (const std::uint32_t waiting : {69U, 70U}) { // 4 MiB are 69.9 of them
    CAPTURE(waiting);
    Reassembly tcp;
    tcp.syn(client(1));
    for (std::uint32_t i = 1; i <= waiting; ++i) {
      tcp.data(client(1), i * large, large);
    }
    tcp.data(client(1), 0, large);
    const bool waited = waiting == 69;
    CHECK(tcp.of(client(1)).missing == (waited ? 0 : large));
    CHECK(tcp.of(client(1)).bytes == (waited ? (waiting + 1) * large : waiting * large));
  }
}

TEST_CASE("tcp: exactly 4 MiB wait") {
  constexpr std::uint32_t size = 1 << 15;
  Reassembly tcp;
  tcp.syn(client(1));
  for (std::uint32_t i = 1; i <= 128; ++i) {
    tcp.data(client(1), i * size, size);
  }
  tcp.data(client(1), 0, size);
  CHECK(tcp.of(client(1)).missing == 0);
}

TEST_CASE("tcp: up to 512 segments wait for one out of order, more do not") {
  for (const std::uint32_t waiting : {511U, 512U}) {
    CAPTURE(waiting);
    Reassembly tcp;
    tcp.syn(client(1));
    for (std::uint32_t i = 1; i <= waiting; ++i) {
      tcp.data(client(1), i * 10, 10);
    }
    tcp.data(client(1), 0, 10);
    CHECK(tcp.of(client(1)).missing == (waiting == 511 ? 0 : 10));
    CHECK(tcp.reassembly.late() == (waiting == 511 ? 0 : 1));
  }
}

TEST_CASE("tcp: segments that bring what was taken as lost are counted, others are not") {
  const std::uint32_t start = UINT32_MAX - 1000; // numbers wrap
  Reassembly tcp;
  const ByteBuffer bytes(100);
  const auto data = [&](std::uint32_t at, std::size_t size) {
    tcp.add({client(1), server, start + at, 0, false, true, false, false, Bytes(bytes).first(size),
             size});
    return tcp.reassembly.late();
  };
  tcp.add({client(1), server, start - 1, 0, true, false, false, false, {}, 0});
  data(0, 100);
  for (std::uint32_t i = 0; i < 512; ++i) { // behind 100 bytes that do not come
    data(200 + 10 * i, 10);
  }
  REQUIRE(tcp.of(client(1)).missing == 100);
  CHECK(data(0, 100) == 0); // came before
  CHECK(data(300, 10) == 0);
  CHECK(data(140, 20) == 1);  // the middle
  CHECK(data(140, 20) == 1);  // came before
  CHECK(data(150, 60) == 2);  // the end, and more
  CHECK(data(90, 100) == 3);  // the beginning, and more
  CHECK(data(100, 100) == 3); // nothing is missing any more
}

TEST_CASE("tcp: all connections' waiting segments together are bounded, who holds most pays") {
  Reassembly tcp;
  const auto small = client(0);
  tcp.syn(small);
  tcp.data(small, 10, 10); // waits for the first 10 bytes
  constexpr std::uint32_t others = 40;
  for (std::uint32_t i = 1; i <= others; ++i) {
    tcp.syn(client(i));
    for (std::uint32_t k = 1; k <= 20; ++k) { // 1.2 MB each: 48 MB
      tcp.data(client(i), k * large, large);
    }
  }
  std::uint64_t held = 0;
  for (std::uint32_t i = 1; i <= others; ++i) {
    held += 20 * large - tcp.of(client(i)).bytes;
  }
  CHECK(held <= TcpReassembly::most_held_bytes);
  CHECK(held > TcpReassembly::most_held_bytes / 2);
  tcp.data(small, 0, 10);
  CHECK(tcp.of(small).bytes == 20);
  CHECK(tcp.of(small).missing == 0);
  tcp.reassembly.finish();
  for (std::uint32_t i = 1; i <= others; ++i) {
    CHECK(tcp.of(client(i)).bytes == 20 * large);
  }
}

TEST_CASE("tcp: whoever goes beyond the bound does not pay, if somebody else holds more") {
  constexpr std::uint32_t each = 60; // of the segments of one connection
  Reassembly tcp;
  auto left = static_cast<std::uint32_t>(TcpReassembly::most_held_bytes / (large + 96));
  std::uint32_t others = 0;
  for (; left != 0; ++others) {
    tcp.syn(client(others + 1));
    for (std::uint32_t k = 1; k <= each && left != 0; ++k, --left) {
      tcp.data(client(others + 1), k * large, large);
    }
  }
  const auto small = client(0);
  tcp.syn(small);
  for (std::uint32_t k = 0; k < 20; ++k) {
    tcp.data(small, 10 + 4000 * k, 4000); // all wait for the first 10 bytes
  }
  CHECK(tcp.of(small).missing == 0);
  std::size_t paid = 0;
  for (std::uint32_t i = 1; i <= others; ++i) {
    paid += tcp.of(client(i)).missing != 0;
  }
  CHECK(paid == 1);
}

TEST_CASE("tcp: a flood of SYNs does not cost a connection with data") {
  Reassembly tcp;
  const auto camera = client(0);
  const auto other = client(200'000); // so that the camera is not the last one with data
  for (const auto& each : {camera, other}) {
    tcp.syn(each);
    tcp.data(each, 0, 100);
  }
  constexpr std::uint32_t flood = 100'000;
  for (std::uint32_t i = 1; i <= flood; ++i) {
    tcp.syn(client(i));
  }
  CHECK(tcp.reassembly.given_up() == flood + 2 - TcpReassembly::most_connections);
  CHECK_FALSE(tcp.of(camera).over);
  tcp.data(camera, 100, 100);
  CHECK(tcp.of(camera).bytes == 200);
  CHECK(tcp.of(client(1)).over);
  CHECK_FALSE(tcp.of(client(flood)).over);
}

TEST_CASE("tcp: of connections with data the one silent longest is given up") {
  Reassembly tcp;
  constexpr auto most = static_cast<std::uint32_t>(TcpReassembly::most_connections);
  for (std::uint32_t i = 0; i < most; ++i) {
    tcp.syn(client(i));
    tcp.data(client(i), 0, 10);
  }
  CHECK(tcp.reassembly.given_up() == 0);
  tcp.data(client(0), 10, 10); // not silent
  tcp.syn(client(most));
  tcp.data(client(most), 0, 10);
  tcp.syn(client(most + 1));
  CHECK_FALSE(tcp.of(client(0)).over);
  CHECK(tcp.of(client(1)).over);
  CHECK(tcp.of(client(most)).bytes == 10);
  tcp.reassembly.finish();
  for (const auto& [from, stream] : tcp.streams.streams) {
    REQUIRE(stream.over);
  }
}

TEST_CASE("tcp: ports that are used again are a connection, of which one is given up") {
  Reassembly tcp;
  const auto syn = [&](const Endpoint& from, std::uint32_t number) {
    tcp.add({from, server, number, 0, true, false, false, false, {}, 0});
  };
  for (std::uint32_t number = 1; number <= 100; ++number) {
    syn(client(0), 1000 * number);
  }
  constexpr auto most = static_cast<std::uint32_t>(TcpReassembly::most_connections);
  for (std::uint32_t i = 1; i < most; ++i) {
    syn(client(i), 0);
  }
  CHECK(tcp.streams.connections == 99);
  CHECK(tcp.reassembly.given_up() == 0);
  for (std::uint32_t i = most; i < most + 10; ++i) {
    syn(client(i), 0);
  }
  CHECK(tcp.reassembly.given_up() == 10);
  CHECK(tcp.streams.connections == 109);
  CHECK(tcp.of(client(9)).over);
  CHECK_FALSE(tcp.of(client(10)).over);
}

TEST_CASE("tcp: what an answer acknowledges is told before that answer") {
  struct Order : TcpReassembly::Listener {
    void piece(const TcpConnection& connection, const TcpPiece& piece) override {
      const auto& from = piece.from_a ? connection.a : connection.b;
      all += (from == server ? "server " : "client ") + std::to_string(piece.bytes.size()) + " ";
    }
    void over(const TcpConnection&) override {}
    std::string all;
  };
  Order order;
  TcpReassembly tcp(order);
  const ByteBuffer bytes(20);
  const auto say = [&](const Endpoint& from, const Endpoint& to, std::uint32_t sequence,
                       std::uint32_t acknowledgement, std::size_t size) {
    tcp.segment({from, to, sequence, acknowledgement, false, true, false, false,
                 Bytes(bytes).first(size), size});
  };
  say(client(1), server, 100, 500, 10); // without a SYN
  CHECK(order.all.empty());
  say(server, client(1), 500, 110, 5);
  say(client(1), server, 110, 505, 20);
  say(server, client(1), 505, 130, 0);
  tcp.finish();
  CHECK(order.all == "client 10 server 5 client 20 ");
}

TEST_CASE("tcp: connections that are over make room without a word") {
  Reassembly tcp;
  for (std::uint32_t i = 0; i < 50'000; ++i) {
    tcp.syn(client(i));
    tcp.data(client(i), 0, 10);
    tcp.add({client(i), server, 11, 0, false, true, true, false, {}, 0});
    tcp.add({server, client(i), 1, 12, false, true, true, false, {}, 0});
    REQUIRE(tcp.of(client(i)).over);
  }
  CHECK(tcp.reassembly.given_up() == 0);
}

} // namespace dualcam::tcp_reassembly_test
