#include "common/json.hpp"

#include "common/units.hpp"
#include "dualcam/message.hpp"

namespace dualcam {

std::string to_line(const Json& json) {
  return json.dump(-1, ' ', true, Json::error_handler_t::replace);
}

Json to_json(DeviceTime time) {
  const auto point = time.time_point();
  return time.is_known() && point ? Json(format_time(*point)) : Json();
}

Json metadata_record(const Metadata& metadata, Bytes payload, std::optional<std::uint64_t> imei) {
  Json record;
  if (imei) {
    record["imei"] = format_imei(*imei);
  }
  const auto kind = metadata.kind();
  record["kind"] = kind ? Json(name_of(*kind)) : Json();
  record["version"] = metadata.version;
  record["time"] = to_json(metadata.timestamp);
  record["trigger"] = metadata.trigger;
  const auto name = trigger_name(metadata.trigger);
  record["trigger_name"] = name.empty() ? Json() : Json(name);
  record["length_seconds"] = metadata.length;
  if (metadata.frame_rate) {
    record["frame_rate"] = *metadata.frame_rate;
  }
  if (metadata.time_zone) {
    record["time_zone_minutes"] = *metadata.time_zone;
  }
  if (metadata.position) {
    record["latitude"] = metadata.position->latitude; // null if not finite
    record["longitude"] = metadata.position->longitude;
    record["position_valid"] = is_valid(*metadata.position) && !is_no_fix(*metadata.position);
  }
  if (metadata.trigger_timestamp) {
    record["trigger_time"] = to_json(*metadata.trigger_timestamp);
  }
  record["raw"] = hex(payload);
  return record;
}

std::string hex(Bytes bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const auto byte : bytes) {
    const auto value = std::to_integer<unsigned>(byte);
    text += digits[value >> 4];
    text += digits[value & 15];
  }
  return text;
}

} // namespace dualcam
