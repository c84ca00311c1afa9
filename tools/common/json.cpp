#include "common/json.hpp"

#include "common/record.hpp"

namespace dualcam::inline tools {

std::string to_line(const Json& json) {
  return json.dump(-1, ' ', true, Json::error_handler_t::replace);
}

Json to_json(DeviceTime time) {
  const auto text = format_time(time);
  return text ? Json(*text) : Json();
}

Json metadata_record(const Metadata& metadata, Bytes payload, std::optional<std::uint64_t> imei) {
  auto record = record_of(metadata, payload);
  record.imei = imei;
  return to_json(record);
}

} // namespace dualcam::inline tools
