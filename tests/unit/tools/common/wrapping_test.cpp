#include "common/wrapping.hpp"

#include "testing.hpp"

namespace dualcam::wrapping_test {
namespace {

constexpr auto json = Wrapping::Kind::json;
constexpr auto cells = Wrapping::Kind::cells;
constexpr auto mail = Wrapping::Kind::mail;

/// In pieces of any size.
std::string unwrapped(const Wrapping& wrapping, std::string_view text) {
  const auto whole = Unwrapper(wrapping).text(text);
  Unwrapper pieces(wrapping);
  std::string joined;
  for (const char c : text) {
    joined += pieces.text(std::string_view(&c, 1));
  }
  CHECK(joined == whole);
  return whole;
}

std::string names(std::string_view sample) {
  std::string result;
  for (const auto& wrapping : wrappings_in(sample)) {
    result += wrapping.kind == json ? "json:" + wrapping.name : std::string(1, wrapping.quote);
    result += ' ';
  }
  return result;
}

} // namespace

TEST_CASE("wrapping: parts of a mail that are in base64") {
  constexpr std::string_view heading = "Subject: a\nContent-transfer-encoding: base64\r\n";
  const auto text = std::string(heading) + "\r\nMDAg\r\nMDQK\nMDUgMDY=\n--x\n\nMDA=\n";
  CHECK(unwrapped({mail}, text) == std::string(heading) + "\r\n00 04\n05 06\n--x\n\nMDA=\n");
  CHECK(wrappings_in(text).back().kind == mail);
  CHECK(wrappings_in("Content-Transfer-Encoding: 7bit\n\nMDA=\n").empty());
  Unwrapper unwrapper({mail});
  unwrapper.text(text);
  CHECK(unwrapper.source_of(2) == 2);
  CHECK(unwrapper.source_of(4) == 5); // where its end stands
  CHECK(unwrapper.source_of(6) == 7);
}

TEST_CASE("wrapping: strings of JSON behind a name are lines, without escapes") {
  CHECK(unwrapped({json, "m"}, R"({"t":1,"m":"00\n04\t\"\\x\/\u0041\u00e9\x","n":"05"})") ==
        "00\n04\t\"\\x/A\xC3\xA9\\x\n");
  CHECK(unwrapped({json, "m"}, R"({"m":["00","04"],"n":["05"],"o":{"m":"06"}})") == "00\n04\n06\n");
  CHECK(unwrapped({json}, "[\"00\",\n\"04\"]\n\"05\"\n{\"m\":\"06\"}") == "00\n04\n05\n");
  CHECK(unwrapped({json, "m"}, R"({"m":"\ud83d\ude00\u00g\u000a"})") == "??\\u00g\n\n");
}

TEST_CASE("wrapping: a damaged line of JSON costs that line") {
  CHECK(unwrapped({json, "m"}, "{\"m\":\"00\n{\"m\":\"04\"}\n[{{\n{\"m\":\"05\"}\n") ==
        "00\n04\n05\n");
}

TEST_CASE("wrapping: however many lines of JSON are damaged, each costs itself") {
  std::string text;
  std::string expected;
  for (int i = 0; i < 100; ++i) {
    text += "{\"m\":\"00\n{\"o\":{\"p\":1},\"m\":\"04\"}\n";
    expected += "00\n04\n";
  }
  CHECK(unwrapped({json, "m"}, text) == expected);
}

TEST_CASE("wrapping: lines of JSON know where they stand") {
  Unwrapper unwrapper({json, "m"});
  CHECK(unwrapper.text("{\n\"m\":\"00\\n04\"\n}\n{\"m\":\"05\"}\n") == "00\n04\n05\n");
  CHECK(unwrapper.source_of(1) == 2);
  CHECK(unwrapper.source_of(2) == 2);
  CHECK(unwrapper.source_of(3) == 4);
  CHECK(unwrapper.source_of(4) == 5); // what comes
  CHECK(Unwrapper({cells}).source_of(7) == 7);
}

TEST_CASE("wrapping: two quotes in a cell are one, those around it are none") {
  CHECK(unwrapped({cells}, "1,\"b'\"\"\\x00'\",\"\"\n") == "1, b'\"\\x00' ,  \n");
  CHECK(unwrapped({.kind = cells, .quote = '\''}, "'a''b' \"\"") == " a'b  \"\"");
  CHECK(unwrapped({cells}, "\"00\n\"04\"\n") == " 00\n 04 \n"); // one is missing
}

TEST_CASE("wrapping: what is around much of a text is tried") {
  CHECK(names(R"({"t":1,"m":"00 04 00 04 00 04 00 04 00 04 00 04","n":"05"})") == "json:m ");
  CHECK(names(R"(["00 04", "05"])") == "json: ");
  CHECK(names("1,\"a\"\"b\"") == "json: \" ");
  CHECK(names("'a''b'") == "' ");
  CHECK(names("00 04").empty());
}

TEST_CASE("wrapping: of a text that has bytes beside strings of JSON these are not all") {
  CHECK(names(R"("rx \\x00\\x04")") == "json: ");
  CHECK(names(R"(data=b'\x00\x04' data="b'\\x00 \\x04'")") == "");
}

} // namespace dualcam::wrapping_test
