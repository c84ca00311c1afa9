#include "dcam-crc/check_list.hpp"

#include "testing.hpp"

namespace dualcam::crc::check_list_test {

TEST_CASE("check list: names are escaped as sha256sum does") {
  CHECK(format_check_line({0x2189, "a b"}) == "2189  a b");
  CHECK(format_check_line({0x0001, "a\nb"}) == "\\0001  a\\nb");
  CHECK(format_check_line({0x0001, "a\\b\r"}) == "\\0001  a\\\\b\\r");
  for (const auto* name : {"a", "a\nb", "\\", "\\n", " a", "*a", "-", "\r\n\\"}) {
    CHECK(parse_check_line(format_check_line({0xABCD, name})) == CheckLine{0xABCD, name});
  }
}

TEST_CASE("check list: lines") {
  CHECK(parse_check_line("ABCD *name") == CheckLine{0xABCD, "name"});
  CHECK(parse_check_line("abcd  a\\b") == CheckLine{0xABCD, "a\\b"}); // no escape without one ahead
  for (const auto* line :
       {"", "abcd", "abcd ", "abcd  ", "abcd name", "abc  name", "abcde  name", "ghij  name",
        "0xab  name", "-abc  name", "\\abcd  a\\x", "\\abcd  a\\"}) {
    CAPTURE(line);
    CHECK_FALSE(parse_check_line(line));
  }
}

} // namespace dualcam::crc::check_list_test
