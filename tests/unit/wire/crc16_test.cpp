#include "dualcam/wire/crc16.hpp"

#include "testing.hpp"
#include "wire/crc16_bitwise.hpp"

namespace dualcam::crc16_test {
TEST_CASE("crc16: the catalogue's check value") { CHECK(crc16(as_bytes("123456789")) == 0x2189); }

TEST_CASE("crc16: every length and alignment agrees with the definition") {
  const auto bytes = random_bytes(600, 1);
  std::mt19937 random(2);
  for (std::size_t length = 0; length <= 512; ++length) {
    const auto initial = static_cast<std::uint16_t>(random());
    const auto part = Bytes(bytes).subspan(random() % 64, length);
    REQUIRE(crc16(part, initial) == crc16_bitwise(part, initial));
  }
}

TEST_CASE("crc16: goes on from an earlier value") {
  const auto bytes = random_bytes(1000, 3);
  const auto whole = crc16(bytes);
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    REQUIRE(crc16(Bytes(bytes).subspan(cut), crc16(Bytes(bytes).first(cut))) == whole);
  }
}

TEST_CASE("crc16: combines the values of two parts") {
  const auto bytes = random_bytes(3000, 4);
  for (std::size_t cut = 0; cut <= bytes.size(); cut += 7) {
    const auto tail = Bytes(bytes).subspan(cut);
    REQUIRE(crc16_combine(crc16(Bytes(bytes).first(cut), 0x1234), crc16(tail), tail.size()) ==
            crc16(bytes, 0x1234));
  }
}

} // namespace dualcam::crc16_test
