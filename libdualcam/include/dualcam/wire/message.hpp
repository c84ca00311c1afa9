/// \file
/// The commands of the camera protocol, one struct each, and their bytes on the wire.
/// Facts: dualcam-protocol(7); dualcam(7) explains the marks [doc], [srv] and [seen]. All integers
/// are big-endian.
///
/// The functions may be called from any thread. A decoded message with a view in it is valid as
/// long as the bytes it was decoded from.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "dualcam/files/file_kind.hpp"
#include "dualcam/wire/bytes.hpp"
#include "dualcam/wire/error.hpp"

namespace dualcam {

/// Which side of the connection a byte stream comes from. Id 0x0000 means INIT from one and CLOSE
/// from the other.
enum class Sender {
  device, ///< the camera
  server, ///< us
};

/// The first two bytes of every command.
enum class CommandId : std::uint16_t {
  init_or_close = 0x0000,    ///< Init from the device, Close from the server
  start = 0x0001,            ///< Start
  resume = 0x0002,           ///< Resume
  sync = 0x0003,             ///< Sync
  data = 0x0004,             ///< Data
  status = 0x0005,           ///< Status
  file_request = 0x0008,     ///< FileRequest
  repeat_init = 0x0009,      ///< RepeatInit
  metadata_request = 0x000A, ///< MetadataRequest
  metadata = 0x000B,         ///< MetadataResponse
  path_request = 0x000C,     ///< PathRequest
  path = 0x000D,             ///< Path
  enhanced_data = 0x000E,    ///< EnhancedData
};

/// Device: who it is and what it has. 16 bytes on the wire, without a length field.
struct Init {
  std::uint16_t protocol; ///< 5 in all that was seen; files go by path from 6 on
  std::uint64_t imei;     ///< a plain integer, at most 15 decimal digits
  std::uint32_t settings; ///< dualcam-protocol(7), Settings of INIT

  /// The files of a DualCam that the settings offer.
  FileKinds offered() const { return FileKinds(static_cast<std::uint8_t>(settings >> 24)); }
  /// A file offered by path: ADAS, DSM, DashCam and any protocol >= 6 [srv].
  bool offers_path() const { return (settings & 0x0200'0000) != 0; }
  friend bool operator==(const Init&, const Init&) = default;
};

/// Server: go away, or nothing more is wanted (after any REPEAT INIT).
struct Close {
  friend bool operator==(const Close&, const Close&) = default;
};

/// Device: the requested file's length in packets (in bytes where files go by path); 0 = none.
struct Start {
  std::uint32_t packets; ///< a claim: allocate nothing from it
  friend bool operator==(const Start&, const Start&) = default;
};

/// Server: send from this packet on, 1-based.
struct Resume {
  std::uint32_t packet; ///< 1 to the number in START; bytes from 0 where files go by path
  friend bool operator==(const Resume&, const Resume&) = default;
};

/// Device: the next DATA carries this packet; 0 is used for 1 by some.
struct Sync {
  std::uint32_t packet; ///< counted as in Resume; may be lower than asked for
  friend bool operator==(const Sync&, const Sync&) = default;
};

/// Device: one packet. `payload` is a view into the decoded bytes.
struct Data {
  Bytes payload;     ///< at most 1024 bytes; some devices send a last one of 0
  std::uint16_t crc; ///< CRC-16/KERMIT going on from the previous packet's
};

/// Both: 0 from the server = completed; from the device an error, or the end of the file.
struct Status {
  std::uint32_t code; ///< see `status_meaning`
  friend bool operator==(const Status&, const Status&) = default;
};

/// Server: send this file: `%photof` and so on, or a path as PATH gave it. A view.
struct FileRequest {
  std::string_view file; ///< 1 to 255 bytes, any
  friend bool operator==(const FileRequest&, const FileRequest&) = default;
};

/// Server: send INIT again. Two bytes on the wire, without a length field [srv].
struct RepeatInit {
  friend bool operator==(const RepeatInit&, const RepeatInit&) = default;
};

/// Server: what is known of this file? Empty where files go by path. A view.
struct MetadataRequest {
  std::string_view file; ///< at most 7 bytes, any
  friend bool operator==(const MetadataRequest&, const MetadataRequest&) = default;
};

/// Device: see metadata.hpp for the payload. A view.
struct MetadataResponse {
  Bytes payload; ///< at most 4096 bytes
};

/// Server: where is the file?
struct PathRequest {
  friend bool operator==(const PathRequest&, const PathRequest&) = default;
};

/// Device: a label, never a path to open; a trailing NUL is dropped. A view.
struct Path {
  std::string_view path; ///< at most 255 bytes, any: escape it before it is shown
  friend bool operator==(const Path&, const Path&) = default;
};

/// Device, protocol >= 6: a piece of the file at a byte offset; the CRC covers `payload` alone.
struct EnhancedData {
  std::uint32_t offset; ///< of the payload in the file
  Bytes payload;        ///< at most 65,529 bytes
  std::uint16_t crc;    ///< CRC-16/KERMIT of the payload
};

/// Any of the commands.
using Message =
    std::variant<Init, Close, Start, Resume, Sync, Data, Status, FileRequest, RepeatInit,
                 MetadataRequest, MetadataResponse, PathRequest, Path, EnhancedData>;

/// The command if it is a T, else null; valid as long as `message`.
template <class T> const T* as(const Message& message) { return std::get_if<T>(&message); }

/// How many payload bytes a full DATA packet has [doc][seen].
inline constexpr std::size_t full_packet = 1024;

/// Bytes before a DATA packet's payload: id and length.
inline constexpr std::size_t data_header = 4;
/// Bytes after it: the CRC.
inline constexpr std::size_t data_trailer = 2;

/// INIT's bytes on the wire.
inline constexpr std::size_t init_size = 16;

/// What says to be of a higher protocol is no INIT, but a stranger's or out of step.
inline constexpr std::uint16_t highest_protocol = 255;

/// What the length field of a command may say, in bytes. Anything else is refused before a byte of
/// payload is waited for, let alone stored.
struct LengthRange {
  std::size_t least; ///< at least so many
  std::size_t most;  ///< at most so many
};
/// The range of one command; for those without a length field what follows the id. nullopt: this
/// sender knows no such command.
std::optional<LengthRange> payload_length(Sender sender, std::uint16_t id);

/// True for the commands without a length field: INIT from the device, REPEAT INIT from the server.
constexpr bool lacks_length(Sender sender, std::uint16_t id) {
  return (sender == Sender::device && id == static_cast<std::uint16_t>(CommandId::init_or_close)) ||
         (sender == Sender::server && id == static_cast<std::uint16_t>(CommandId::repeat_init));
}

/// Whether a command of `sender` begins with these bytes, as far as id and length tell, and INIT's
/// protocol (1 to `highest_protocol`); nullopt: they are too few. `longest_beginning` are enough.
std::optional<bool> begins_command(Sender sender, Bytes bytes);
/// Bytes of the longest beginning of a command.
inline constexpr std::size_t longest_beginning = 4;

/// Decodes one command of `sender` from its id and payload (for INIT the 14 bytes after the id).
/// Views in the result point into `payload`. Errors: unsupported (no such command), truncated or
/// malformed (wrong length, IMEI of more than 15 digits); offsets count from the payload's start.
Result<Message> decode(Sender sender, std::uint16_t id, Bytes payload);

/// Appends the command's bytes on the wire. Precondition: payloads fit their length field.
void encode(const Message& message, ByteBuffer& out);
/// The command's bytes on the wire; the same precondition.
ByteBuffer encode(const Message& message);

/// "START", "FILE REQUEST", ... as the vendor's page calls it; static.
std::string_view name_of(const Message& message);

/// One line for logs: `SYNC 337`, `DATA 1024 bytes, CRC 1a2b`. No device string stands in it.
std::string describe(const Message& message);

/// An IMEI as people write it: 15 decimal digits, zero-padded.
std::string format_imei(std::uint64_t imei);
/// From 1 to 15 decimal digits; nullopt: anything else.
std::optional<std::uint64_t> parse_imei(std::string_view text);

/// \name The codes of Status that decide something.
/// @{
inline constexpr std::uint32_t status_completed = 0;            ///< from the server: all is done
inline constexpr std::uint32_t status_invalid_resume = 6;       ///< no such packet
inline constexpr std::uint32_t status_file_pointer_failed = 16; ///< no such packet, too
inline constexpr std::uint32_t status_not_available = 17;       ///< no such file, or no camera
inline constexpr std::uint32_t status_invalid_query = 21;       ///< not a command, or not due
/// @}

/// What a device means by a status [srv], 0x11 as the vendor's page has it for cameras [doc];
/// "unknown status" for codes above 26. Static.
std::string_view status_meaning(std::uint32_t code);

} // namespace dualcam
