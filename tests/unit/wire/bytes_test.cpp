#include "dualcam/wire/bytes.hpp"

#include "testing.hpp"

namespace dualcam {

TEST_CASE("bytes: integers are read in the byte order asked for") {
  const auto bytes = from_hex("0102 0304 05060708090a0b0c");
  ByteReader reader(bytes);
  CHECK(reader.be<std::uint16_t>() == 0x0102);
  CHECK(reader.le<std::uint16_t>() == 0x0403);
  CHECK(reader.be<std::uint64_t>() == 0x05060708090A0B0C);
  CHECK(reader.remaining() == 0);
}

TEST_CASE("bytes: a read that does not fit takes nothing") {
  const auto bytes = from_hex("010203");
  ByteReader reader(bytes);
  CHECK_FALSE(reader.be<std::uint32_t>());
  CHECK_FALSE(reader.bytes(4));
  CHECK(reader.offset() == 0);
  CHECK(reader.be<std::uint16_t>() == 0x0102);
  CHECK_FALSE(reader.le<std::uint16_t>());
  CHECK(reader.rest().size() == 1);
  CHECK(reader.rest().empty());
}

TEST_CASE("bytes: what is appended reads back") {
  ByteBuffer bytes;
  append_be(bytes, std::uint32_t{0x01020304});
  append_le(bytes, std::uint32_t{0x01020304});
  append_be(bytes, std::uint8_t{5});
  CHECK(bytes == from_hex("01020304 04030201 05"));
}

} // namespace dualcam
