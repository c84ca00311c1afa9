// What --scrub makes of METADATA, be it JSON or not.
#include "dcam-crc/scrub_json.hpp"

#include <algorithm>

#include "common/json.hpp"
#include "dcam-crc/scrub_metadata.hpp"
#include "dualcam/files/metadata.hpp"
#include "testing.hpp"
#include "tools/dcam-crc/scrubbed.hpp"

namespace dualcam::crc::scrub_json_test {

// --- JSON ---

TEST_CASE("scrub JSON: known names and told numbers stay, all else becomes another") {
  Values values;
  const std::string text =
      R"({"version":1,"file":{"file_timestamp":1729504017,"file_type":"mp4","duration":12.5},)"
      R"("location":{"latitude":"54.700418","longitude":-125.279651},"driver_name":"John Doe",)"
      R"("plate":["ABC-123",{"odo":123456}],"is_valid":true,"nothing":null,"tracker":)"
      R"({"imei":"350612071913857","cam_trigger":4}, "type" : 7,"framerate":"25"})";
  const auto other = scrubbed_json(text, values);
  CAPTURE(other);
  REQUIRE(other.size() == text.size());
  REQUIRE(Json::accept(other));
  const auto told = Json::parse(other);
  CHECK(told["version"] == 1);
  CHECK(told["type"] == 7);
  CHECK(told["framerate"] == "25");
  CHECK(told["file"]["file_timestamp"] == 1729504017);
  CHECK(told["file"]["duration"] == 12.5);
  CHECK(told["file"]["file_type"] != "mp4");
  CHECK(told["location"]["latitude"] == values.coordinate("54.700418", true));
  CHECK(told["location"]["longitude"] == std::stod(values.coordinate("-125.279651", false)));
  CHECK(told["driver_name"] == values.text("John Doe"));
  CHECK(told.size() == 10);
  for (const auto* name :
       {"plate", "is_valid", "nothing", "tracker", "odo", "ABC", "350612071913857"}) {
    CAPTURE(name);
    CHECK(other.find('"' + std::string(name)) == std::string::npos);
  }
  const auto imei = std::to_string(values.imei(350612071913857));
  CHECK(other.find(R"({"imei":")" + imei + '"') != std::string::npos);
  CHECK(other.find(R"("cam_trigger":4})") == std::string::npos);
  CHECK(told[values.text("is_valid")] == true);
  CHECK(told[values.text("nothing")].is_null());
  const auto list = told[values.text("plate")];
  CHECK(list[0] == values.text("ABC-123"));
  CHECK(list[1][values.text("odo")].is_number());
}

TEST_CASE("scrub JSON: a number that is an IMEI, and names within lists") {
  Values values;
  const auto other =
      scrubbed_json(R"(["version", 350612071913857, {"alpha":[1,"b"],"gamma":{}}, "d"])", values);
  CAPTURE(other);
  const auto told = Json::parse(other);
  CHECK(told[0] == values.text("version")); // no name: an element
  CHECK(told[1] == values.imei(350612071913857));
  CHECK(told[2][values.text("alpha")][1] == values.text("b"));
  CHECK(told[2][values.text("gamma")].empty());
  CHECK(told[3] == values.text("d"));
}

TEST_CASE("scrub JSON: escapes stay escapes") {
  Values values;
  const std::string text = R"({"driver":"J\u00f6hn \"D\"\\ \n\u0041\ud83d\ude00","x\"y":"\u0031"})";
  const auto other = scrubbed_json(text, values);
  CAPTURE(other);
  REQUIRE(other.size() == text.size());
  REQUIRE(Json::accept(other));
  for (const auto* old : {"\\u00f6", "\\u0041", "\\ud83d", "\\u0031"}) {
    CHECK(other.find(old) == std::string::npos);
  }
  CHECK(std::string_view(other).substr(12, 5) == "\\u006"); // a letter
  const std::string driver = Json::parse(other)["driver"];
  CHECK(shape_of(driver) == "Aaaa \"A\"\\ \naaa");
  CHECK(std::ranges::count(other, '"') == std::ranges::count(text, '"'));
  for (int i = 0; i < 300; ++i) { // never the backtick before `a`
    const auto scrubbed = scrubbed_json("[\"\\u" + std::to_string(4000 + i) + "\"]", values);
    const auto letter = Json::parse(scrubbed)[0].get<std::string>();
    CHECK((letter.size() == 1 && shape_of(letter) == "a"));
  }
}

TEST_CASE("scrub JSON: what is no document is text, and NULs stay at its end") {
  Values values;
  const std::string text = R"({"imei": 35, "x)";
  CHECK(scrubbed_json(text, values) == values.text(text));
  const auto ended = scrubbed_json(std::string("{\"type\":3}\0\0", 12), values);
  CHECK(ended == std::string("{\"type\":3}\0\0", 12));
  CHECK(scrubbed_json(std::string(3, '\0'), values) == std::string(3, '\0'));
}

TEST_CASE("scrub JSON: a name is one behind whatever was nested before it, an element is none") {
  Values values;
  const auto names = [&](std::string_view text) {
    const auto other = scrubbed_json(text, values);
    CHECK(Json::accept(other));
    std::string kept;
    for (const auto* name : {"driver_name", "plate"}) {
      kept += other.find('"' + std::string(name) + '"') != std::string::npos ? "+" : "-";
    }
    return kept;
  };
  CHECK(names(R"({"file":{"a":["x"]},"driver_name":"plate"})") == "+-");
  CHECK(names(R"({"file":["x",["y"]],"driver_name":"plate"})") == "+-");
  CHECK(names(R"({"a":[{"driver_name":1},"plate"]})") == "+-");
  CHECK(names(R"([{"a":{}},"driver_name"])") == "--"); // an element
  CHECK(names(R"([["x"],{"a":[],"driver_name":2}])") == "+-");
}

// --- METADATA ---

namespace {

/// The payload becomes another one of the same size, of which the first `kept` bytes stay, and so
/// do `behind` bytes from `again` on; others follow those.
ByteBuffer scrub(std::string_view hex, std::size_t kept, std::size_t again,
                 std::size_t behind = 0) {
  const auto payload = from_hex(hex);
  Values values;
  const auto other = scrubbed_metadata(payload, values, values);
  CAPTURE(hex, to_hex(other));
  REQUIRE(other.size() == payload.size());
  CHECK(std::ranges::equal(Bytes(other).first(kept), Bytes(payload).first(kept)));
  CHECK(std::ranges::equal(Bytes(other).subspan(again, behind),
                           Bytes(payload).subspan(again, behind)));
  const auto rest = Bytes(other).subspan(again + behind);
  CHECK((rest.size() < 8 || !std::ranges::equal(rest, Bytes(payload).last(rest.size()))));
  return other;
}

} // namespace

TEST_CASE("scrub metadata: of a DualCam the position becomes another, and what is not known") {
  const std::string head = "10 00000192d84dac30 00 0003 14 012c ";
  const std::string position = "404b59a74e8e028d 403947973bf147d6 ";
  const std::string more = "00112233445566778899aabbccddeeff";
  const auto third = scrub("03" + head + position + more, 16, 32);
  const auto told = decode_metadata(third);
  CHECK(is_valid(*told->position));
  CHECK(told->position->latitude != 54.7004183);
  CHECK(told->position->longitude != 25.2796514);
  scrub("04" + head + position + "00000192d84dabcd" + more, 16, 32, 8);
  scrub("02 10 00000192d84dac30 00 0003 14 " + more, 14, 14);
  const auto bare = from_hex("01 10 00000192d84dac30 00 0003");
  Values values;
  CHECK(scrubbed_metadata(bare, values, values) == bare);
  const auto none = scrub("03" + head + "0000000000000000 0000000000000000", 32, 32);
  CHECK(is_no_fix(*decode_metadata(none)->position));
}

TEST_CASE("scrub metadata: of the cameras with paths") {
  const auto adas = scrub("67162311 00 05 0342a982 fe7e435d 0a", 6, 14, 1);
  const auto told = decode_metadata(adas, Camera::adas);
  CHECK(is_valid(*told->position));
  CHECK(told->position->latitude != 54.700418);
  CHECK(told->position->longitude != -25.279651);
  const auto dsm = scrub("6532edcc 01 0d fcbd567e 0181bca3 0109 454e4f44204e484f4a00", 6, 14, 2);
  const auto driver = decode_metadata(dsm, Camera::dsm);
  CHECK(is_valid(*driver->position));
  CHECK(shape_of(*driver->driver) == "AAAA AAAA");
  CHECK(same(*driver->driver, "JOHN DONE") == 1);
}

TEST_CASE("scrub metadata: of what is not known nothing but the version stays") {
  scrub("7f" + to_hex(random_bytes(30, 3)), 1, 1);
  scrub("05 7f 00112233445566778899", 12, 12);
  Values values;
  CHECK(scrubbed_metadata({}, values, values).empty());
  const auto document = as_bytes(R"({"driver":"John"})");
  CHECK(as_text(scrubbed_metadata(document, values, values)) ==
        R"({"driver":")" + values.text("John") + "\"}");
}

} // namespace dualcam::crc::scrub_json_test
