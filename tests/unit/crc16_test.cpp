#include "dualcam/crc16.hpp"

#include "testing.hpp"

namespace dualcam {
namespace {

/// The definition, a bit at a time, as on the vendor's page.
std::uint16_t bitwise(Bytes bytes, std::uint16_t initial) {
  unsigned crc = initial;
  for (const auto byte : bytes) {
    crc ^= std::to_integer<unsigned>(byte);
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc & 1) != 0 ? (crc >> 1) ^ 0x8408 : crc >> 1;
    }
  }
  return static_cast<std::uint16_t>(crc);
}

} // namespace

TEST_CASE("crc16: the catalogue's check value") { CHECK(crc16(as_bytes("123456789")) == 0x2189); }

TEST_CASE("crc16: every length and alignment agrees with the definition") {
  const auto bytes = random_bytes(600, 1);
  std::mt19937 random(2);
  for (std::size_t length = 0; length <= 512; ++length) {
    const auto initial = static_cast<std::uint16_t>(random());
    const auto part = Bytes(bytes).subspan(random() % 64, length);
    REQUIRE(crc16(part, initial) == bitwise(part, initial));
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

} // namespace dualcam
