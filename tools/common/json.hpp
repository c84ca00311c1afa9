// JSON Lines, and the one schema of metadata records: dcam-serve's events and sidecars and
// dcam-meta write the same object.
#pragma once

#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "dualcam/files/file_kind.hpp"
#include "dualcam/files/metadata.hpp"

namespace dualcam::inline tools {

using Json = nlohmann::ordered_json;

/// One line, ASCII only: no control byte gets through, bytes that are no UTF-8 become U+FFFD.
std::string to_line(const Json& json);

/// `2024-10-29T12:43:42.000Z`; null for no file (0) and for years beyond 9999.
Json to_json(DeviceTime time);

/// The record of one file's metadata; keys are only ever added, and dualcam(7) lists them.
/// `payload` is kept as hex in `raw`, from which the record can be made again.
///   imei, camera, kind, file_type, version, time, trigger, trigger_name, camera_trigger,
///   length_seconds, frame_rate, time_zone_minutes, latitude, longitude, position_valid,
///   trigger_time, events, driver, rest, raw, document
/// Fields that the camera or the version does not have are absent; values that make no sense are
/// null.
Json metadata_record(const Metadata& metadata, Bytes payload, std::optional<std::uint64_t> imei);

} // namespace dualcam::inline tools
