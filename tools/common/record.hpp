// One file's metadata, from whatever camera and in whatever form it came: what dcam-meta prints.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/json.hpp"
#include "common/units.hpp"
#include "dualcam/wire/message.hpp"

namespace dualcam::inline tools {

/// What the source does not have is absent.
struct Record {
  std::optional<std::uint64_t> imei;
  std::optional<Camera> camera; ///< absent: the source does not tell (protocol >= 6)
  std::optional<FileKind> kind;
  std::optional<std::string> file_type; ///< where there are no kinds: "snapshot", or the number
  std::optional<std::uint64_t> version;
  std::optional<DeviceTime> time; ///< when the file was finalised
  std::optional<std::uint64_t> trigger;
  std::optional<std::string> trigger_name;
  std::optional<std::string> camera_trigger; ///< protocol >= 6
  std::optional<std::uint64_t> length;       ///< seconds
  std::optional<std::uint64_t> frame_rate;
  std::optional<int> time_zone; ///< minutes east of UTC
  std::optional<Position> position;
  std::optional<DeviceTime> trigger_time;
  std::optional<std::vector<std::string>> events; ///< DSM
  std::optional<std::string> driver;
  std::string rest;         ///< bytes behind the known fields, in hex
  std::string raw;          ///< the payload in hex
  Json document;            ///< protocol >= 6: all of it, else null
  std::optional<Init> init; ///< the source is an INIT: only `imei` and `raw` stand beside it

  /// A position that can be put on a map.
  bool has_place() const { return position && is_valid(*position) && !is_no_fix(*position); }
};

Record record_of(const Metadata& metadata, Bytes payload);
Record record_of(const Init& init);

/// The object of json.hpp's schema.
Json to_json(const Record& record);

/// A time that the device knew; nullopt: it did not tell one, or none that is a point in time.
std::optional<SystemTime> known_time(const std::optional<DeviceTime>& time);

/// `2024-10-29T12:43:42.000Z`; nullopt where to_json gives null.
std::optional<std::string> format_time(DeviceTime time);

} // namespace dualcam::inline tools
