// What is known of a clip beside its pictures: the record that dcam-serve leaves as INPUT.json.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/units.hpp"
#include "dualcam/files/camera.hpp"
#include "dualcam/files/geo.hpp"
#include "dualcam/wire/error.hpp"

namespace dualcam::convert {

/// All checked: safe in a command line and in file names.
struct Sidecar {
  std::optional<SystemTime> time;         ///< when the file was finalised
  std::optional<SystemTime> trigger_time; ///< what made the camera record; metadata version 4
  std::optional<Position> position;
  std::optional<std::string> imei; ///< 15 digits
  std::optional<double> frame_rate;
  std::optional<std::string> driver; ///< printable
  std::optional<std::string> events; ///< their names: "drowsiness, phone"
  std::optional<Camera> camera;
  std::optional<std::string> kind;           ///< "videof", "photo"; printable
  std::optional<std::string> trigger;        ///< "crash", "trigger 17"; printable
  std::optional<std::string> camera_trigger; ///< the camera's own; printable
  std::optional<SystemTime> received;        ///< by the server's clock
  std::optional<int> time_zone;              ///< minutes east of UTC
  std::vector<std::string> refused; ///< as in `time "2024-13-29T12:43:42Z" is no point in time`
};

/// From the JSON object that `metadata_record` (common/json.hpp) makes, or one that holds it as
/// `metadata`, or a camera's own document. Fields that are absent or make no sense are left out,
/// others are ignored. Errors: malformed, it is no JSON object.
Result<Sidecar> parse_sidecar(std::string_view text);

/// ISO 6709, as video files have it: `+54.7004183+025.2796514/`.
std::string format_iso6709(const Position& position);

} // namespace dualcam::convert
