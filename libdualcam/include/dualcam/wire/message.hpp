/// \file
/// The commands of the camera protocol, one struct each, and their bytes on the wire.
/// Facts: dualcam-protocol(7); dualcam(7) explains the marks [doc], [srv] and [seen]. All integers
/// are big-endian.
///
/// The functions may be called from any thread. A decoded message with a view in it is valid as
/// long as the bytes it was decoded from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "dualcam/wire/bytes.hpp"
#include "dualcam/wire/command.hpp"
#include "dualcam/wire/error.hpp"

namespace dualcam {

/// Device: who it is and what it has. 16 bytes on the wire, without a length field.
struct Init {
  std::uint16_t protocol; ///< 5 in all that was seen; files go by path from 6 on
  std::uint64_t imei;     ///< a plain integer, at most 15 decimal digits
  std::uint32_t settings; ///< dualcam-protocol(7), Settings of INIT

  /// A file offered by path: ADAS, DSM, DashCam and any protocol >= 6 [srv].
  bool offers_path() const { return (settings & 0x0200'0000) != 0; }
  /// Bits that nobody has told the meaning of: maybe a file that cannot be asked for.
  bool offers_unknown() const { return (settings & 0x8100'0000) != 0; }
  friend bool operator==(const Init&, const Init&) = default;
};

/// Server: go away, or nothing more is wanted (after any REPEAT INIT).
struct Close {
  friend bool operator==(const Close&, const Close&) = default;
};

/// Device: the requested file's length in packets (in bytes where files go by path); 0 = none.
struct Start {
  std::uint32_t packets;  ///< the device's word: allocate nothing from it
  std::uint16_t rest = 0; ///< its last two bytes: 0, or anything where files go by path
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
  Bytes payload; ///< at most `largest_packet` bytes, a DualCam's 1024; some send a last one of 0
  std::uint16_t crc; ///< CRC-16/KERMIT going on from the previous packet's
};

/// Both: 0 from the server = completed; from the device an error, or the end of the file.
struct Status {
  std::uint32_t code; ///< see `status_meaning`
  friend bool operator==(const Status&, const Status&) = default;
};

/// Server: send this file: `%photof` and so on, or a path as PATH gave it. A view.
struct FileRequest {
  std::string_view file; ///< not empty, any bytes
  friend bool operator==(const FileRequest&, const FileRequest&) = default;
};

/// Server: send INIT again. Two bytes on the wire, without a length field [srv].
struct RepeatInit {
  friend bool operator==(const RepeatInit&, const RepeatInit&) = default;
};

/// Server: what is known of this file? Empty for ADAS and DSM. A view.
struct MetadataRequest {
  std::string_view file; ///< as in FILE REQUEST, or nothing
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

/// Device: a label, never a path to open. A view.
struct Path {
  std::string_view path; ///< as it came: any bytes, escape them; known devices end it in a NUL
  /// Without that NUL.
  std::string_view text() const {
    return path.ends_with('\0') ? path.substr(0, path.size() - 1) : path;
  }
  friend bool operator==(const Path&, const Path&) = default;
};

/// Device, protocol >= 6: a piece of the file at a byte offset; the CRC covers `payload` alone.
struct EnhancedData {
  std::uint32_t offset; ///< of the payload in the file
  Bytes payload;        ///< at most `largest_packet` bytes
  std::uint16_t crc;    ///< CRC-16/KERMIT of the payload
};

/// Any of the commands, in the order of `commands`: `commands[message.index()]` is its row.
using Message =
    std::variant<Init, Close, Start, Resume, Sync, Data, Status, FileRequest, RepeatInit,
                 MetadataRequest, MetadataResponse, PathRequest, Path, EnhancedData>;

/// The command if it is a T, else null; valid as long as `message`.
template <class T> const T* as(const Message& message) { return std::get_if<T>(&message); }

/// What says to be of a higher protocol is no INIT, but a stranger's or out of step.
inline constexpr std::uint16_t highest_protocol = 255;

/// Whether a command of `sender` begins with these bytes, as far as id and length tell, and INIT's
/// protocol (1 to `highest_protocol`); nullopt: they are too few. `longest_beginning` are enough.
std::optional<bool> begins_command(Sender sender, Bytes bytes);
/// Bytes of the longest beginning of a command.
inline constexpr std::size_t longest_beginning = 4;

/// Decodes one command of `sender` from its id and payload (for INIT the 14 bytes after the id).
/// Views in the result point into `payload`. Errors: unsupported (no such command), truncated or
/// malformed (wrong length, IMEI of more than 15 digits); offsets count from the payload's start.
Result<Message> decode(Sender sender, std::uint16_t id, Bytes payload);

/// Appends the command's bytes on the wire. Precondition: payloads fit their length field, and do
/// not lie in `out`; a peer takes no more than `commands` allows.
void encode(const Message& message, ByteBuffer& out);
/// The command's bytes on the wire; the same precondition.
ByteBuffer encode(const Message& message);

/// "START", "FILE REQUEST", ... as the vendor's page calls it; static.
inline std::string_view name_of(const Message& message) { return commands[message.index()].name; }

/// One line for logs: `SYNC 337`, `FILE REQUEST photof`, `DATA 1024 bytes, CRC 1a2b`. No text of
/// the other side stands in it but an identifier of `%` and six small letters.
std::string describe(const Message& message);

/// An IMEI as people write it: 15 decimal digits, zero-padded.
std::string format_imei(std::uint64_t imei);
/// From 1 to 15 decimal digits; nullopt: anything else.
std::optional<std::uint64_t> parse_imei(std::string_view text);

/// \name The codes of Status that decide something.
/// @{
inline constexpr std::uint32_t status_completed = 0;            ///< from the server: all is done
inline constexpr std::uint32_t status_end_of_path = 1;          ///< behind a DSM's file [seen], too
inline constexpr std::uint32_t status_invalid_resume = 6;       ///< no such packet
inline constexpr std::uint32_t status_file_pointer_failed = 16; ///< no such packet, too
inline constexpr std::uint32_t status_not_available = 17;       ///< no such file, or no camera
inline constexpr std::uint32_t status_invalid_query = 21;       ///< not a command, or not due
/// @}

/// What a device means by a status [srv], 0x11 as the vendor's page has it for cameras [doc];
/// "unknown status" for codes above 26. Static.
std::string_view status_meaning(std::uint32_t code);

} // namespace dualcam
