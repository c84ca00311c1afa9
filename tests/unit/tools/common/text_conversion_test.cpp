#include "common/text_conversion.hpp"

#include "testing.hpp"

namespace dualcam::text_conversion_test {
namespace {

std::string verdict(Bytes bytes) {
  TextConversion conversion;
  TextConversion in_pieces;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    in_pieces.bytes(bytes.subspan(at, 1));
  }
  conversion.bytes(bytes);
  CHECK(conversion.verdict() == in_pieces.verdict());
  return conversion.verdict();
}

/// So many times, with zeros behind it up to a size.
ByteBuffer repeated(const char* hex, std::size_t count, std::size_t size = 0) {
  ByteBuffer bytes;
  for (std::size_t i = 0; i < count; ++i) {
    append(bytes, from_hex(hex));
  }
  bytes.resize(std::max(bytes.size(), size));
  return bytes;
}

} // namespace

TEST_CASE("text conversion: EF BF BD three times, and more often than every thousandth byte") {
  CHECK_THAT(verdict(repeated("ef bf bd", 3)), ContainsSubstring("3 times EF BF BD, which"));
  CHECK_THAT(verdict(repeated("00 ef bf bd", 9)), ContainsSubstring("9 times EF BF BD, which"));
  CHECK(verdict(repeated("ef bf bd", 2)).empty());
  CHECK_FALSE(verdict(repeated("ef bf bd", 3, 2999)).empty());
  CHECK(verdict(repeated("ef bf bd", 3, 3000)).empty()); // it may be the dump's own
  CHECK(verdict(repeated("ef bf be", 100)).empty());
  CHECK(verdict(repeated("ef be bd", 100)).empty());
  CHECK(verdict(repeated("ee bf bd", 100)).empty());
}

TEST_CASE("text conversion: '?' in place of every byte above 7F") {
  CHECK_THAT(verdict(repeated("3f 00 00 00 00 00 00", 10)), ContainsSubstring("'?' 10 times"));
  CHECK(verdict(repeated("3f 00 00 00 00 00 00", 9)).empty()); // a few bytes
  CHECK(verdict(repeated("3f 00 00 00 00 00 00 00", 10)).empty());
  CHECK(verdict(repeated("3f 00 00 80 00 00 00", 10)).empty());
}

TEST_CASE("text conversion: bytes above 7F as two each, all of them") {
  for (const auto* pair : {"c2 80", "c2 bf", "c3 80", "c3 bf", "41 c3 a9 42"}) {
    CAPTURE(pair);
    CHECK_THAT(verdict(repeated(pair, 4)), ContainsSubstring("every byte above 7F"));
    CHECK(verdict(repeated(pair, 3)).empty());
  }
  auto binary = repeated("c3 a9", 8);
  append(binary, from_hex("00 80"));
  CHECK(verdict(binary).empty());
  for (const auto* none : {"c1 80", "c4 80", "c2 7f", "c3 c0", "c3 00"}) {
    CAPTURE(none);
    CHECK(verdict(repeated(none, 100)).empty());
  }
  CHECK(verdict({}).empty());
}

} // namespace dualcam::text_conversion_test
