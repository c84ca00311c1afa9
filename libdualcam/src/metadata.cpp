#include "dualcam/metadata.hpp"

#include <bit>
#include <string>

namespace dualcam {
namespace {

/// Reads fields one after another and remembers the first that is missing.
class FieldReader {
public:
  explicit FieldReader(Bytes payload) : reader_(payload) {}

  template <std::unsigned_integral T> T be(std::string_view field) {
    const auto value = reader_.be<T>();
    if (!value && !error_) {
      error_ = Error{ErrorCategory::truncated, reader_.offset(),
                     "the metadata ends before its " + std::string(field) + ": " +
                         std::to_string(sizeof(T)) + " bytes were expected, " +
                         std::to_string(reader_.remaining()) + " are left"};
    }
    return value.value_or(0);
  }

  double degrees(std::string_view field) { return std::bit_cast<double>(be<std::uint64_t>(field)); }
  Bytes rest() { return reader_.rest(); }
  const std::optional<Error>& error() const { return error_; }

private:
  ByteReader reader_;
  std::optional<Error> error_;
};

void append_degrees(ByteBuffer& out, double degrees) {
  append_be(out, std::bit_cast<std::uint64_t>(degrees));
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

Result<Metadata> decode_metadata(Bytes payload) {
  FieldReader fields(payload);
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
  if (fields.error()) {
    return std::unexpected(*fields.error());
  }
  if (metadata.version == 0) {
    return std::unexpected(
        Error{ErrorCategory::unsupported, 0, "metadata version 0 is not known: expected 1 to 4"});
  }
  metadata.rest = fields.rest();
  return metadata;
}

void encode_metadata(const Metadata& metadata, ByteBuffer& out) {
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
  append(out, metadata.rest);
}

std::string_view trigger_name(std::uint8_t trigger) {
  static constexpr std::array<std::string_view, 12> names{
      "server request", "DIN1",   "DIN2",          "crash",    "towing", "idling",
      "geofence",       "unplug", "green driving", "periodic", "DIN3",   "DIN4"};
  return trigger < names.size() ? names[trigger] : std::string_view();
}

} // namespace dualcam
