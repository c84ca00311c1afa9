// By which keys a JSON document is a camera's, and which values of it count.
#include "common/camera_document.hpp"

#include "common/document.hpp"
#include "testing.hpp"

namespace dualcam {
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

} // namespace dualcam
