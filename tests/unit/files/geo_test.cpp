#include "dualcam/files/geo.hpp"

#include <bit>
#include <cmath>
#include <limits>

#include "testing.hpp"

namespace dualcam::geo_test {

TEST_CASE("geo: the coordinate of the vendor's page") {
  const auto degrees = parse_degrees_hex("404B59A74E8E028D");
  REQUIRE(degrees);
  CHECK(format_degrees(*degrees) == "54.7004183");
  CHECK(format_degrees_hex(54.7004183) == "404b59a74e8e028d");
}

TEST_CASE("geo: what is no place has no hundreds of digits") {
  CHECK(format_degrees(std::numeric_limits<double>::denorm_min()) == "5e-324");
  CHECK(format_degrees(-1.7976931348623157e308) == "-1.7976931348623157e+308");
  CHECK(format_degrees(-1.2345678901234567e-12) == "-0.0000000000012345678901234567");
  CHECK(format_degrees(1e-7) == "0.0000001");
}

TEST_CASE("geo: doubles survive decimal and hex") {
  std::mt19937_64 random(1);
  for (int i = 0; i < 100'000; ++i) {
    const auto value = std::bit_cast<double>(random());
    if (!std::isfinite(value)) {
      continue;
    }
    REQUIRE(parse_degrees(format_degrees(value)) == value);
    REQUIRE(parse_degrees_hex(format_degrees_hex(value)) == value);
  }
}

TEST_CASE("geo: text that is no coordinate is refused") {
  for (const auto* text :
       {"", " ", "1 ", " 1", "1,5", "nan", "inf", "-inf", "1e999", "0x10", "abc"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_degrees(text));
  }
  for (const auto* text : {"", "404b59a74e8e028", "404b59a74e8e028d0", "404b59a74e8e028g",
                           "0x4b59a74e8e028d", "-04b59a74e8e028d", " 404b59a74e8e028"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_degrees_hex(text));
  }
}

TEST_CASE("geo: positions out of range are invalid") {
  const auto nan = std::numeric_limits<double>::quiet_NaN();
  const auto infinity = std::numeric_limits<double>::infinity();
  CHECK(is_valid({54.7, 25.3}));
  CHECK(is_valid({-90, 180}));
  CHECK_FALSE(is_valid({90.001, 0}));
  CHECK_FALSE(is_valid({0, -180.001}));
  CHECK_FALSE(is_valid({nan, 0}));
  CHECK_FALSE(is_valid({0, infinity}));
  CHECK(is_no_fix({0, 0}));
  CHECK_FALSE(is_no_fix({0, 25.3}));
}

TEST_CASE("geo: degrees, minutes and seconds carry when they round") {
  CHECK(format_dms({54.7004183, 25.2796514}) == "54\u00b042'01.51\"N 25\u00b016'46.75\"E");
  CHECK(format_dms({0, 0}) == "0\u00b000'00.00\"N 0\u00b000'00.00\"E");
  CHECK(format_dms({-33.99999999, -151.5}) == "34\u00b000'00.00\"S 151\u00b030'00.00\"W");
}

} // namespace dualcam::geo_test
