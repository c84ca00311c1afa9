// How likely bytes are to be a command of the device, rather than file content or garbage.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "dualcam/wire/bytes.hpp"
#include "dualcam/wire/command.hpp"

namespace dualcam::command_evidence {

enum class Fit { no, yes, undecided };

/// What a candidate is compared with.
struct Known {
  std::optional<std::uint64_t> imei;     ///< of the last INIT
  std::optional<std::uint32_t> packets;  ///< highest number a SYNC may name
  bool in_bytes = false;                 ///< numbers are bytes, and ENHANCED DATA may come
  std::size_t largest = largest_packet;  ///< payload that a DATA may have
  std::size_t usual = largest_packet;    ///< payload that one may have whose CRC does not fit
  std::optional<CommandId> packets_are;  ///< the form that they have in this transfer
  bool both_sides = false;               ///< the server's commands may stand in between
  std::span<const std::uint16_t> starts; ///< what a DATA's CRC may go on from
};

/// A command's size from its first bytes; 0: it has none such; nullopt: too few bytes to tell.
std::optional<std::size_t> command_size(Bytes window, const Known& known);

/// The size of the server's command that `window` begins with, where both sides are in one stream;
/// 0: it does with none; nullopt: too few bytes to tell.
std::optional<std::size_t> server_command_size(Bytes window, bool at_end, const Known& known);

/// Whether `window` begins like a command; no bytes at all are one at the end of the stream.
Fit begins_command(Bytes window, bool at_end, const Known& known);

/// Whether a METADATA at the start of `window`, `size` bytes by its length, has the frame rate as
/// one more byte behind it: no command begins right there, but one does a byte later.
Fit has_uncounted_byte(Bytes window, std::size_t size, bool at_end, const Known& known);

/// Whether `window` begins with a command to go on from after a lost stretch.
Fit is_way_back(Bytes window, bool at_end, const Known& known);

/// Whether commands go on from within the first `size` bytes of `window`, behind which the stream
/// ends.
bool hides_way_back(Bytes window, std::size_t size, const Known& known);

/// Whether commands go on from a packet of the usual size whose header is within the first `size`
/// bytes of `window`, which are a packet themselves.
Fit hides_packet(Bytes window, std::size_t size, bool at_end, const Known& known);

/// Whether the CRC of this whole DATA or ENHANCED DATA command goes on from one of `known.starts`;
/// of an ENHANCED DATA it may also begin anew.
bool fits_chain(Bytes data, const Known& known);

/// Whether this whole DATA or ENHANCED DATA command's CRC fits one of `starts`: which one.
std::optional<std::uint16_t> fitting_start(Bytes data, std::span<const std::uint16_t> starts);

} // namespace dualcam::command_evidence
