#include "common/content_trace.hpp"

#include "testing.hpp"

namespace dualcam::content_trace_test {
namespace {

Bytes part(const ByteBuffer& bytes, std::size_t at, std::size_t count) {
  return Bytes(bytes).subspan(at, count);
}

/// In pieces of this size.
ContentTrace trace_of(const ByteBuffer& said, std::size_t piece) {
  ContentTrace trace;
  for (std::size_t at = 0; at < said.size(); at += piece) {
    trace.add(part(said, at, std::min(piece, said.size() - at)));
  }
  return trace;
}

ByteBuffer changed(ByteBuffer bytes, std::size_t at) {
  bytes[at] ^= std::byte{0x80};
  return bytes;
}

} // namespace

TEST_CASE("content trace: a piece that comes again is compared to its last byte") {
  const auto said = random_bytes(3000, 1);
  for (const std::size_t size : {64U, 100U, 1000U, 1448U}) {
    auto trace = trace_of(said, size);
    CHECK(trace.size() == said.size());
    for (std::uint32_t at = 0; at + size <= said.size(); at += static_cast<std::uint32_t>(size)) {
      CAPTURE(size, at);
      CHECK_FALSE(trace.differs(at, part(said, at, size)));
      for (const std::size_t wrong : {std::size_t{0}, size / 2, size - 1}) {
        const auto other = changed(said, at + wrong);
        CHECK(trace.differs(at, part(other, at, size)));
      }
    }
  }
}

TEST_CASE("content trace: pieces of other sizes are compared as far as they can be") {
  const auto said = random_bytes(20'000, 2);
  const auto other = random_bytes(20'000, 3);
  for (const std::size_t size : {1U, 10U, 16U, 700U, 1030U}) {
    auto trace = trace_of(said, size);
    for (const std::size_t again : {1100U, 1448U, 9000U}) {
      for (std::uint32_t at = 0; at + again <= said.size(); at += 333) {
        CAPTURE(size, again, at);
        CHECK_FALSE(trace.differs(at, part(said, at, again)));
        CHECK(trace.differs(at, part(other, at, again)));
      }
    }
  }
}

TEST_CASE("content trace: of a long stream many small pieces are compared as one large one") {
  constexpr std::uint32_t size = 1030;
  const auto said = random_bytes(1 << 20, 4);
  auto other = said;
  std::ranges::copy(random_bytes(20 * size, 5), other.begin() + 500'000);
  auto trace = trace_of(said, size);
  const auto differing = [&](const ByteBuffer& bytes, std::uint32_t at) {
    std::size_t count = 0;
    for (std::uint32_t i = 0; i < 20; ++i, at += size) {
      count += trace.differs(at, part(bytes, at, size)) ? 1 : 0;
    }
    return count;
  };
  for (const std::uint32_t at : {0U, 20'000U, 470'000U, 500'000U, 510'000U, 1'020'000U}) {
    CAPTURE(at);
    CHECK(differing(said, at) == 0);
    CHECK((differing(other, at) > 0) == (at == 500'000 || at == 510'000));
  }
  CHECK_FALSE(trace.differs(501'000, part(other, 501'000, size))); // too little, alone
  auto first = said;                                               // all of it is told
  first[30'300] ^= std::byte{1};
  CHECK(trace.differs(29'900, part(first, 29'900, size)));
}

TEST_CASE("content trace: what nobody knows, and what lies before it, is not compared") {
  const auto said = random_bytes(4000, 6);
  const auto other = random_bytes(4000, 7);
  ContentTrace trace;
  trace.add(part(said, 0, 1000));
  trace.skip(1000);
  trace.add(part(said, 2000, 2000));
  CHECK(trace.size() == 4000);
  CHECK_FALSE(trace.differs(0, part(other, 0, 2500)));
  CHECK_FALSE(trace.differs(2000, part(said, 2000, 2000)));
  CHECK(trace.differs(2000, part(other, 2000, 2000)));
}

} // namespace dualcam::content_trace_test
