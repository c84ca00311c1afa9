#include "common/json.hpp"

#include "common/record.hpp"
#include "dualcam/wire/hex.hpp"

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

std::optional<ByteBuffer> parse_hex(std::string_view text) {
  constexpr std::string_view between_bytes = " \t\r\n,:;";
  ByteBuffer bytes;
  while (!text.empty()) {
    if (between_bytes.find(text.front()) != std::string_view::npos) {
      text.remove_prefix(1);
      continue;
    }
    if (text.starts_with("0x") || text.starts_with("0X")) {
      text.remove_prefix(2);
    }
    const auto byte = byte_of_hex(text.substr(0, 2));
    if (!byte) {
      return std::nullopt;
    }
    bytes.push_back(*byte);
    text.remove_prefix(2);
  }
  return bytes;
}

} // namespace dualcam::inline tools
