#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/escape.hpp"
#include "common/units.hpp"
#include "dcam-meta/record_writer.hpp"

namespace dualcam::meta {
namespace {

using Field = std::pair<std::string_view, std::string>;
using Fields = std::vector<Field>;

std::string time_text(DeviceTime time) {
  if (!time.is_known()) {
    return "none (0: no file)";
  }
  return format_time(time).value_or(
      fmt::format("{} ms since 1970, beyond the year 9999", time.milliseconds));
}

/// `2024-10-29 17:43:42 UTC+05:00`
std::string local_time_text(SystemTime time, int zone) {
  auto text = format_time(time + std::chrono::minutes(zone));
  text.resize(text.find('.'));
  text[text.find('T')] = ' ';
  const auto minutes = std::abs(zone);
  return fmt::format("{} UTC{}{:02}:{:02}", text, zone < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

std::string trigger_text(const Record& record) {
  auto name = escaped(record.trigger_name.value_or(""));
  if (!record.trigger) {
    return name;
  }
  if (!record.camera) { // what the numbers of protocol >= 6 mean is not known
    return std::to_string(*record.trigger);
  }
  return name.empty() ? fmt::format("{} (not known)", *record.trigger)
                      : fmt::format("{} ({})", name, *record.trigger);
}

std::string camera_text(const Record& record) {
  auto text = record.camera ? std::string(description_of(*record.camera)) : std::string();
  if (record.version) {
    text += fmt::format("{}metadata version {}", text.empty() ? "" : ", ", *record.version);
  }
  return text;
}

/// How long after its trigger the file was finalised.
std::optional<std::string> delay_text(const Record& record) {
  if (!record.time || !record.trigger_time || !format_time(*record.time) ||
      !format_time(*record.trigger_time)) {
    return std::nullopt;
  }
  const auto time = *record.time->time_point();
  const auto trigger = *record.trigger_time->time_point();
  return time >= trigger ? format_duration(time - trigger) + " after the trigger"
                         : format_duration(trigger - time) + " before the trigger";
}

void add_position(const Record& record, Fields& fields) {
  if (!record.position) {
    return;
  }
  const auto number = [](double degrees) {
    return degrees == degrees ? format_degrees(degrees) : std::string("nan");
  };
  const auto latitude = number(record.position->latitude);
  const auto longitude = number(record.position->longitude);
  const auto pair = latitude + ", " + longitude;
  if (!is_valid(*record.position)) {
    fields.emplace_back("position", pair + " (invalid)");
  } else if (is_no_fix(*record.position)) {
    fields.emplace_back("position", pair + " (no satellite fix)");
  } else {
    fields.emplace_back("position", pair);
    fields.emplace_back("", format_dms(*record.position));
    fields.emplace_back("map", "geo:" + map_degrees(record.position->latitude) + ',' +
                                   map_degrees(record.position->longitude));
  }
}

void add_times(const Record& record, Fields& fields) {
  if (record.time) {
    fields.emplace_back("time", time_text(*record.time));
    if (record.time_zone && format_time(*record.time)) {
      fields.emplace_back("local time",
                          local_time_text(*record.time->time_point(), *record.time_zone));
    }
  }
  if (record.trigger_time) {
    fields.emplace_back("trigger time", time_text(*record.trigger_time));
  }
  if (const auto delay = delay_text(record)) {
    fields.emplace_back("finalised", *delay);
  }
}

std::string joined(const std::vector<std::string>& words) {
  return words.empty() ? "none" : fmt::format("{}", fmt::join(words, ", "));
}

void add_init(const Init& init, Fields& fields) {
  std::vector<std::string> offered;
  for (const auto kind : all_file_kinds) {
    if (kinds_offered(init).contains(kind)) {
      offered.emplace_back(description_of(kind));
    }
  }
  if (init.offers_path()) {
    offered.emplace_back("a file by path");
  }
  fields.emplace_back("protocol", std::to_string(init.protocol));
  fields.emplace_back("offered", offered.empty() ? "nothing" : joined(offered));
  fields.emplace_back("settings", fmt::format("{:08x}", init.settings));
}

/// What a JSON document or a DSM camera may leave out, and has left out.
void add_not_told(const Record& record, Fields& fields) {
  const bool by_json = !record.document.is_null();
  const auto missing = [&](bool there, std::string_view label) {
    if (!there) {
      fields.emplace_back(label, "not reported");
    }
  };
  missing(!by_json || record.time, "time");
  missing(!by_json || record.trigger || record.trigger_name, "trigger");
  missing(!by_json || record.camera_trigger, "camera trigger");
  missing(!by_json || record.length, "length");
  missing(!by_json || record.frame_rate, "frame rate");
  missing(!by_json || record.position, "position");
  missing((!by_json && record.camera != Camera::dsm) || record.driver, "driver");
}

void add_file(const Record& record, Fields& fields) {
  fields.emplace_back("camera", camera_text(record));
  add_times(record, fields);
  fields.emplace_back("trigger", trigger_text(record));
  fields.emplace_back("camera trigger", escaped(record.camera_trigger.value_or("")));
  fields.emplace_back("length", record.length ? fmt::format("{} s", *record.length) : "");
  fields.emplace_back("frame rate",
                      record.frame_rate ? fmt::format("{} fps", *record.frame_rate) : "");
  add_position(record, fields);
  fields.emplace_back("events", record.events ? joined(*record.events) : "");
  fields.emplace_back("driver", escaped(record.driver.value_or("")));
  add_not_told(record, fields);
  fields.emplace_back("not known", record.rest);
  fields.emplace_back("document", record.document.is_null() ? "" : to_line(record.document));
}

} // namespace

std::string title_of(const Record& record) {
  if (record.init) {
    return "INIT";
  }
  if (record.kind) {
    return std::string(description_of(*record.kind));
  }
  return record.file_type ? escaped(*record.file_type) : "of unknown kind";
}

bool TextWriter::record(const Record& record, const std::string& input) {
  Fields fields;
  fields.emplace_back("input", several_ ? escaped(input) : "");
  fields.emplace_back(record.init ? "message" : "file", title_of(record));
  fields.emplace_back("IMEI", record.imei ? format_imei(*record.imei) : "");
  record.init ? add_init(*record.init, fields) : add_file(record, fields);
  if (!first_) {
    line_("");
  }
  first_ = false;
  for (const auto& [label, value] : fields) {
    if (!value.empty()) {
      line_(fmt::format("{:<15} {}", label, value));
    }
  }
  return true;
}

} // namespace dualcam::meta
