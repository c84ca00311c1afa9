#include "dualcam/files/metadata.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <string>

namespace dualcam {
namespace {

constexpr std::size_t driver_size = 10;

bool is_not_ascii(std::byte byte) { return byte > std::byte{0x7F}; }

/// Reads fields one after another and remembers the first that is missing.
class FieldReader {
public:
  explicit FieldReader(Bytes payload) : reader_(payload) {}

  template <std::unsigned_integral T> T be(std::string_view field) {
    const auto value = reader_.be<T>();
    if (!value) {
      missing(field, sizeof(T));
    }
    return value.value_or(0);
  }

  double degrees(std::string_view field) { return std::bit_cast<double>(be<std::uint64_t>(field)); }
  double millionths(std::string_view field) {
    return static_cast<std::int32_t>(be<std::uint32_t>(field)) / 1e6;
  }
  /// ASCII, last character first; NULs and spaces around it are padding. nullopt: other bytes, or
  /// nothing is there.
  std::optional<std::string> reversed_text(std::string_view field, std::size_t size) {
    const auto bytes = reader_.remaining() == 0 ? std::optional(Bytes()) : reader_.bytes(size);
    if (!bytes) {
      missing(field, size);
    }
    if (!bytes || bytes->empty() || std::ranges::any_of(*bytes, is_not_ascii)) {
      return std::nullopt;
    }
    const std::string text(as_text(*bytes).rbegin(), as_text(*bytes).rend());
    constexpr std::string_view padding("\0 ", 2);
    const auto first = text.find_first_not_of(padding);
    return first == std::string::npos
               ? std::string()
               : text.substr(first, text.find_last_not_of(padding) + 1 - first);
  }
  Bytes rest() { return reader_.rest(); }
  const std::optional<Error>& error() const { return error_; }

private:
  void missing(std::string_view field, std::size_t size) {
    if (!error_) {
      const auto left = reader_.remaining();
      error_ =
          Error{ErrorCategory::truncated, reader_.offset(),
                "the metadata ends before its " + std::string(field) + ": " + std::to_string(size) +
                    (size == 1 ? " byte was" : " bytes were") + " expected, " +
                    std::to_string(left) + (left == 1 ? " is" : " are") + " left"};
    }
  }

  ByteReader reader_;
  std::optional<Error> error_;
};

Metadata read_dualcam(FieldReader& fields) {
  Metadata metadata{};
  metadata.version = fields.be<std::uint8_t>("command version");
  metadata.file_type = fields.be<std::uint8_t>("file type");
  metadata.timestamp = {fields.be<std::uint64_t>("timestamp")};
  metadata.trigger = fields.be<std::uint8_t>("trigger");
  metadata.length = fields.be<std::uint16_t>("video length");
  if (metadata.version >= 2) {
    metadata.frame_rate = fields.be<std::uint8_t>("frame rate");
  }
  if (metadata.version >= 3) {
    metadata.time_zone = static_cast<std::int16_t>(fields.be<std::uint16_t>("time zone"));
    const auto latitude = fields.degrees("latitude");
    metadata.position = Position{latitude, fields.degrees("longitude")};
  }
  if (metadata.version >= 4) {
    metadata.trigger_timestamp = DeviceTime{fields.be<std::uint64_t>("trigger timestamp")};
  }
  return metadata;
}

/// The cameras whose files go by path.
Metadata read_by_path(FieldReader& fields, Camera camera) {
  Metadata metadata{};
  metadata.camera = camera;
  metadata.timestamp = {std::uint64_t{1000} * fields.be<std::uint32_t>("timestamp")};
  metadata.file_type = fields.be<std::uint8_t>("file type");
  metadata.trigger = fields.be<std::uint8_t>("trigger");
  const auto latitude = fields.millionths("latitude");
  metadata.position = Position{latitude, fields.millionths("longitude")};
  if (camera == Camera::adas) {
    metadata.length = fields.be<std::uint8_t>("video length");
  } else {
    metadata.events = fields.be<std::uint16_t>("events");
    metadata.driver = fields.reversed_text("driver name", driver_size);
  }
  return metadata;
}

std::string_view name_in(std::span<const std::string_view> names, std::uint8_t value) {
  return value < names.size() ? names[value] : std::string_view();
}

void append_degrees(ByteBuffer& out, double degrees) {
  append_be(out, std::bit_cast<std::uint64_t>(degrees));
}

void append_millionths(ByteBuffer& out, double degrees) {
  append_be(out, static_cast<std::uint32_t>(std::llround(degrees * 1e6)));
}

/// Last character first, NULs behind.
void append_driver(ByteBuffer& out, std::string_view driver) {
  std::string field(driver.substr(0, driver_size));
  std::ranges::reverse(field);
  field.resize(driver_size);
  append(out, as_bytes(field));
}

void write_dualcam(const Metadata& metadata, ByteBuffer& out) {
  append_be(out, metadata.version);
  append_be(out, metadata.file_type);
  append_be(out, metadata.timestamp.milliseconds);
  append_be(out, metadata.trigger);
  append_be(out, metadata.length);
  if (metadata.version >= 2) {
    append_be(out, metadata.frame_rate.value_or(0));
  }
  if (metadata.version >= 3) {
    const auto position = metadata.position.value_or(Position{});
    append_be(out, static_cast<std::uint16_t>(metadata.time_zone.value_or(0)));
    append_degrees(out, position.latitude);
    append_degrees(out, position.longitude);
  }
  if (metadata.version >= 4) {
    append_be(out, metadata.trigger_timestamp.value_or(DeviceTime{}).milliseconds);
  }
}

/// The cameras whose files go by path.
void write_by_path(const Metadata& metadata, ByteBuffer& out) {
  append_be(out, static_cast<std::uint32_t>(metadata.timestamp.milliseconds / 1000));
  append_be(out, metadata.file_type);
  append_be(out, metadata.trigger);
  const auto position = metadata.position.value_or(Position{});
  append_millionths(out, position.latitude);
  append_millionths(out, position.longitude);
  if (metadata.camera == Camera::adas) {
    append_be(out, static_cast<std::uint8_t>(metadata.length));
    return;
  }
  append_be(out, metadata.events.value_or(0));
  if (metadata.driver) {
    append_driver(out, *metadata.driver);
  }
}

} // namespace

std::optional<std::chrono::sys_time<std::chrono::milliseconds>> DeviceTime::time_point() const {
  constexpr auto end = std::chrono::sys_days(std::chrono::year(10000) / 1 / 1);
  const auto limit = std::chrono::milliseconds(end.time_since_epoch()).count();
  if (milliseconds >= static_cast<std::uint64_t>(limit)) {
    return std::nullopt;
  }
  return std::chrono::sys_time<std::chrono::milliseconds>(std::chrono::milliseconds(milliseconds));
}

Result<Metadata> decode_metadata(Bytes payload, Camera camera) {
  if (is_json_metadata(payload)) {
    return std::unexpected(Error{ErrorCategory::unsupported, 0,
                                 "the metadata is a JSON document, as protocol 6 and up has it"});
  }
  FieldReader fields(payload);
  auto metadata = is_like_dualcam(camera) ? read_dualcam(fields) : read_by_path(fields, camera);
  if (fields.error()) {
    return std::unexpected(*fields.error());
  }
  if (is_like_dualcam(camera) && metadata.version == 0) {
    return std::unexpected(
        Error{ErrorCategory::unsupported, 0, "metadata version 0 is not known: expected 1 to 4"});
  }
  metadata.rest = fields.rest();
  metadata.camera = camera;
  return metadata;
}

std::optional<Camera> camera_of_metadata(Bytes payload) {
  constexpr unsigned least_time = 0x10; // as a version it is far away
  const auto first = payload.empty() ? 0 : std::to_integer<unsigned>(payload[0]);
  if (first == 0 || is_json_metadata(payload)) {
    return std::nullopt;
  }
  if (first < least_time) {
    return Camera::dualcam;
  }
  switch (payload.size()) {
  case adas_metadata_size:
    return Camera::adas;
  case dsm_metadata_size:
  case dsm_metadata_size - driver_size:
    return Camera::dsm;
  default:
    return std::nullopt;
  }
}

bool is_json_metadata(Bytes payload) {
  auto text = as_text(payload);
  text.remove_prefix(text.starts_with("\xEF\xBB\xBF") ? 3 : 0);
  constexpr std::string_view blanks = " \t\r\n";
  while (text.find_first_not_of(blanks) != std::string_view::npos) {
    text.remove_prefix(text.find_first_not_of(blanks));
    if (text[0] == '[') { // documents in a list are documents
      text.remove_prefix(1);
      continue;
    }
    if (text[0] != '{') {
      return false;
    }
    const auto next = text.find_first_not_of(blanks, 1);
    return next == std::string_view::npos || text[next] == '"' || text[next] == '}';
  }
  return false;
}

void encode_metadata(const Metadata& metadata, ByteBuffer& out) {
  is_like_dualcam(metadata.camera) ? write_dualcam(metadata, out) : write_by_path(metadata, out);
  append(out, metadata.rest);
}

std::string_view trigger_name(std::uint8_t trigger, Camera camera) {
  static constexpr std::array<std::string_view, 12> dualcam{
      "server request", "DIN1",   "DIN2",          "crash",    "towing", "idling",
      "geofence",       "unplug", "green driving", "periodic", "DIN3",   "DIN4"};
  static constexpr std::array<std::string_view, 11> adas{
      "server request", "DIN1",   "DIN2",     "DIN3",   "DIN4",         "crash",
      "towing",         "idling", "geofence", "unplug", "green driving"};
  static constexpr std::array<std::string_view, 15> dsm{
      "none",          "DIN1",           "DIN2",     "DIN3",      "DIN4",
      "crash",         "towing",         "idling",   "geofence",  "unplug",
      "green driving", "server request", "periodic", "DSM event", "file retransmit"};
  switch (camera) {
  case Camera::dualcam:
  case Camera::dashcam:
    return name_in(dualcam, trigger);
  case Camera::adas:
    return name_in(adas, trigger);
  case Camera::dsm:
    return name_in(dsm, trigger);
  }
  return {};
}

std::string_view file_type_name(std::uint8_t file_type, Camera camera) {
  static constexpr std::array<std::string_view, 4> names{"video", "snapshot", "current snapshot",
                                                         "retransmitted"};
  return is_like_dualcam(camera) ? std::string_view() : name_in(names, file_type);
}

std::vector<std::string> dsm_event_names(std::uint16_t events) {
  static constexpr std::array<std::string_view, 9> names{
      "drowsiness",     "distraction", "yawning",   "phone",   "smoking",
      "driver absence", "mask",        "seat belt", "G-sensor"};
  std::vector<std::string> found;
  for (unsigned bit = 0; bit < 16; ++bit) {
    if ((events >> bit & 1U) != 0) {
      found.push_back(bit < names.size() ? std::string(names[bit]) : "bit " + std::to_string(bit));
    }
  }
  return found;
}

} // namespace dualcam
