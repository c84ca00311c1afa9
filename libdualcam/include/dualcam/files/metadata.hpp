/// \file
/// The payload of METADATA (0x000B): what the camera knew about a file.
/// Layouts: dualcam-protocol(7), METADATA (the vendor's page has it wrong) and METADATA OF FILES BY
/// PATH, all three from the vendor's server [srv].
///
/// The functions may be called from any thread. `Metadata::rest` is a view into the decoded
/// payload, all names are static.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dualcam/files/camera.hpp"
#include "dualcam/files/file_kind.hpp"
#include "dualcam/files/geo.hpp"
#include "dualcam/wire/bytes.hpp"
#include "dualcam/wire/error.hpp"

namespace dualcam {

/// Milliseconds since 1970 UTC, unsigned on the wire. Device clocks can be wrong by decades.
struct DeviceTime {
  std::uint64_t milliseconds; ///< any value at all

  /// 0 means "no file".
  bool is_known() const { return milliseconds != 0; }
  /// As a point in time, if it lies before the year 10000.
  std::optional<std::chrono::sys_time<std::chrono::milliseconds>> time_point() const;
  friend bool operator==(const DeviceTime&, const DeviceTime&) = default;
};

/// Of every camera family. ADAS and DSM have no version, frame rate and time zone, whole seconds
/// in `timestamp` and millionths of a degree in `position`.
struct Metadata {
  std::uint8_t version;   ///< of the layout: 1 to 4 known; higher ones begin like 4; ADAS, DSM: 0
  std::uint8_t file_type; ///< DualCam: one bit, see `kind`; others: see `file_type_name`
  DeviceTime timestamp;   ///< when the file was finalised
  std::uint8_t trigger;   ///< see `trigger_name`
  std::uint16_t length;   ///< of the video in seconds; 0 for photos and in DSM, which does not say
  std::optional<std::uint8_t> frame_rate;      ///< frames a second; since version 2
  std::optional<std::int16_t> time_zone;       ///< minutes east of UTC; since version 3
  std::optional<Position> position;            ///< as sent, maybe invalid; since version 3
  std::optional<DeviceTime> trigger_timestamp; ///< since version 4
  Bytes rest; ///< bytes after the known fields; a view into the decoded payload
  Camera camera = Camera::dualcam;       ///< whose layout it was
  std::optional<std::uint16_t> events{}; ///< DSM: see `dsm_event_names`
  std::optional<std::string> driver{};   ///< DSM: as sent but for padding, so maybe not printable;
                                         ///< absent if it is not sent, or not in ASCII

  /// DualCam and DashCam alone have kinds; nullopt: another camera, or a file type that is none.
  std::optional<FileKind> kind() const {
    return is_like_dualcam(camera) ? file_kind_of_bit(file_type) : std::nullopt;
  }
};

/// Bytes of a DualCam's metadata, versions 1 to 4.
inline constexpr std::array<std::size_t, 4> metadata_sizes{13, 14, 32, 40};
/// Bytes of an ADAS camera's.
inline constexpr std::size_t adas_metadata_size = 15;
/// Bytes of a DSM camera's; without the driver's name 10 less.
inline constexpr std::size_t dsm_metadata_size = 26;

/// Decodes a METADATA payload of protocol <= 5. Errors: truncated, naming the missing field and its
/// offset; unsupported for version 0 and for a JSON document.
Result<Metadata> decode_metadata(Bytes payload, Camera camera = Camera::dualcam);

/// The family that a payload's size and first byte speak for. DualCam begins with its version, the
/// others with a time in seconds, whose first byte is 0x10 or more since 1978; of the same size
/// they tell ADAS from DSM. nullopt: of none that is known, or a JSON document.
std::optional<Camera> camera_of_metadata(Bytes payload);

/// Whether the payload is the JSON document that protocol >= 6 sends: `{`, behind any number of
/// `[`, and then a name, `}` or nothing, as no binary layout begins before 2035; blanks between
/// them, and a byte order mark before them, do not count. The document is not decoded here.
bool is_json_metadata(Bytes payload);

/// Appends the fields that the camera's layout and, of a DualCam, `metadata.version` have (13, 14,
/// 32 or 40 bytes), absent ones as 0, then `rest`; a DSM without a driver leaves the name out. What
/// a field has no room for is cut. Precondition: version >= 1 of a DualCam.
void encode_metadata(const Metadata& metadata, ByteBuffer& out);

/// "server request", "crash", ...; empty for values not known [srv].
std::string_view trigger_name(std::uint8_t trigger, Camera camera = Camera::dualcam);

/// ADAS and DSM: "video", "snapshot", ...; empty for values not known [srv], and for a DualCam.
std::string_view file_type_name(std::uint8_t file_type, Camera camera);

/// A name for each bit that is set, from bit 0 on: "drowsiness", "phone", ..., "bit 9" for those
/// not known [srv].
std::vector<std::string> dsm_event_names(std::uint16_t events);

} // namespace dualcam
