#include "common/units.hpp"

#include "testing.hpp"

namespace dualcam::units_test {

using std::chrono::milliseconds;

TEST_CASE("units: sizes") {
  CHECK(parse_size("0") == 0);
  CHECK(parse_size("1000") == 1000);
  CHECK(parse_size("4K") == 4096);
  CHECK(parse_size("1.5M") == 1536 * 1024);
  CHECK(parse_size("2G") == 2147483648);
  for (const auto* text : {"2T", "2tb", "2 TiB", "2048G"}) {
    CHECK(parse_size(text) == 2199023255552);
  }
  for (const auto* text : {"10M", "10m", "10MB", "10Mb", "10mb", "10MiB", "10 MB", "10240k",
                           "10240 KiB", "10485760", "10485760B", "10485760 b"}) {
    CAPTURE(text);
    CHECK(parse_size(text) == 10 * 1024 * 1024);
  }
  for (const auto* text : {"", "K", "MB", "-1", "1  K", "1 ", " 1", "1BK", "1KK", "1bytes", "nan",
                           "inf", "1e30", "9000000G", "9000T", "10min"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_size(text));
  }
}

TEST_CASE("units: durations") {
  CHECK(parse_duration("0") == milliseconds(0));
  CHECK(parse_duration("500ms") == milliseconds(500));
  CHECK(parse_duration("1.5s") == milliseconds(1500));
  CHECK(parse_duration("10m") == milliseconds(600'000));
  CHECK(parse_duration("14d") == milliseconds(1'209'600'000));
  for (const auto* text : {"10m", "10min", "10mins", "10 minutes", "600s", "600sec", "600 secs",
                           "600seconds", "600000ms"}) {
    CAPTURE(text);
    CHECK(parse_duration(text) == std::chrono::minutes(10));
  }
  CHECK(parse_duration("2hours") == parse_duration("2h"));
  CHECK(parse_duration("1 hour") == parse_duration("60min"));
  CHECK(parse_duration("14days") == parse_duration("14d"));
  CHECK(parse_duration("1day") == parse_duration("24h"));
  CHECK(parse_duration("1minute") == parse_duration("1 second").value() * 60);
  CHECK(parse_duration("3200000000s") == milliseconds(3'200'000'000'000)); // a century
  CHECK_FALSE(parse_duration("3200000001s"));
  for (const auto* text :
       {"", "5", "s", "min", "-1s", "5  s", "5 ", "5x", "10M", "10MB", "10mi", "1e20d", "40000d"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_duration(text));
  }
}

TEST_CASE("units: shares") {
  CHECK(parse_share("0") == 0);
  CHECK(parse_share("0.02") == 0.02);
  CHECK(parse_share("2%") == 0.02);
  CHECK(parse_share("2 %") == 0.02);
  CHECK(parse_share("100%") == 1);
  for (const auto* text : {"", "%", "1.5", "101%", "-2%", "2%%", "2 percent", "nan"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_share(text));
  }
}

TEST_CASE("units: lists") {
  using Words = std::vector<std::string_view>;
  CHECK(split_list("a") == Words{"a"});
  CHECK(split_list("a,b, c ,d") == Words{"a", "b", "c", "d"});
  CHECK(split_list("a,,b,") == Words{"a", "", "b", ""});
  CHECK(split_list(" ") == Words{""});
}

TEST_CASE("units: what people read") {
  CHECK(format_size(812) == "812 B");
  CHECK(format_size(26'624) == "26.0 KiB");
  CHECK(format_size(1'468'006) == "1.4 MiB");
  CHECK(format_size(std::uint64_t{5} << 30) == "5.0 GiB");
  CHECK(format_estimate(std::chrono::seconds(0)) == "0s");
  CHECK(format_estimate(std::chrono::seconds(59)) == "59s");
  CHECK(format_estimate(std::chrono::seconds(60)) == "1m00s");
  CHECK(format_estimate(std::chrono::seconds(3'599)) == "59m59s");
  CHECK(format_estimate(std::chrono::seconds(3'720)) == "1h02m");
  CHECK(format_estimate(std::chrono::seconds(86'399)) == "23h59m");
  CHECK(format_estimate(std::chrono::seconds(273'600)) == "3d04h");
  CHECK(format_duration(milliseconds(400)) == "0.4 s");
  CHECK(format_duration(milliseconds(125'000)) == "2:05");
  CHECK(format_duration(milliseconds(3'725'000)) == "1:02:05");
}

TEST_CASE("units: what people read changes its unit at the whole next one") {
  CHECK(format_size(1023) == "1023 B");
  CHECK(format_size(1024) == "1.0 KiB");
  CHECK(format_size(1024 * 1024) == "1.0 MiB");
  CHECK(format_size(std::uint64_t{1} << 30) == "1.0 GiB");
  CHECK(format_duration(milliseconds(60'000)) == "1:00");
  CHECK(format_duration(milliseconds(3'599'999)) == "59:59");
  CHECK(format_duration(milliseconds(3'600'000)) == "1:00:00");
}

TEST_CASE("units: times, far beyond this century too") {
  CHECK(format_time(SystemTime(milliseconds(1'730'205'822'007))) == "2024-10-29T12:43:42.007Z");
  CHECK(format_compact_time(SystemTime(milliseconds(1'730'205'822'999))) == "20241029T124342Z");
  CHECK(format_time(SystemTime(milliseconds(253'402'300'799'999))) == "9999-12-31T23:59:59.999Z");
  CHECK(format_compact_time(SystemTime(milliseconds(253'402'300'799'999))) == "99991231T235959Z");
}

TEST_CASE("units: a time is read with any fraction, and in no other way") {
  const auto time = [](std::string_view text) { return parse_time(text); };
  CHECK(time("2024-10-29T12:43:42.007Z") == SystemTime(milliseconds(1'730'205'822'007)));
  CHECK(time("2024-10-29T12:43:42Z") == SystemTime(milliseconds(1'730'205'822'000)));
  CHECK(time("2024-10-29T12:43:42.5Z") == SystemTime(milliseconds(1'730'205'822'500)));
  CHECK(time("2024-10-29T12:43:42.07Z") == SystemTime(milliseconds(1'730'205'822'070)));
  CHECK(time("2024-10-29T12:43:42.007999Z") == SystemTime(milliseconds(1'730'205'822'007)));
  CHECK(time("2024-10-29T12:43:42.007999999Z") == SystemTime(milliseconds(1'730'205'822'007)));
  CHECK(time("2024-02-29T23:59:59.999Z") == SystemTime(milliseconds(1'709'251'199'999)));
  CHECK(time("1970-01-01T00:00:00Z") == SystemTime(milliseconds(0)));
  for (const auto* text : {"",
                           "2024-10-29T12:43:42",
                           "2024-10-29T12:43:42.007",
                           "2024-10-29T12:43:42.0070000000Z",
                           "2024-10-29T12:43:42.0 7Z",
                           "2024-10-29T12:43:42.Z",
                           "2024-10-29 12:43:42Z",
                           "2024-1-29T12:43:42Z",
                           "24-10-29T12:43:42Z",
                           "2024-13-29T12:43:42Z",
                           "2024-10-32T12:43:42Z",
                           "2023-02-29T12:43:42Z",
                           "2024-10-29T24:00:00Z",
                           "2024-10-29T12:60:42Z",
                           "2024-10-29T12:43:60Z",
                           "2024-10-29T12:43:42Zx",
                           "2024-10-29T12:43:42.007z",
                           "2024/10/29T12:43:42Z",
                           "2024-10-29T1243:42Z",
                           "-024-10-29T12:43:42Z",
                           "2024-00-29T12:43:42Z",
                           "2024-10-00T12:43:42Z",
                           "2024-10-29T12:43:4xZ",
                           "2024-10-29T12:43"}) {
    CAPTURE(text);
    CHECK_FALSE(time(text));
  }
}

TEST_CASE("units: a size is exact as an integer, a share at most all") {
  CHECK(parse_size("8999999999999999") == 8'999'999'999'999'999);
  CHECK_FALSE(parse_size("9000000000000000"));
  CHECK_FALSE(parse_size("-0"));
  CHECK(parse_share("1") == 1);
  CHECK_FALSE(parse_share("1.0001"));
  CHECK(parse_size("1.5") == 1);
  CHECK(parse_size("1 K") == 1024);
  CHECK_FALSE(parse_size("1 "));
}

TEST_CASE("units: what people read is rounded, not cut") {
  CHECK(format_duration(milliseconds(59'999)) == "60.0 s");
  CHECK(format_duration(milliseconds(60'999)) == "1:00");
  CHECK(format_size(1075) == "1.0 KiB");
  CHECK(format_size(1076) == "1.1 KiB");
  CHECK(format_size(1'048'575) == "1024.0 KiB");
  CHECK(format_estimate(std::chrono::seconds(3'600)) == "1h00m");
  CHECK(format_estimate(std::chrono::seconds(86'400)) == "1d00h");
}

} // namespace dualcam::units_test
