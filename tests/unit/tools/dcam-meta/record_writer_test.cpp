#include "dcam-meta/record_writer.hpp"

#include "testing.hpp"

namespace dualcam::meta::record_writer_test {
namespace {

Record somewhere(Position position) {
  Record record;
  record.driver = "O\"Neill, <&>\x01";
  record.position = position;
  return record;
}

std::vector<std::string> written(RecordFormat format, const std::vector<Record>& records) {
  std::vector<std::string> lines;
  const auto writer =
      make_record_writer(format, false, [&](std::string_view line) { lines.emplace_back(line); });
  writer->begin();
  for (const auto& record : records) {
    writer->record(record, "a,b");
  }
  writer->end();
  return lines;
}

} // namespace

TEST_CASE("record writer: every line of CSV has as many fields, quotes doubled") {
  const auto lines = written(RecordFormat::csv, {somewhere({1, 2})});
  REQUIRE(lines.size() == 2);
  CHECK(lines[1].starts_with("\"a,b\","));
  CHECK(lines[1].find(R"("O""Neill, <&>\x01")") != std::string::npos);
  CHECK(lines[0].ends_with('\r'));
  CHECK(lines[1].ends_with('\r'));
  const auto commas = [](const std::string& line) {
    bool quoted = false;
    return std::ranges::count_if(line, [&](char c) {
      quoted = c == '"' ? !quoted : quoted;
      return c == ',' && !quoted;
    });
  };
  CHECK(commas(lines[0]) == commas(lines[1]));
}

TEST_CASE("record writer: no text of a device begins a formula in CSV, and numbers stay numbers") {
  for (const auto* text : {"=cmd|' /C calc'!A0", "+1", "-1+2", "@SUM(A1)"}) {
    Record record;
    record.driver = text;
    record.camera_trigger = text;
    record.events = {text};
    record.position = Position{-33.8, -70.5};
    const auto row = written(RecordFormat::csv, {record}).at(1);
    for (const auto cell : {",=", ",+", ",@", ",\"=", ",\"+", ",\"-", ",\"@"}) {
      CHECK(row.find(cell) == std::string::npos);
    }
    CHECK(row.find(",-33.8,-70.5,") != std::string::npos);
    CHECK(row.find('\'') != std::string::npos);
  }
}

TEST_CASE("record writer: GeoJSON is one document, also without features") {
  for (const auto count : {std::size_t{0}, std::size_t{1}, std::size_t{3}}) {
    std::string text;
    const std::vector<Record> records(count, somewhere({-33.8, 151.2}));
    for (const auto& line : written(RecordFormat::geojson, records)) {
      text += line;
    }
    const auto json = Json::parse(text);
    REQUIRE(json["features"].size() == count);
    if (count > 0) {
      CHECK(json["features"][0]["geometry"]["coordinates"] == Json::array({151.2, -33.8}));
      for (const auto* key : {"latitude", "longitude", "position_valid"}) { // told already
        CHECK_FALSE(json["features"][0]["properties"].contains(key));
      }
      CHECK(json["features"][0]["properties"].contains("driver"));
    }
  }
}

TEST_CASE("record writer: positions that are none are left out of maps") {
  for (const auto format : {RecordFormat::geojson, RecordFormat::gpx}) {
    const auto writer = make_record_writer(format, false, [](std::string_view) {});
    CHECK_FALSE(writer->record(somewhere({0, 0}), ""));
    CHECK_FALSE(writer->record(somewhere({91, 0}), ""));
    CHECK_FALSE(writer->record(Record{}, ""));
    CHECK(writer->record(somewhere({1, 0}), ""));
  }
}

TEST_CASE("record writer: GPX has no longitude of 180 degrees") {
  const auto lines = written(RecordFormat::gpx, {somewhere({10, 180})});
  CHECK(std::ranges::find(lines, R"(  <wpt lat="10" lon="-180">)") != lines.end());
}

TEST_CASE("record writer: XML holds no control bytes and no noncharacters") {
  CHECK(xml_escaped("a<b>&\"\x1b\n\xEF\xBF\xBF") == R"(a&lt;b&gt;&amp;&quot;\x1b\x0a?)");
}

TEST_CASE("record writer: only maps leave records out") {
  for (const auto format : {RecordFormat::text, RecordFormat::json, RecordFormat::csv}) {
    const auto writer = make_record_writer(format, false, [](std::string_view) {});
    writer->begin();
    CHECK(writer->record(Record{}, ""));
    CHECK(writer->record(somewhere({91, 0}), ""));
    CHECK(writer->record(somewhere({1, 0}), ""));
  }
}

TEST_CASE("record writer: what is not known is an empty field of CSV, and no key of JSON") {
  const auto row = written(RecordFormat::csv, {Record{}}).at(1);
  CHECK(row.starts_with("\"a,b\",,"));
  CHECK(row.find_first_not_of(",", 5) == row.find('\r'));
  const auto json = Json::parse(written(RecordFormat::json, {Record{}}).at(0));
  for (const auto* key : {"imei", "rest", "raw", "document", "latitude", "driver", "events"}) {
    CAPTURE(key);
    CHECK_FALSE(json.contains(key));
  }
}

} // namespace dualcam::meta::record_writer_test
