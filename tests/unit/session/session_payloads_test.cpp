// Payloads are views, promised until the next `received`: for any pieces, and whatever time passes.
// TestHost keeps them that long, and compares them with what they were after every call.
#include "dualcam/wire/crc16.hpp"
#include "figures.hpp"
#include "session/session_testing.hpp"

namespace dualcam::session_payloads_test {
namespace {

constexpr ServerConfig no_metadata{.metadata = false};
constexpr std::size_t size = 20; // of a small packet

/// DATA of `count` small packets of `content` from `first` on, the chain from 0.
ByteBuffer small_packets(Bytes content, std::uint32_t first, std::uint32_t count) {
  ByteBuffer bytes;
  std::uint16_t chain = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto payload = content.subspan((first - 1 + i) * size, size);
    chain = crc16(payload, chain);
    append(bytes, encode(Data{payload, chain}));
  }
  return bytes;
}

/// The header of a DATA that is longer than what follows here, then `inner`.
ByteBuffer unfinished(Bytes inner) {
  auto bytes = from_hex("0004 0402");
  append(bytes, inner);
  return bytes;
}

ByteBuffer joined(std::initializer_list<ByteBuffer> pieces) {
  ByteBuffer bytes;
  for (const auto& piece : pieces) {
    append(bytes, piece);
  }
  return bytes;
}

/// What a device may say from its first SYNC on; with silence in it, all of it is a file of 14
/// packets.
std::vector<ByteBuffer> streams(Bytes content) {
  const auto first = small_packets(content, 1, 7);
  const auto second = small_packets(content, 8, 7);
  return {
      // packets within one that never ends
      joined({unfinished(joined({encode(Sync{1}), first, encode(Sync{8}), second}))}),
      // the same, and it begins where another one was
      joined({unfinished(joined({encode(Sync{1}), first})),
              unfinished(joined({encode(Sync{8}), second}))}),
      // garbage and a bad packet between the good ones
      joined({first, from_hex("deadbeef"), encode(Sync{7}), small_packets(content, 7, 1),
              from_hex("0004 0006 01020304 ffff"), encode(Sync{8}), second}),
      // METADATA of the largest length, never to end
      joined({from_hex("000b 1000"), encode(Sync{1}), first, encode(Sync{8}), second}),
      joined({first, encode(Sync{8}), second}),
  };
}

TestHost& begun(TestHost& host) {
  host.receive("0000 0005 00013ee13c001981 44000400");
  host.receive(encode(Start{14}));
  host.receive(encode(Sync{1}));
  return host;
}

/// Feeds `stream` cut at `cuts`; lets `pause` pass behind each piece.
void feed(TestHost& host, Bytes stream, std::initializer_list<std::size_t> cuts,
          Milliseconds pause) {
  std::size_t begin = 0;
  for (const auto cut : cuts) {
    host.receive(stream.subspan(begin, cut - begin));
    host.wait(pause);
    begin = cut;
  }
  host.receive(stream.subspan(begin));
  host.wait(pause);
}

void check(const TestHost& host, Bytes content) {
  for (const auto& file : host.files()) {
    REQUIRE(std::ranges::equal(file.content, content));
  }
}

} // namespace

TEST_CASE("payloads: they stay what they were, however the stream is cut, whatever time passes") {
  const auto content = random_bytes(14 * size, 1);
  std::size_t stored = 0;
  for (const auto& stream : streams(content)) {
    for (const auto pause : {0, 2'000, 10'000, 21'000}) {
      for (std::size_t cut = 0; cut <= stream.size(); cut += one_in(3)) {
        for (const auto second : {cut, cut + 1, cut + 27, stream.size() - 1}) {
          TestHost host(no_metadata);
          begun(host);
          const auto middle = std::clamp(second, cut, stream.size());
          feed(host, stream, {cut, middle}, Milliseconds(pause));
          host.wait(Milliseconds(30'000));
          check(host, content);
          stored += host.files().size();
        }
      }
    }
  }
  CHECK(stored > 1000 / one_in(3)); // else nothing was looked at
}

TEST_CASE("payloads: they stay what they were byte by byte, with silence anywhere") {
  const auto content = random_bytes(14 * size, 2);
  std::size_t stored = 0;
  for (const auto& stream : streams(content)) {
    for (std::size_t silent = 0; silent < stream.size(); ++silent) {
      TestHost host(no_metadata);
      begun(host);
      for (std::size_t i = 0; i < stream.size(); ++i) {
        host.receive(Bytes(stream).subspan(i, 1));
        host.wait(Milliseconds(i == silent ? 10'000 : 0));
      }
      host.wait(Milliseconds(30'000));
      check(host, content);
      stored += host.files().size();
    }
  }
  CHECK(stored > 100);
}

TEST_CASE("payloads: the seven packets of one that never ends are stored as they are") {
  const auto content = random_bytes(7 * size, 3);
  TestHost host(no_metadata);
  host.receive("0000 0005 00013ee13c001981 44000400");
  host.receive(encode(Start{7}));
  host.receive(encode(Sync{1}));
  host.receive(unfinished(joined({encode(Sync{1}), small_packets(content, 1, 7)})));
  CHECK(host.files().empty());
  host.wait(Milliseconds(10'000)); // then the session asks again, and finds them
  REQUIRE(host.files().size() == 1);
  CHECK(host.files()[0].content == content);
}

} // namespace dualcam::session_payloads_test
