#include "dcam-sim/offer.hpp"

#include <ctime>

#include <fmt/format.h>

#include "common/json.hpp"
#include "dualcam/files/metadata.hpp"
#include "dualcam/media/media_type.hpp"

namespace dualcam::sim {
namespace {

constexpr std::int16_t no_time_zone = 0;
constexpr std::uint16_t driver_events = 0x0001; // drowsiness
constexpr auto driver_name = "JOHN DOE";

std::uint64_t milliseconds(SystemTime time) {
  return static_cast<std::uint64_t>(time.time_since_epoch().count());
}

std::string_view extension(const Recording& recording, const Family& family) {
  if (is_photo(recording.kind)) {
    return "jpg";
  }
  switch (detect(Bytes(recording.content)
                     .first(std::min(recording.content.size(), thorough_detection_size)))) {
  case VideoFormat::ptmf:
  case VideoFormat::annex_b:
  case VideoFormat::h264:
    return "h265";
  case VideoFormat::mp4:
    return "mp4";
  default:
    return family == dualcam_family ? "h265" : "mp4";
  }
}

/// `<camera>/<picture>/<yymmdd>/<hhmmss>.<ext>` and the NUL that known devices end it with.
std::string made_path(const Recording& recording, const Family& family, SystemTime time) {
  const bool is_rear =
      recording.kind == FileKind::rear_photo || recording.kind == FileKind::rear_video;
  const auto seconds = static_cast<std::time_t>(milliseconds(time) / 1000);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  std::array<char, 16> text{};
  std::strftime(text.data(), text.size(), "%y%m%d/%H%M%S", &utc);
  return fmt::format("{}/{}/{}.{}", is_rear ? family.rear : family.front,
                     is_photo(recording.kind) ? "picture" : "video", text.data(),
                     extension(recording, family)) +
         '\0';
}

/// As it stands, with that NUL unless it has no room.
std::string given_path(const std::string& path) {
  return path.size() < longest_path ? path + '\0' : path;
}

Metadata metadata_for(const Offer& offer, const SimOptions& options) {
  const auto& kind = offer.recording->kind;
  const auto finalised = milliseconds(offer.finalised);
  const bool photo = is_photo(kind);
  const auto length = static_cast<std::uint16_t>(photo ? 0 : std::max(options.generate, 3U));
  const bool has_kinds = is_like_dualcam(offer.family->camera);
  return {.version = options.meta_version,
          .file_type = has_kinds ? static_cast<std::uint8_t>(kind) : std::uint8_t{photo},
          .timestamp = {finalised},
          .trigger = options.trigger,
          .length = length,
          .frame_rate = photo ? std::uint8_t{0} : options.frame_rate,
          .time_zone = no_time_zone,
          .position = options.position,
          .trigger_timestamp = DeviceTime{finalised - length * 1000ULL},
          .rest = {},
          .camera = offer.family->camera,
          .events = driver_events,
          .driver = driver_name};
}

/// What a device of protocol 6 sends.
std::string document_of(const Metadata& metadata) {
  Json document{
      {"version", metadata.version},
      {"file",
       {{"file_type", metadata.file_type},
        {"file_timestamp", metadata.timestamp.milliseconds / 1000},
        {"duration", metadata.length},
        {"framerate", metadata.frame_rate.value_or(0)}}},
      {"fm_trigger", {{"type", metadata.trigger}}},
      {"cam_trigger", {{"type", metadata.trigger}}},
      {"location",
       {{"latitude", metadata.position->latitude}, {"longitude", metadata.position->longitude}}}};
  if (metadata.camera == Camera::dsm) {
    document["driver_name"] = *metadata.driver;
  }
  return document.dump();
}

} // namespace

Offer Offer::of(const Recording& recording, const Family& family, SystemTime finalised,
                const SimOptions& options, const std::set<FileRef>& taken) {
  Offer offer{&recording, &family, recording.kind, finalised};
  if (options.goes_by_path(family)) {
    const auto by_path = [&] {
      return *FileRef::of_path(options.path.empty() ? made_path(recording, family, offer.finalised)
                                                    : given_path(options.path));
    };
    for (offer.file = by_path(); options.path.empty() && taken.contains(offer.file);
         offer.file = by_path()) {
      offer.finalised += std::chrono::seconds(1);
    }
  }
  return offer;
}

std::vector<Offer> offers_of(std::span<const Recording> recordings, const SimOptions& options) {
  std::vector<Offer> offers;
  std::set<FileRef> taken;
  for (const auto& recording : recordings) {
    for (const auto& family : options.cameras) {
      offers.push_back(Offer::of(recording, *family, recording.finalised, options, taken));
      taken.insert(offers.back().file);
    }
  }
  return offers;
}

ByteBuffer metadata_of(const Offer& offer, const SimOptions& options) {
  ByteBuffer payload;
  if (options.meta_version == 0 || options.mute_metadata) {
    return payload;
  }
  const auto metadata = metadata_for(offer, options);
  if (options.meta_format == MetaFormat::json) {
    append(payload, as_bytes(document_of(metadata)));
  } else {
    encode_metadata(metadata, payload);
  }
  return payload;
}

} // namespace dualcam::sim
