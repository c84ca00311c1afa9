#include "dcam-serve/file_facts.hpp"

#include "common/record_reader.hpp"
#include "common/utf8.hpp"
#include "dualcam/storage/resumable_file.hpp"
#include "dualcam/wire/hex.hpp"
#include "dualcam/wire/message.hpp"

namespace dualcam::serve {
namespace {

SystemTime time_received(const FileIdentity& identity) {
  return SystemTime(std::chrono::milliseconds(identity.received));
}

/// What cannot be decoded is kept as it came.
Json raw_record(Bytes payload) {
  auto record = Json::object();
  if (!payload.empty()) {
    record["raw"] = to_hex(payload);
  }
  if (is_json_metadata(payload)) {
    record["text"] = utf8_or_latin1(as_text(payload));
  }
  return record;
}

std::string trigger_of(const Result<Record>& metadata) {
  if (!metadata || (!metadata->trigger && !metadata->trigger_name)) {
    return "unknown";
  }
  const auto name = metadata->trigger_name.value_or("");
  return name.empty() ? std::to_string(metadata->trigger.value_or(0)) : name;
}

} // namespace

std::string_view name_of(FileTime::Source source) {
  switch (source) {
  case FileTime::Source::metadata:
    return "metadata";
  case FileTime::Source::path:
    return "path";
  case FileTime::Source::received:
    return "received";
  }
  return "";
}

MetadataPayload::Decoded MetadataPayload::decoded(std::optional<Camera> camera) const {
  constexpr std::size_t most_kept = 1024; // of 10,000 files, a document may take 16 times as much
  static const auto none = std::make_shared<const Result<Record>>(read_payload({}, {}));
  if (bytes_.empty()) {
    return none;
  }
  if (decoded_ && camera_ == camera) {
    return decoded_;
  }
  auto decoded = std::make_shared<const Result<Record>>(read_payload(bytes_, camera));
  if (bytes_.size() <= most_kept) {
    camera_ = camera;
    decoded_ = decoded;
  }
  return decoded;
}

std::optional<Camera> FileFacts::camera() const {
  if (const auto told = file.camera()) {
    return told;
  }
  const auto layout = camera_of_metadata(metadata_payload.bytes());
  const bool tells = !assumed && layout && !is_like_dualcam(*layout);
  return tells ? layout : assumed;
}

std::string FileFacts::kind() const {
  const auto kinds = file.like_kinds();
  if (const auto first = kinds.first(); first && kinds == FileRef(*first).kinds()) {
    return std::string(name_of(*first));
  }
  switch (file.medium()) {
  case Medium::photo:
    return "photo";
  case Medium::video:
    return "video";
  case Medium::unknown:
    break;
  }
  return "";
}

FileTime FileFacts::time(const Result<Record>& known) const {
  if (const auto time = known ? known_time(known->time) : std::nullopt) {
    return {*time, FileTime::Source::metadata};
  }
  if (const auto time = file.time()) {
    return {*time, FileTime::Source::path};
  }
  return {received, FileTime::Source::received};
}

void FileFacts::tell_which(Json& fields) const {
  const auto what = kind();
  fields["kind"] = what.empty() ? Json() : Json(what);
  if (!file.kind()) {
    const auto whose = camera();
    fields["camera"] = whose ? Json(name_of(*whose)) : Json();
    fields["device_path"] = file.escaped_path();
  }
}

Json FileFacts::record() const {
  auto known = *metadata();
  if (file.kind() && !known) {
    return {};
  }
  if (known) {
    known->imei = imei;
  }
  auto told = known ? to_json(*known) : raw_record(metadata_payload.bytes());
  if (file.kind()) {
    return told;
  }
  const auto [when, source] = time(known);
  auto record = Json::object();
  record["imei"] = format_imei(imei);
  tell_which(record);
  record["time"] = source == FileTime::Source::received ? Json() : Json(format_time(when));
  record["time_source"] = name_of(source);
  record["received"] = format_time(received);
  for (const auto& [key, value] : told.items()) {
    if (!record.contains(key)) {
      record[key] = value;
    }
  }
  return record;
}

std::string FileFacts::sidecar() const {
  const auto known = record();
  return known.is_null() ? "" : to_line(known) + '\n';
}

NameValues FileFacts::name_values() const {
  const auto decoded = metadata();
  const auto& known = *decoded;
  const auto made = time(known).time;
  const auto triggered = known ? known_time(known->trigger_time).value_or(made) : made;
  const auto what = kind();
  const auto whose = camera();
  const auto told = file.extension();
  return {
      .imei = format_imei(imei),
      .time = format_compact_time(made),
      .trigger_time = format_compact_time(triggered),
      .received = format_compact_time(received),
      .kind = what.empty() ? "file" : what,
      .camera = whose ? std::string(name_of(*whose)) : "unknown",
      .path = file.kind() ? what : std::string(Path{file.request()}.text()),
      .trigger = trigger_of(known),
      .extension = std::string(told.empty() ? content_extension : told),
  };
}

FileIdentity FileFacts::identity(std::uint32_t announced) const {
  return {imei,
          file,
          announced,
          received.time_since_epoch().count(),
          metadata_payload.bytes(),
          in_packets && !file.kind()};
}

void FileFacts::begun_as(const FileIdentity& identity) {
  received = time_received(identity);
  in_packets = identity.in_packets;
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
