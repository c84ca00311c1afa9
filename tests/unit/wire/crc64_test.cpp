#include "dualcam/wire/crc64.hpp"

#include "testing.hpp"

namespace dualcam::crc64_test {

TEST_CASE("crc64: the catalogue's check value") {
  CHECK(crc64(as_bytes("123456789")) == 0x995d'c9bb'df19'39fa);
  CHECK(crc64({}) == 0);
}

TEST_CASE("crc64: goes on from an earlier value") {
  const auto bytes = random_bytes(1000, 1);
  const auto whole = crc64(bytes);
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    REQUIRE(crc64(Bytes(bytes).subspan(cut), crc64(Bytes(bytes).first(cut))) == whole);
  }
}

TEST_CASE(
    "crc64: whatever their number and place, bytes at once are worth the same as one by one") {
  const auto bytes = random_bytes(700, 3);
  for (std::size_t begin = 0; begin < 17; ++begin) {
    auto one_by_one = crc64({}, begin);
    for (std::size_t size = 0; begin + size < bytes.size(); ++size) {
      const auto part = Bytes(bytes).subspan(begin, size);
      REQUIRE(crc64(part, begin) == one_by_one);
      one_by_one = crc64(Bytes(bytes).subspan(begin + size, 1), one_by_one);
    }
  }
}

TEST_CASE("crc64: zeros in front and behind count") {
  const auto bytes = random_bytes(10, 2);
  for (const std::size_t zeros : {1U, 7U, 8U, 4096U}) {
    ByteBuffer before(zeros);
    append(before, bytes);
    ByteBuffer behind = bytes;
    behind.resize(bytes.size() + zeros);
    CHECK(crc64(before) != crc64(bytes));
    CHECK(crc64(behind) != crc64(bytes));
    CHECK(crc64(ByteBuffer(zeros)) != crc64(ByteBuffer(zeros + 1)));
  }
}

} // namespace dualcam::crc64_test
