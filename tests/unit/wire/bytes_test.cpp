#include "dualcam/wire/bytes.hpp"
#include "dualcam/wire/hex_value.hpp"

#include "testing.hpp"

namespace dualcam::bytes_test {

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

TEST_CASE("hex: pairs of digits are bytes, anything else is none") {
  CHECK(bytes_of_hex("") == ByteBuffer());
  CHECK(bytes_of_hex("00fFA5") == from_hex("00 ff a5"));
  for (const auto* text : {"0", "001", "0g", "g0", "-1", "+1", "0x", " 00", "00 ", "0 0"}) {
    CAPTURE(text);
    CHECK_FALSE(bytes_of_hex(text));
  }
}

namespace {

std::string value_of(std::string_view text) {
  const auto bytes = parse_hex(text);
  return bytes ? std::string(as_text(*bytes)) : "none";
}

} // namespace

TEST_CASE("hex: a value is read in pairs, with what stands between them") {
  CHECK(value_of("") == "");
  CHECK(value_of("4142") == "AB");
  CHECK(value_of("4a 4B,4c:4D;4e\t4f\r\n50") == "JKLMNOP");
  CHECK(value_of("0x41, 0X42") == "AB");
  for (const auto* text :
       {"4", "414", "4g", "g4", "0x", "0x4", "-1", "+1", " 4 1", "4 1", "41-42"}) {
    CAPTURE(text);
    CHECK(value_of(text) == "none");
  }
}

} // namespace dualcam::bytes_test
