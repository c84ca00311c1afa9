#include "dcam-serve/file_facts.hpp"

#include "common/camera_document.hpp"
#include "dualcam/storage/resumable_file.hpp"
#include "dualcam/wire/message.hpp"

namespace dualcam::serve {
namespace {

SystemTime or_else(const std::optional<DeviceTime>& time, SystemTime fallback) {
  const auto point = time && time->is_known() ? time->time_point() : std::nullopt;
  return point.value_or(fallback);
}

SystemTime time_received(const FileIdentity& identity) {
  return SystemTime(std::chrono::milliseconds(identity.received));
}

} // namespace

std::optional<Metadata> FileFacts::metadata() const {
  const auto metadata = decode_metadata(metadata_payload);
  return metadata ? std::optional(*metadata) : std::nullopt;
}

Json FileFacts::metadata_json() const {
  const auto known = metadata();
  return known ? metadata_record(*known, metadata_payload, imei) : Json();
}

std::string FileFacts::sidecar() const {
  const auto record = metadata_json();
  return record.is_null() ? "" : to_line(record) + '\n';
}

NameValues FileFacts::name_values() const {
  const auto known = metadata();
  const auto time = known ? or_else(known->timestamp, received) : received;
  const auto trigger_time = known ? or_else(known->trigger_timestamp, time) : time;
  const auto trigger = known ? std::string(trigger_name(known->trigger)) : "unknown";
  return {
      .imei = format_imei(imei),
      .time = format_compact_time(time),
      .trigger_time = format_compact_time(trigger_time),
      .received = format_compact_time(received),
      .kind = file.text(),
      .camera = "dualcam",
      .trigger = trigger.empty() ? std::to_string(known->trigger) : trigger,
      .extension = std::string(file.extension()),
  };
}

FileIdentity FileFacts::identity(std::uint32_t announced) const {
  return {imei, file, announced, received.time_since_epoch().count(), metadata_payload};
}

void FileFacts::begun_as(const FileIdentity& identity) {
  received = time_received(identity);
  if (metadata_payload.empty()) {
    metadata_payload = identity.metadata;
  }
}

FileFacts facts_of(const FileIdentity& identity) {
  return {.imei = identity.imei,
          .file = identity.file,
          .received = time_received(identity),
          .metadata_payload = identity.metadata};
}

Result<void> write_sidecar(const std::filesystem::path& file, const FileFacts& facts) {
  const auto text = facts.sidecar();
  return text.empty() ? Result<void>() : renew_sidecar(file, text);
}

} // namespace dualcam::serve
