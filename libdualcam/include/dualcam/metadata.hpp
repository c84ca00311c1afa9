// The payload of METADATA (0x000B) for protocol <= 5: what the camera knew about a file.
// Layout: shared/protocol.md, "Metadata"; the vendor's page has it wrong.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "dualcam/bytes.hpp"
#include "dualcam/error.hpp"
#include "dualcam/file_kind.hpp"
#include "dualcam/geo.hpp"

namespace dualcam {

/// Milliseconds since 1970 UTC, unsigned on the wire. Device clocks can be wrong by decades.
struct DeviceTime {
  std::uint64_t milliseconds;

  /// 0 means "no file".
  bool is_known() const { return milliseconds != 0; }
  /// As a point in time, if it lies before the year 10000.
  std::optional<std::chrono::sys_time<std::chrono::milliseconds>> time_point() const;
  friend bool operator==(const DeviceTime&, const DeviceTime&) = default;
};

struct Metadata {
  std::uint8_t version;                   ///< of the layout: 1 to 4 known; higher ones begin like 4
  std::uint8_t file_type;                 ///< one bit, see `kind`
  DeviceTime timestamp;                   ///< when the file was finalised
  std::uint8_t trigger;                   ///< see `trigger_name`
  std::uint16_t length;                   ///< of the video in seconds; 0 for photos
  std::optional<std::uint8_t> frame_rate; ///< frames a second; since version 2
  std::optional<std::int16_t> time_zone;  ///< minutes east of UTC; since version 3
  std::optional<Position> position;       ///< as sent, maybe invalid; since version 3
  std::optional<DeviceTime> trigger_timestamp; ///< since version 4
  Bytes rest; ///< bytes behind the known fields; a view into the decoded payload

  std::optional<FileKind> kind() const { return file_kind_of_bit(file_type); }
};

/// Decodes a METADATA payload. Errors: truncated, naming the missing field and its offset;
/// unsupported for version 0.
Result<Metadata> decode_metadata(Bytes payload);

/// Appends the fields that `metadata.version` has (13, 14, 32 or 40 bytes), absent ones as 0, then
/// `rest`. Precondition: version >= 1.
void encode_metadata(const Metadata& metadata, ByteBuffer& out);

/// "server request", "crash", ...; empty for values not known [srv].
std::string_view trigger_name(std::uint8_t trigger);

} // namespace dualcam
