#include "common/record.hpp"

#include "common/units.hpp"
#include "dualcam/wire/hex.hpp"

namespace dualcam::inline tools {
namespace {

Json or_null(std::string_view text) { return text.empty() ? Json() : Json(text); }

template <class T> void put(Json& json, const char* key, const std::optional<T>& value) {
  if (value) {
    json[key] = *value;
  }
}

/// What DualCam and the other families have always had is there, if only as null.
void put_file(Json& json, const Record& record) {
  put(json, "version", record.version);
  json["time"] = record.time ? to_json(*record.time) : Json();
  json["trigger"] = record.trigger ? Json(*record.trigger) : Json();
  json["trigger_name"] = or_null(record.trigger_name.value_or(""));
  put(json, "camera_trigger", record.camera_trigger);
  put(json, "length_seconds", record.length);
  put(json, "frame_rate", record.frame_rate);
  put(json, "time_zone_minutes", record.time_zone);
  if (record.position) {
    json["latitude"] = record.position->latitude; // null if not finite
    json["longitude"] = record.position->longitude;
    json["position_valid"] = record.has_place();
  }
  if (record.trigger_time) {
    json["trigger_time"] = to_json(*record.trigger_time);
  }
  put(json, "events", record.events);
  put(json, "driver", record.driver);
}

void put_init(Json& json, const Init& init) {
  json["protocol"] = init.protocol;
  auto offered = Json::array();
  for (const auto kind : all_file_kinds) {
    if (kinds_offered(init).contains(kind)) {
      offered.push_back(name_of(kind));
    }
  }
  json["offered"] = offered;
  json["offers_path"] = init.offers_path();
}

} // namespace

Record record_of(const Metadata& metadata, Bytes payload) {
  Record record;
  const bool dualcam = is_like_dualcam(metadata.camera);
  record.camera = metadata.camera;
  record.kind = metadata.kind();
  if (dualcam) {
    record.version = metadata.version;
  } else {
    const auto name = file_type_name(metadata.file_type, metadata.camera);
    record.file_type = name.empty() ? std::to_string(metadata.file_type) : std::string(name);
  }
  record.time = metadata.timestamp;
  record.trigger = metadata.trigger;
  record.trigger_name = trigger_name(metadata.trigger, metadata.camera);
  if (metadata.camera != Camera::dsm) {
    record.length = metadata.length;
  }
  record.frame_rate = metadata.frame_rate;
  record.time_zone = metadata.time_zone;
  record.position = metadata.position;
  record.trigger_time = metadata.trigger_timestamp;
  if (metadata.events) {
    record.events = dsm_event_names(*metadata.events);
  }
  record.driver = metadata.driver;
  record.rest = to_hex(metadata.rest);
  record.raw = to_hex(payload);
  return record;
}

Record record_of(const Init& init) {
  Record record;
  record.imei = init.imei;
  record.init = init;
  record.raw = to_hex(encode(init));
  return record;
}

Json to_json(const Record& record) {
  auto json = Json::object();
  if (record.imei) {
    json["imei"] = format_imei(*record.imei);
  }
  if (record.init) {
    put_init(json, *record.init);
  } else {
    json["camera"] = record.camera ? Json(name_of(*record.camera)) : Json();
    json["kind"] = record.kind ? Json(name_of(*record.kind)) : Json();
    put(json, "file_type", record.file_type);
    put_file(json, record);
  }
  if (!record.rest.empty()) {
    json["rest"] = record.rest;
  }
  if (!record.raw.empty()) {
    json["raw"] = record.raw;
  }
  if (!record.document.is_null()) {
    json["document"] = record.document;
  }
  return json;
}

std::optional<SystemTime> known_time(const std::optional<DeviceTime>& time) {
  return time && time->is_known() ? time->time_point() : std::nullopt;
}

std::optional<std::string> format_time(DeviceTime time) {
  const auto point = known_time(time);
  return point ? std::optional(format_time(*point)) : std::nullopt;
}

} // namespace dualcam::inline tools
