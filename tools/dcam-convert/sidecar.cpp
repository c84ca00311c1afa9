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

using Refused = std::vector<std::string>;

/// As `refused` names it: `"soon"`, 1730205822, array.
std::string shown(const Json& value) {
  if (value.is_string()) {
    return fmt::format("\"{}\"", escaped(value.get<std::string>()));
  }
  return value.is_structured() ? value.type_name() : value.dump();
}

/// Null if it is not told.
const Json* value_of(const Json& record, const char* key) {
  const auto found = record.find(key);
  return found != record.end() && !found->is_null() ? &*found : nullptr;
}

/// Tells `refused` of one that is no text; a number might be a time in seconds or milliseconds,
/// and an IMEI that has lost its zeros.
std::optional<std::string> text_of(const Json& record, const char* key, const char* example,
                                   Refused& refused) {
  const auto* value = value_of(record, key);
  if (value && !value->is_string()) {
    refused.push_back(fmt::format("{} {} is no text such as \"{}\"", key, shown(*value), example));
  }
  return value && value->is_string() ? std::optional(value->get<std::string>()) : std::nullopt;
}

std::optional<double> number_of(const Json& record, const char* key, Refused& refused) {
  const auto* value = value_of(record, key);
  if (value && !value->is_number()) {
    refused.push_back(fmt::format("{} {} is no number", key, shown(*value)));
  }
  return value && value->is_number() ? std::optional(value->get<double>()) : std::nullopt;
}

std::optional<SystemTime> time_of(const Json& record, const char* key, Refused& refused) {
  const auto text = text_of(record, key, "2024-10-29T12:43:42Z", refused);
  const auto time = text ? parse_time(*text) : std::nullopt;
  if (text && !time) {
    refused.push_back(fmt::format("{} \"{}\" is no point in time", key, escaped(*text)));
  }
  return time;
}

std::optional<std::string> imei_of(const Json& record, Refused& refused) {
  auto text = text_of(record, "imei", "352093081452251", refused);
  if (text && !parse_imei(*text)) {
    refused.push_back(fmt::format("imei \"{}\" is no IMEI", escaped(*text)));
    return std::nullopt;
  }
  return text;
}

std::optional<Position> position_of(const Json& record, Refused& refused) {
  const auto* valid = value_of(record, "position_valid");
  if (valid && !valid->is_boolean()) {
    refused.push_back(fmt::format("position_valid {} is neither true nor false", shown(*valid)));
  }
  const auto latitude = number_of(record, "latitude", refused);
  const auto longitude = number_of(record, "longitude", refused);
  if (!latitude || !longitude || (valid && *valid != true)) {
    return std::nullopt;
  }
  const Position position{*latitude, *longitude};
  if (!is_valid(position)) {
    refused.push_back(fmt::format("position {}, {} is nowhere", *latitude, *longitude));
  }
  return is_valid(position) && !is_no_fix(position) ? std::optional(position) : std::nullopt;
}

std::optional<double> frame_rate_of(const Json& record, Refused& refused) {
  const auto rate = number_of(record, "frame_rate", refused);
  if (!rate || *rate == 0) { // 0: the camera does not tell
    return std::nullopt;
  }
  if (!(*rate >= 1 && *rate <= highest_frame_rate)) {
    refused.push_back(fmt::format("frame_rate {} is not from 1 to {}", *rate, highest_frame_rate));
    return std::nullopt;
  }
  return exact_frame_rate(*rate);
}

/// A text, or several; as ffmpeg's command line and its log may have it.
std::optional<std::string> words_of(const Json& record, const char* key, Refused& refused) {
  const auto* value = value_of(record, key);
  std::string words;
  if (value && value->is_string()) {
    words = value->get<std::string>();
  } else if (value && value->is_array()) {
    for (const auto& each : *value) {
      words += each.is_string() ? (words.empty() ? "" : ", ") + each.get<std::string>() : "";
    }
  } else if (value) {
    refused.push_back(fmt::format("{} {} is no text", key, shown(*value)));
  }
  return words.empty() ? std::nullopt : std::optional(escaped(words));
}

/// Its name, or its number where that has none.
std::optional<std::string> trigger_of(const Json& record, Refused& refused) {
  const auto number = number_of(record, "trigger", refused);
  if (auto name = words_of(record, "trigger_name", refused)) {
    return name;
  }
  return number && *number >= 0 ? std::optional(fmt::format("trigger {}", *number)) : std::nullopt;
}

std::optional<int> time_zone_of(const Json& record, Refused& refused) {
  constexpr double farthest = 24 * 60;
  const auto minutes = number_of(record, "time_zone_minutes", refused);
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
  auto& refused = sidecar.refused;
  sidecar.time = time_of(record, "time", refused);
  sidecar.trigger_time = time_of(record, "trigger_time", refused);
  sidecar.imei = imei_of(record, refused);
  sidecar.position = position_of(record, refused);
  sidecar.frame_rate = frame_rate_of(record, refused);
  sidecar.driver = words_of(record, "driver", refused);
  sidecar.events = words_of(record, "events", refused);
  sidecar.camera = camera_named(text_of(record, "camera", "dualcam", refused).value_or(""));
  sidecar.kind = words_of(record, "kind", refused);
  sidecar.trigger = trigger_of(record, refused);
  sidecar.camera_trigger = words_of(record, "camera_trigger", refused);
  sidecar.received = time_of(record, "received", refused);
  sidecar.time_zone = time_zone_of(record, refused);
  return sidecar;
}

std::string format_iso6709(const Position& position) {
  return fmt::format("{:+011.7f}{:+012.7f}/", position.latitude, position.longitude);
}

} // namespace dualcam::convert
