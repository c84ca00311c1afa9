// By which keys a JSON document is a camera's, and which values of it count.
#include "common/camera_document.hpp"

#include "common/document.hpp"
#include <fmt/format.h>

#include "testing.hpp"

namespace dualcam::camera_document_test {
namespace {

Json parsed(std::string_view text) {
  auto document = parse_document(text);
  REQUIRE(document.has_value());
  return std::move(*document);
}

bool is_cameras(std::string_view text) { return is_camera_document(parsed(text)); }

Record record_of(std::string_view text) { return record_of_camera_document(parsed(text), text); }

} // namespace

TEST_CASE("camera document: it has one of a few objects, at any depth, or a driver's name") {
  for (const auto* text :
       {R"({"file":{}})", R"({"location":{}})", R"({"fm_trigger":{}})", R"({"cam_trigger":{}})",
        R"({"driver_name":"A"})", R"({"driver_name":null})", R"({"a":{"b":[{"file":{}}]}})",
        R"({"file":[]})"}) {
    CAPTURE(text);
    CHECK(is_cameras(text));
  }
  for (const auto* text :
       {"{}", R"({"version":1})", R"({"other":{}})", R"({"file":"a.jpg"})", R"({"location":5})",
        R"({"a":{"b":[{"c":{}}]}})", R"({"fm_trigger":1,"cam_trigger":2})"}) {
    CAPTURE(text);
    CHECK_FALSE(is_cameras(text));
  }
}

TEST_CASE("camera document: a version is a whole number, or text of one") {
  const auto tells = [](std::string_view text) { return tells_version(parsed(text)); };
  CHECK(tells(R"({"version":3})"));
  CHECK(tells(R"({"version":"3"})"));
  CHECK(tells(R"({"version":0})"));
  CHECK(tells(R"({"a":[{"version":3}]})"));
  CHECK_FALSE(tells(R"({"version":"3.1.4"})"));
  CHECK_FALSE(tells(R"({"version":-1})"));
  CHECK_FALSE(tells(R"({"version":null})"));
  CHECK_FALSE(tells(R"({"version":{}})"));
  CHECK_FALSE(tells(R"({"versions":3})"));
  CHECK_FALSE(tells(R"({"version":9000000000000000})"));
  CHECK(tells(R"({"version":8999999999999999})"));
}

TEST_CASE("camera document: numbers may be text, with blanks and NULs around them") {
  const auto latitude = [](std::string_view value) {
    const auto text = R"({"location":{"latitude":)" + std::string(value) + R"(,"longitude":25}})";
    const auto record = record_of(text);
    return record.position ? record.position->latitude : 999.0;
  };
  CHECK(latitude("54.5") == 54.5);
  CHECK(latitude(R"("54.5")") == 54.5);
  CHECK(latitude(R"(" +54.5 ")") == 54.5);
  CHECK(latitude(R"("54.5\u0000\u0000")") == 54.5);
  CHECK(latitude(R"("-54.5")") == -54.5);
}

TEST_CASE("camera document: a driver's name is text without what pads it") {
  CHECK(record_of(R"({"driver_name":" JOHN DOE \u0000\u0000"})").driver == "JOHN DOE");
  CHECK(record_of(R"({"driver_name":""})").driver.value_or("none") == "none");
  CHECK(record_of(R"({"driver_name":null})").driver.value_or("none") == "none");
  CHECK(record_of(R"({"driver_name":5})").driver == "5");
}

TEST_CASE("camera document: each value has its place, and is none anywhere else") {
  const auto told = [](std::string_view text) {
    const auto record = record_of(text);
    std::string all;
    const auto add = [&](std::string_view name, const auto& value) {
      if (value) {
        all += fmt::format("{}={} ", name, *value);
      }
    };
    add("version", record.version);
    add("driver", record.driver);
    add("type", record.file_type);
    add("time", record.time ? std::optional(record.time->milliseconds) : std::nullopt);
    add("length", record.length);
    add("rate", record.frame_rate);
    add("trigger", record.trigger);
    add("name", record.trigger_name);
    add("camera", record.camera_trigger);
    add("latitude", record.position ? std::optional(record.position->latitude) : std::nullopt);
    add("longitude", record.position ? std::optional(record.position->longitude) : std::nullopt);
    return all;
  };
  CHECK(told(R"({"version":2,"driver_name":"A"})") == "version=2 driver=A ");
  CHECK(told(R"({"file":{"version":2,"driver_name":"A"}})") == "version=2 driver=A ");
  const std::string values =
      R"("file_type":"v","file_timestamp":1.5,"duration":10,"framerate":"25","other":7)";
  CHECK(told(R"({"file":{)" + values + "}}") == "type=v time=1500 length=10 rate=25 ");
  CHECK(told(R"({"file":[{)" + values + "}]}") == "type=v time=1500 length=10 rate=25 ");
  CHECK(told("{" + values + "}").empty());
  CHECK(told(R"({"fm_trigger":{)" + values + "}}").empty());
  CHECK(told(R"({"fm_trigger":{"type":3}})") == "trigger=3 ");
  CHECK(told(R"({"fm_trigger":{"type":"crash"}})") == "name=crash ");
  CHECK(told(R"({"fm_trigger":{"type":"crash","type":null}})") == "name=crash ");
  CHECK(told(R"({"cam_trigger":{"type":"button"}})") == "camera=button ");
  CHECK(told(R"({"cam_trigger":{"other":"button"},"type":"x","file":{"type":"y"}})").empty());
  CHECK(told(R"({"location":{"latitude":1,"longitude":2,"other":3}})") ==
        "latitude=1 longitude=2 ");
  CHECK(told(R"({"location":{"latitude":1}})") == "latitude=1 longitude=nan ");
  CHECK(told(R"({"latitude":1,"longitude":2})").empty());
  CHECK(told(R"({"file":{"duration":5,"duration":-1}})") == "length=5 "); // the last good one
  CHECK(told(R"({"file":{"duration":5,"duration":6}})") == "length=6 ");
}

} // namespace dualcam::camera_document_test
