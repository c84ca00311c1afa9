#include "dcam-convert/sidecar.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "common/camera_document.hpp"
#include "common/document.hpp"
#include "common/escape.hpp"
#include "common/record.hpp"
#include "common/record_reader.hpp"
#include "dcam-convert/clip.hpp"
#include "dualcam/wire/message.hpp"

namespace dualcam::convert {
namespace {

std::optional<std::string> text_of(const Json& record, const char* key) {
  const auto found = record.find(key);
  return found != record.end() && found->is_string() ? std::optional(found->get<std::string>())
                                                     : std::nullopt;
}

using Refused = std::vector<std::string>;

/// Tells `refused` of one that cannot be; a number might be of seconds or of milliseconds.
std::optional<SystemTime> time_of(const Json& record, const char* key, Refused& refused) {
  const auto found = record.find(key);
  if (found == record.end() || found->is_null()) {
    return std::nullopt;
  }
  if (!found->is_string()) {
    refused.push_back(fmt::format("{} {} is no text such as \"2024-10-29T12:43:42Z\"", key,
                                  found->is_structured() ? found->type_name() : found->dump()));
    return std::nullopt;
  }
  const auto text = found->get<std::string>();
  const auto time = parse_time(text);
  if (!time) {
    refused.push_back(fmt::format("{} \"{}\" is no point in time", key, escaped(text)));
  }
  return time;
}

std::optional<double> number_of(const Json& record, const char* key) {
  const auto found = record.find(key);
  return found != record.end() && found->is_number() ? std::optional(found->get<double>())
                                                     : std::nullopt;
}

std::optional<Position> position_of(const Json& record, Refused& refused) {
  const auto latitude = number_of(record, "latitude");
  const auto longitude = number_of(record, "longitude");
  const auto valid = record.find("position_valid");
  if (!latitude || !longitude || (valid != record.end() && *valid == false)) {
    return std::nullopt;
  }
  const Position position{*latitude, *longitude};
  if (!is_valid(position)) {
    refused.push_back(fmt::format("position {}, {} is nowhere", *latitude, *longitude));
  }
  return is_valid(position) && !is_no_fix(position) ? std::optional(position) : std::nullopt;
}

/// A text, or several; as ffmpeg's command line and its log may have it.
std::optional<std::string> words_of(const Json& record, const char* key) {
  const auto found = record.find(key);
  std::string words;
  if (found != record.end() && found->is_string()) {
    words = found->get<std::string>();
  } else if (found != record.end() && found->is_array()) {
    for (const auto& each : *found) {
      words += each.is_string() ? (words.empty() ? "" : ", ") + each.get<std::string>() : "";
    }
  }
  return words.empty() ? std::nullopt : std::optional(escaped(words));
}

/// Its name, or its number where that has none.
std::optional<std::string> trigger_of(const Json& record) {
  if (auto name = words_of(record, "trigger_name")) {
    return name;
  }
  const auto number = number_of(record, "trigger");
  return number && *number >= 0 ? std::optional(fmt::format("trigger {}", *number)) : std::nullopt;
}

std::optional<int> time_zone_of(const Json& record, Refused& refused) {
  constexpr double farthest = 24 * 60;
  const auto minutes = number_of(record, "time_zone_minutes");
  if (minutes && !(std::abs(*minutes) < farthest)) {
    refused.push_back(fmt::format("time_zone_minutes {} is no time zone", *minutes));
  }
  return minutes && std::abs(*minutes) < farthest ? std::optional(static_cast<int>(*minutes))
                                                  : std::nullopt;
}

/// Adds what `other` has and `record` has not.
void fill(Json& record, const Json& other) {
  for (const auto& [key, value] : other.items()) {
    if (!record.contains(key) || record[key].is_null()) {
      record[key] = value;
    }
  }
}

/// A record inside an event counts more than what stands around it, a camera's own document, of
/// protocol 6 and up, less: it may be all there is. `whole` is the text, with keys that stand
/// twice.
void add_what_is_inside(Json& record, const Json& whole) {
  if (const auto inner = record.find("metadata"); inner != record.end() && inner->is_object()) {
    const Json metadata = std::move(*inner);
    record.update(metadata);
  }
  const auto inside = record.find("document");
  const auto document = inside != record.end() ? *inside : whole;
  if (is_camera_document(document)) {
    fill(record, to_json(record_of_camera_document(document, {})));
  }
}

} // namespace

Result<Sidecar> parse_sidecar(std::string_view text) {
  const auto whole = parse_document(text);
  if (!whole) {
    return std::unexpected(whole.error());
  }
  auto record = without_repeats(*whole);
  add_what_is_inside(record, *whole);
  Sidecar sidecar;
  sidecar.time = time_of(record, "time", sidecar.refused);
  sidecar.trigger_time = time_of(record, "trigger_time", sidecar.refused);
  sidecar.imei = text_of(record, "imei");
  if (sidecar.imei && !parse_imei(*sidecar.imei)) {
    sidecar.refused.push_back(fmt::format("imei \"{}\" is no IMEI", escaped(*sidecar.imei)));
    sidecar.imei.reset();
  }
  sidecar.position = position_of(record, sidecar.refused);
  const auto frame_rate = number_of(record, "frame_rate");
  if (frame_rate && *frame_rate >= 1 && *frame_rate <= highest_frame_rate) {
    sidecar.frame_rate = exact_frame_rate(*frame_rate);
  } else if (frame_rate && *frame_rate != 0) { // 0: the camera does not tell
    sidecar.refused.push_back(
        fmt::format("frame_rate {} is not from 1 to {}", *frame_rate, highest_frame_rate));
  }
  sidecar.driver = words_of(record, "driver");
  sidecar.events = words_of(record, "events");
  sidecar.camera = camera_named(text_of(record, "camera").value_or(""));
  sidecar.kind = words_of(record, "kind");
  sidecar.trigger = trigger_of(record);
  sidecar.camera_trigger = words_of(record, "camera_trigger");
  sidecar.received = time_of(record, "received", sidecar.refused);
  sidecar.time_zone = time_zone_of(record, sidecar.refused);
  return sidecar;
}

std::string format_iso6709(const Position& position) {
  return fmt::format("{:+011.7f}{:+012.7f}/", position.latitude, position.longitude);
}

} // namespace dualcam::convert
