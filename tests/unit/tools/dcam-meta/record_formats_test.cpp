// Each of dcam-meta's formats for programs, to the letter.
#include "dcam-meta/record_writer.hpp"

#include "common/record_reader.hpp"
#include "testing.hpp"

namespace dualcam::meta::record_formats_test {
namespace {

using Lines = std::vector<std::string>;

constexpr auto video = "031000000192d84dac3000000314012c404b59a74e8e028d403947973bf147d6";
constexpr auto init = "0000000500013ee13c00198146000400";

Record of_hex(std::string_view hex) {
  auto record = read_single(from_hex(hex), std::nullopt);
  REQUIRE(record.has_value());
  REQUIRE(record->has_value());
  return std::move(**record);
}

Record named_video() {
  auto record = of_hex(video);
  record.imei = 42;
  return record;
}

Lines written(RecordFormat format, const std::vector<Record>& records) {
  Lines lines;
  const auto writer =
      make_record_writer(format, false, [&](std::string_view line) { lines.emplace_back(line); });
  writer->begin();
  for (const auto& record : records) {
    writer->record(record, "a");
  }
  writer->end();
  return lines;
}

} // namespace

TEST_CASE("record formats: JSON is one object a line") {
  CHECK(written(RecordFormat::json, {named_video(), of_hex(init)}) ==
        Lines{R"({"imei":"000000000000042","camera":"dualcam","kind":"videof","version":3,)"
              R"("time":"2024-10-29T12:43:42.000Z","trigger":0,"trigger_name":"server request",)"
              R"("length_seconds":3,"frame_rate":20,"time_zone_minutes":300,)"
              R"("latitude":54.7004183,"longitude":25.2796514,"position_valid":true,"raw":")" +
                  std::string(video) + R"(","input":"a"})",
              R"({"imei":"350612071913857","protocol":5,"offered":["photof"],"offers_path":true,)"
              R"("raw":")" +
                  std::string(init) + R"(","input":"a"})"});
}

TEST_CASE("record formats: CSV has the same columns for whatever there is") {
  auto driven = named_video();
  driven.driver = "A, B";
  driven.events = {"one", "two"};
  const auto row = "a,000000000000042,dualcam,videof,,3,2024-10-29T12:43:42.000Z,0,server "
                   "request,,3,20,300,54.7004183,25.2796514,true,,";
  CHECK(written(RecordFormat::csv, {named_video(), of_hex(init), driven}) ==
        Lines{"input,imei,camera,kind,file_type,version,time,trigger,trigger_name,camera_trigger,"
              "length_seconds,frame_rate,time_zone_minutes,latitude,longitude,position_valid,"
              "trigger_time,events,driver,rest,raw,protocol,offered,offers_path\r",
              std::string(row) + ",,," + video + ",,,\r",
              "a,350612071913857,,,,,,,,,,,,,,,,,,," + std::string(init) + ",5,photof,true\r",
              std::string(row) + "one;two,\"A, B\",," + video + ",,,\r"});
}

TEST_CASE("record formats: GeoJSON has a feature a line, commas between them") {
  const auto feature = R"({"type":"Feature","geometry":{"type":"Point","coordinates":)"
                       R"([25.2796514,54.7004183]},"properties":{"imei":"000000000000042",)"
                       R"("camera":"dualcam","kind":"videof","version":3,)"
                       R"("time":"2024-10-29T12:43:42.000Z","trigger":0,)"
                       R"("trigger_name":"server request","length_seconds":3,"frame_rate":20,)"
                       R"("time_zone_minutes":300,"raw":")" +
                       std::string(video) + R"(","input":"a"}})";
  const auto head = R"({"type":"FeatureCollection","features":[)";
  CHECK(written(RecordFormat::geojson, {}) == Lines{head, "]}"});
  CHECK(written(RecordFormat::geojson, {named_video()}) == Lines{head, feature, "]}"});
  CHECK(written(RecordFormat::geojson, {named_video(), of_hex(init), named_video()}) ==
        Lines{head, feature + ",", feature, "]}"});
}

TEST_CASE("record formats: GPX has a waypoint for each place") {
  const Lines head{R"(<?xml version="1.0" encoding="UTF-8"?>)",
                   R"(<gpx version="1.1" creator="dcam-meta" )"
                   R"(xmlns="http://www.topografix.com/GPX/1/1")",
                   R"(     xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance")",
                   R"(     xsi:schemaLocation="http://www.topografix.com/GPX/1/1 )"
                   R"(http://www.topografix.com/GPX/1/1/gpx.xsd">)"};
  const auto with_head = [&](Lines lines) {
    lines.insert(lines.begin(), head.begin(), head.end());
    lines.emplace_back("</gpx>");
    return lines;
  };
  CHECK(written(RecordFormat::gpx, {of_hex(init)}) == with_head({}));
  CHECK(
      written(RecordFormat::gpx, {named_video()}) ==
      with_head({R"(  <wpt lat="54.7004183" lon="25.2796514">)",
                 "    <time>2024-10-29T12:43:42.000Z</time>",
                 "    <name>front video 2024-10-29T12:43:42.000Z</name>",
                 "    <desc>front video, trigger server request, 3 s, IMEI 000000000000042</desc>",
                 "  </wpt>"}));
  Record bare;
  bare.file_type = "a<b";
  bare.position = Position{1, -2};
  bare.time = DeviceTime{0}; // not known
  bare.trigger_name = "";
  bare.length = 0;
  CHECK(written(RecordFormat::gpx, {bare}) ==
        with_head({R"(  <wpt lat="1" lon="-2">)", "    <name>a&lt;b</name>",
                   "    <desc>a&lt;b</desc>", "  </wpt>"}));
}

} // namespace dualcam::meta::record_formats_test
