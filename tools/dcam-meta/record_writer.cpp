#include "dcam-meta/record_writer.hpp"

#include <array>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/escape.hpp"

namespace dualcam::meta {
namespace {

/// New ones go to the end.
constexpr std::array columns{"input",
                             "imei",
                             "camera",
                             "kind",
                             "file_type",
                             "version",
                             "time",
                             "trigger",
                             "trigger_name",
                             "camera_trigger",
                             "length_seconds",
                             "frame_rate",
                             "time_zone_minutes",
                             "latitude",
                             "longitude",
                             "position_valid",
                             "trigger_time",
                             "events",
                             "driver",
                             "rest",
                             "raw",
                             "protocol",
                             "offered",
                             "offers_path"};

Json with_input(const Record& record, const std::string& input) {
  auto json = to_json(record);
  if (!input.empty()) {
    json["input"] = input;
  }
  return json;
}

std::string text_of(const Json& value) {
  if (value.is_null()) {
    return "";
  }
  if (value.is_string()) {
    return escaped(value.get_ref<const std::string&>());
  }
  if (value.is_number_float()) {
    return format_degrees(value.get<double>());
  }
  if (value.is_array()) {
    std::string text;
    for (const auto& each : value) {
      text += (text.empty() ? "" : ";") + text_of(each);
    }
    return text;
  }
  return to_line(value);
}

/// Spreadsheets run text that begins like this, and what devices send is text.
bool begins_like_a_formula(const std::string& text) {
  return !text.empty() && std::string_view("=+-@").find(text.front()) != std::string_view::npos;
}

std::string csv_field(const Json& value) {
  auto text = text_of(value);
  if (!value.is_number() && begins_like_a_formula(text)) {
    text.insert(0, 1, '\'');
  }
  if (text.find_first_of(",\"\r\n") == std::string::npos) {
    return text;
  }
  std::string quoted = "\"";
  for (const char c : text) {
    quoted += c == '"' ? "\"\"" : std::string(1, c);
  }
  return quoted + '"';
}

/// GPX has longitudes from -180 to below 180.
double gpx_longitude(double longitude) { return longitude == 180 ? -180 : longitude; }

std::string description_of_waypoint(const Record& record) {
  std::string text = title_of(record);
  if (record.trigger_name && !record.trigger_name->empty()) {
    text += ", trigger " + *record.trigger_name;
  }
  if (record.length.value_or(0) > 0) {
    text += fmt::format(", {} s", *record.length);
  }
  if (record.imei) {
    text += ", IMEI " + format_imei(*record.imei);
  }
  return text;
}

} // namespace

std::string map_degrees(double degrees) {
  constexpr double nearly_nothing = 1e-12; // which format_degrees has no exponent for
  return format_degrees(std::abs(degrees) < nearly_nothing ? 0 : degrees);
}

std::unique_ptr<RecordWriter> make_record_writer(RecordFormat format, bool several,
                                                 RecordWriter::Line line) {
  switch (format) {
  case RecordFormat::text:
    return std::make_unique<TextWriter>(several, std::move(line));
  case RecordFormat::json:
    return std::make_unique<JsonWriter>(std::move(line));
  case RecordFormat::csv:
    return std::make_unique<CsvWriter>(std::move(line));
  case RecordFormat::geojson:
    return std::make_unique<GeoJsonWriter>(std::move(line));
  case RecordFormat::gpx:
    return std::make_unique<GpxWriter>(std::move(line));
  }
  return nullptr;
}

bool JsonWriter::record(const Record& record, const std::string& input) {
  line_(to_line(with_input(record, input)));
  return true;
}

// --- CSV ---

void CsvWriter::begin() { line_(fmt::format("{}\r", fmt::join(columns, ","))); }

bool CsvWriter::record(const Record& record, const std::string& input) {
  const auto json = with_input(record, input);
  std::string row;
  for (const auto* column : columns) {
    const auto found = json.find(column);
    row += row.empty() && column == columns.front() ? "" : ",";
    row += found == json.end() ? "" : csv_field(*found);
  }
  line_(row + '\r');
  return true;
}

// --- GeoJSON ---

void GeoJsonWriter::begin() { line_(R"({"type":"FeatureCollection","features":[)"); }

bool GeoJsonWriter::record(const Record& record, const std::string& input) {
  if (!record.has_place()) {
    return false;
  }
  auto properties = with_input(record, input);
  properties.erase("latitude");
  properties.erase("longitude");
  properties.erase("position_valid");
  const Json feature{
      {"type", "Feature"},
      {"geometry",
       {{"type", "Point"},
        {"coordinates", Json::array({record.position->longitude, record.position->latitude})}}},
      {"properties", properties}};
  if (!pending_.empty()) {
    line_(pending_ + ',');
  }
  pending_ = to_line(feature);
  return true;
}

void GeoJsonWriter::end() {
  if (!pending_.empty()) {
    line_(pending_);
  }
  line_("]}");
}

// --- GPX ---

std::string xml_escaped(std::string_view text) {
  std::string safe;
  for (const char c : escaped(text)) {
    switch (c) {
    case '&':
      safe += "&amp;";
      break;
    case '<':
      safe += "&lt;";
      break;
    case '>':
      safe += "&gt;";
      break;
    case '"':
      safe += "&quot;";
      break;
    default:
      safe += c;
    }
  }
  for (const std::string_view forbidden : {"\xEF\xBF\xBE", "\xEF\xBF\xBF"}) { // U+FFFE, U+FFFF
    for (auto at = safe.find(forbidden); at != std::string::npos; at = safe.find(forbidden)) {
      safe.replace(at, forbidden.size(), "?");
    }
  }
  return safe;
}

void GpxWriter::begin() {
  line_(R"(<?xml version="1.0" encoding="UTF-8"?>)");
  line_(R"(<gpx version="1.1" creator="dcam-meta" xmlns="http://www.topografix.com/GPX/1/1")");
  line_(R"(     xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance")");
  line_(R"(     xsi:schemaLocation="http://www.topografix.com/GPX/1/1 )"
        R"(http://www.topografix.com/GPX/1/1/gpx.xsd">)");
}

bool GpxWriter::record(const Record& record, const std::string&) {
  if (!record.has_place()) {
    return false;
  }
  line_(fmt::format(R"(  <wpt lat="{}" lon="{}">)", map_degrees(record.position->latitude),
                    map_degrees(gpx_longitude(record.position->longitude))));
  const auto time = record.time ? format_time(*record.time) : std::nullopt;
  if (time) {
    line_(fmt::format("    <time>{}</time>", *time));
  }
  line_(fmt::format("    <name>{}{}</name>", xml_escaped(title_of(record)),
                    time ? ' ' + *time : std::string()));
  line_(fmt::format("    <desc>{}</desc>", xml_escaped(description_of_waypoint(record))));
  line_("  </wpt>");
  return true;
}

void GpxWriter::end() { line_("</gpx>"); }

} // namespace dualcam::meta
