/// \file
/// The commands of the camera protocol as their bytes are framed: one table, which framing,
/// decoding, encoding and logging go by. Facts: dualcam-protocol(7), FRAMING.
///
/// All of it is constant: it may be used from any thread, and its text is valid for ever.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

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

/// How many payload bytes a full DATA packet has [doc][seen].
inline constexpr std::size_t full_packet = 1024;
/// And the largest, where files go by path [run].
inline constexpr std::size_t largest_packet = 4096;

/// Bytes before a DATA packet's payload: id and length.
inline constexpr std::size_t data_header = 4;
/// Bytes after it: the CRC.
inline constexpr std::size_t data_trailer = 2;

/// Bytes of the longest path, its NUL included: a length field says no more.
inline constexpr std::size_t longest_path = 65'535;

/// Bytes that the vendor's server sends of some paths [run], as many as a kind's identifier has.
inline constexpr std::size_t short_request_size = 7;

/// INIT's bytes on the wire.
inline constexpr std::size_t init_size = 16;

/// Who sends a command.
enum class Senders {
  device, ///< the camera alone
  server, ///< we alone
  both,   ///< either
};

/// Whether a command has a length field.
enum class Length {
  told,  ///< id, length, payload
  fixed, ///< id, payload
};

/// One command: a row of `commands`.
struct Command {
  CommandId id;          ///< its first two bytes
  Senders senders;       ///< whose it is
  std::string_view name; ///< as the vendor's page calls it
  /// Fewest and most payload bytes, without id and length. Anything else is refused before a byte
  /// of payload is waited for, let alone stored.
  std::size_t least;
  std::size_t most;             ///< see `least`
  Length length = Length::told; ///< whether the length is on the wire

  /// Whether `sender` sends it.
  constexpr bool is_sent_by(Sender sender) const {
    return senders == Senders::both || (senders == Senders::device) == (sender == Sender::device);
  }
  /// Whether its payload may have `size` bytes.
  constexpr bool allows(std::size_t size) const { return size >= least && size <= most; }
  /// Bytes before the payload.
  constexpr std::size_t header_size() const { return length == Length::told ? 4 : 2; }
};

/// Every command, in the order of the alternatives of Message.
inline constexpr std::array commands{
    Command{CommandId::init_or_close, Senders::device, "INIT", init_size - 2, init_size - 2,
            Length::fixed},
    Command{CommandId::init_or_close, Senders::server, "CLOSE", 0, 0},
    Command{CommandId::start, Senders::device, "START", 6, 6},
    Command{CommandId::resume, Senders::server, "RESUME", 4, 4},
    Command{CommandId::sync, Senders::device, "SYNC", 4, 4},
    Command{CommandId::data, Senders::device, "DATA", data_trailer, largest_packet + data_trailer},
    Command{CommandId::status, Senders::both, "STATUS", 4, 4},
    Command{CommandId::file_request, Senders::server, "FILE REQUEST", 1, longest_path},
    Command{CommandId::repeat_init, Senders::server, "REPEAT INIT", 0, 0, Length::fixed},
    Command{CommandId::metadata_request, Senders::server, "METADATA REQUEST", 0, longest_path},
    Command{CommandId::metadata, Senders::device, "METADATA", 0, 4096},
    Command{CommandId::path_request, Senders::server, "PATH REQUEST", 2, 2},
    Command{CommandId::path, Senders::device, "PATH", 0, longest_path},
    Command{CommandId::enhanced_data, Senders::device, "ENHANCED DATA", 4 + data_trailer,
            4 + largest_packet + data_trailer},
};

/// The command that `sender` means by `id`; null: none.
constexpr const Command* find_command(Sender sender, std::uint16_t id) {
  for (const auto& command : commands) {
    if (static_cast<std::uint16_t>(command.id) == id && command.is_sent_by(sender)) {
      return &command;
    }
  }
  return nullptr;
}

/// Bytes of a device's shortest command of this id, id and length included.
consteval std::size_t least_wire_size(CommandId id) {
  const auto* command = find_command(Sender::device, static_cast<std::uint16_t>(id));
  return command->header_size() + command->least;
}

/// Bytes of START on the wire.
inline constexpr std::size_t start_size = least_wire_size(CommandId::start);
/// Bytes of SYNC on the wire.
inline constexpr std::size_t sync_size = least_wire_size(CommandId::sync);
/// Bytes of STATUS on the wire.
inline constexpr std::size_t status_size = least_wire_size(CommandId::status);

} // namespace dualcam
