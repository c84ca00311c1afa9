#include "common/record_reader.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include "common/camera_document.hpp"
#include "common/document.hpp"
#include "dualcam/wire/hex.hpp"
#include "dualcam/wire/hex_value.hpp"

namespace dualcam::inline tools {
namespace {

constexpr std::size_t header_size = 4;
constexpr std::size_t longest_payload = 4096;
constexpr std::size_t most_inits = 64;

std::string text_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// As dcam-serve writes it, with milliseconds.
std::optional<DeviceTime> time_of_text(std::string_view text) {
  const auto time = text.contains('.') ? parse_time(text) : std::nullopt;
  const auto since_1970 = time ? time->time_since_epoch().count() : 0;
  return since_1970 > 0 ? std::optional(DeviceTime{static_cast<std::uint64_t>(since_1970)})
                        : std::nullopt;
}

/// What dcam-serve knew of a file by path apart from its metadata.
void add_facts(Record& record, const Json& object) {
  const auto imei = parse_imei(text_of(object, "imei"));
  record.imei = imei ? imei : record.imei;
  if (!record.camera) {
    record.camera = camera_named(text_of(object, "camera"));
  }
  if (text_of(object, "time_source") == "path") {
    record.time = time_of_text(text_of(object, "time"));
  }
}

/// A record of our own schema, from its `raw`.
Result<Record> read_own(const Json& object, std::optional<Camera> camera) {
  if (!object.contains("raw") && object.contains("device_path")) { // no metadata was told
    Record record;
    add_facts(record, object);
    return record;
  }
  const auto bytes = parse_hex(text_of(object, "raw"));
  if (!bytes || bytes->empty()) {
    return malformed_error(0, "the record's 'raw' is no payload in hex");
  }
  const auto said = camera_named(text_of(object, "camera"));
  auto record = object.contains("protocol")
                    ? read_single(*bytes, camera)
                          .value_or(malformed_error(0, "the record's 'raw' is no INIT"))
                    : read_payload(*bytes, camera ? camera : said);
  if (record) {
    add_facts(*record, object);
  } else {
    record.error().message += " (in the record's 'raw')";
  }
  return record;
}

/// The bytes of an INIT, whole or cut short.
Result<Record> read_init(Bytes bytes) {
  constexpr std::size_t id_size = 2;
  const auto message = decode(Sender::device, 0, bytes.subspan(id_size));
  if (bytes.size() < init_size) {
    return std::unexpected(Error{ErrorCategory::truncated, bytes.size(),
                                 "INIT ends early: 16 bytes were expected, " +
                                     std::to_string(bytes.size()) + " are there"});
  }
  if (!message) {
    auto error = message.error();
    error.offset += id_size;
    return std::unexpected(error);
  }
  return record_of(std::get<Init>(*message));
}

Result<Record> read_message(Bytes bytes, std::optional<Camera> camera) {
  const auto length = load_be<std::uint16_t>(bytes.subspan(2));
  auto record = read_payload(bytes.subspan(header_size), camera);
  if (!record) {
    record.error().offset += header_size;
  } else if (bytes.size() - header_size < length) {
    return std::unexpected(Error{ErrorCategory::truncated, bytes.size(),
                                 "the METADATA message ends early: " + std::to_string(length) +
                                     " bytes of payload were expected, " +
                                     std::to_string(bytes.size() - header_size) + " are there"});
  }
  return record;
}

/// Not just any bytes that begin like a version.
bool is_plausible(Bytes payload) {
  constexpr std::size_t most_with_rest = 2 * metadata_sizes.back();
  const auto camera = camera_of_metadata(payload);
  if (camera != Camera::dualcam) {
    return camera.has_value();
  }
  if (std::to_integer<unsigned>(payload[0]) <= metadata_sizes.size()) {
    return payload.size() <= most_with_rest;
  }
  const auto metadata = decode_metadata(payload);
  return metadata && payload.size() <= most_with_rest && metadata->kind() &&
         metadata->timestamp.time_point();
}

bool is_certain_payload(Bytes payload, std::optional<Camera> camera) {
  using namespace std::chrono;
  constexpr sys_time<milliseconds> first = sys_days(year(2015) / 1 / 1);
  constexpr sys_time<milliseconds> last = sys_days(year(2100) / 1 / 1);
  const auto family = camera ? camera : camera_of_metadata(payload);
  const auto metadata = family ? decode_metadata(payload, *family)
                               : Result<Metadata>(malformed_error(0, "of no family"));
  const auto time = metadata ? metadata->timestamp.time_point() : std::nullopt;
  return time && *time >= first && *time < last && metadata->rest.size() <= 1 &&
         (camera || metadata->kind()) && // ADAS and DSM: most bytes could be such
         (!metadata->position || is_valid(*metadata->position));
}

} // namespace

Result<Record> read_payload(Bytes payload, std::optional<Camera> camera) {
  if (is_json_metadata(payload)) {
    const auto document = parse_document(as_text(payload));
    return document ? Result<Record>(record_of_camera_document(*document, as_text(payload)))
                    : std::unexpected(document.error());
  }
  if (payload.empty()) {
    return std::unexpected(Error{ErrorCategory::truncated, 0,
                                 "the metadata is empty: its command version was expected"});
  }
  const auto family = camera ? camera : camera_of_metadata(payload);
  if (!family && payload[0] != std::byte{0}) {
    return std::unexpected(Error{
        ErrorCategory::unsupported, 0,
        "no metadata layout begins with " + to_hex(payload.first(1)) + " and has " +
            std::to_string(payload.size()) +
            " bytes: a DualCam's version, 15 bytes of ADAS or 26 of DSM were expected (--camera "
            "tells a family)"});
  }
  const auto metadata = decode_metadata(payload, family.value_or(Camera::dualcam));
  return metadata ? Result<Record>(record_of(*metadata, payload))
                  : std::unexpected(metadata.error());
}

bool is_certain_single(Bytes bytes, std::optional<Camera> camera) {
  const auto single = read_single(bytes, camera);
  if (!single || !*single) {
    return false;
  }
  if ((*single)->init || !(*single)->document.is_null()) {
    return true;
  }
  const bool is_message = bytes[0] == std::byte{0}; // no payload begins so
  return is_certain_payload(bytes.subspan(is_message ? header_size : 0), camera);
}

std::optional<Result<Record>> read_single(Bytes bytes, std::optional<Camera> camera) {
  if (is_json_metadata(bytes)) {
    return read_payload(bytes, camera);
  }
  if (bytes.size() >= 2 && load_be<std::uint16_t>(bytes) == 0) {
    return bytes.size() <= init_size ? std::optional(read_init(bytes)) : std::nullopt;
  }
  if (bytes.size() >= header_size && load_be<std::uint16_t>(bytes) == 0x000B) {
    const auto length = load_be<std::uint16_t>(bytes.subspan(2));
    return bytes.size() - header_size <= length ? std::optional(read_message(bytes, camera))
                                                : std::nullopt;
  }
  if (!bytes.empty() && bytes[0] == std::byte{0}) {
    return std::nullopt;
  }
  const bool forced = camera && bytes.size() <= longest_payload;
  return forced || is_plausible(bytes) ? std::optional(read_payload(bytes, camera)) : std::nullopt;
}

std::optional<Result<Record>> read_document(const Json& document, std::string_view text,
                                            std::optional<Camera> camera) {
  if (document.contains("event")) {
    const auto event = without_repeats(document);
    const auto metadata = event.find("metadata");
    const bool done = text_of(event, "event") == "file-done";
    return done && metadata != event.end() && metadata->is_object()
               ? std::optional(read_own(*metadata, camera))
               : std::nullopt;
  }
  if (document.contains("raw") || document.contains("device_path")) {
    return read_own(without_repeats(document), camera);
  }
  if (is_camera_document(document) || tells_version(document)) {
    return record_of_camera_document(document, text);
  }
  return malformed_error(
      0, "the JSON is neither a record of dcam-serve or dcam-meta (it has no 'raw') "
         "nor a camera's (it has no 'file' or 'location')");
}

void RecordCollector::event(const DumpEvent& event) {
  if (const auto* begun = std::get_if<DumpInit>(&event)) {
    if (imei_ != begun->init.imei) {
      camera_of_path_.reset();
    }
    imei_ = begun->init.imei;
    if (!has_metadata_ && inits_.size() < most_inits &&
        std::ranges::find(inits_, begun->init) == inits_.end()) {
      inits_.push_back(begun->init);
    }
  } else if (const auto* path = std::get_if<DumpPath>(&event)) {
    camera_of_path_ = camera_of_path(path->path);
  } else if (const auto* message = std::get_if<DumpMetadata>(&event)) {
    metadata(*message);
  }
}

void RecordCollector::metadata(const DumpMetadata& message) {
  has_metadata_ = true;
  auto record = read_payload(message.payload, camera_ ? camera_ : camera_of_path_);
  if (!record) {
    record.error().offset += message.offset + header_size;
    complain_(record.error());
    return;
  }
  record->imei = imei_;
  if (!record->camera) {
    record->camera = camera_ ? camera_ : camera_of_path_;
  }
  take_(std::move(*record));
}

void RecordCollector::finish() {
  if (!has_metadata_) {
    for (const auto& init : inits_) {
      take_(record_of(init));
    }
  }
  inits_.clear();
}

void read_dump_bytes(Bytes bytes, RecordCollector& collector) {
  DumpReader reader;
  const auto drain = [&] {
    while (const auto event = reader.poll()) {
      collector.event(*event);
    }
  };
  reader.received(bytes);
  drain();
  reader.finish();
  drain();
  collector.finish();
}

} // namespace dualcam::inline tools
