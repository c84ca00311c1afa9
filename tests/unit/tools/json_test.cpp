#include "common/json.hpp"

#include "testing.hpp"

namespace dualcam {
namespace {

std::string bytes_of(std::string_view text) {
  const auto bytes = parse_hex(text);
  return bytes ? std::string(as_text(*bytes)) : "none";
}

} // namespace

TEST_CASE("json: hex is read in pairs, with what stands between them") {
  CHECK(bytes_of("") == "");
  CHECK(bytes_of("4142") == "AB");
  CHECK(bytes_of("4a 4B,4c:4D;4e\t4f\r\n50") == "JKLMNOP");
  CHECK(bytes_of("0x41, 0X42") == "AB");
  for (const auto* text :
       {"4", "414", "4g", "g4", "0x", "0x4", "-1", "+1", " 4 1", "4 1", "41-42"}) {
    CAPTURE(text);
    CHECK(bytes_of(text) == "none");
  }
}

TEST_CASE("json: a line is one line of ASCII, whatever was put into it") {
  CHECK(to_line(Json{{"name", "a\n\xC5\xBE\xFF"}}) == "{\"name\":\"a\\n\\u017e\\ufffd\"}");
}

} // namespace dualcam
