#include "capture/command_evidence.hpp"

#include <algorithm>
#include <array>

#include "dualcam/files/metadata.hpp"
#include "dualcam/wire/crc16.hpp"
#include "dualcam/wire/message.hpp"

namespace dualcam::command_evidence {
namespace {

constexpr std::size_t header_size = 4;
constexpr std::uint32_t highest_packet = 1 << 24; // 16 GiB: no camera has such files
constexpr std::uint32_t highest_status = 0xFF;
constexpr int most_inner_headers = 8; ///< that are looked at within a packet

CommandId id_of(Bytes window) { return static_cast<CommandId>(load_be<std::uint16_t>(window)); }

Fit fit(bool yes) { return yes ? Fit::yes : Fit::no; }

/// The real INITs have a small protocol number and end in the packet size; zeros in a file do not.
bool is_likely_init(Bytes init, const Known& known) {
  const auto protocol = load_be<std::uint16_t>(init.subspan(2));
  const auto imei = load_be<std::uint64_t>(init.subspan(4));
  const auto packet_size = load_be<std::uint16_t>(init.subspan(14));
  return protocol != 0 && protocol < 256 && parse_imei(format_imei(imei)) == imei &&
         (known.imei ? imei == *known.imei || packet_size == full_packet
                     : packet_size == full_packet);
}

bool is_likely_metadata(Bytes payload) {
  return is_json_metadata(payload) ||
         (payload.size() >= metadata_sizes.front() && camera_of_metadata(payload));
}

bool is_printable(Bytes payload) {
  return std::ranges::all_of(payload, [](std::byte byte) {
    const auto value = std::to_integer<unsigned>(byte);
    return value == 0 || (value >= 0x20 && value < 0x7F);
  });
}

/// The number in SYNC, START or STATUS.
bool is_likely_number(CommandId id, std::uint32_t number, const Known& known) {
  if (id == CommandId::status) {
    return number <= highest_status;
  }
  if (known.in_bytes) {
    return true;
  }
  return number <=
         (id == CommandId::sync ? known.packets.value_or(highest_packet) : highest_packet);
}

/// A whole command of plausible length: does its content make sense?
bool is_likely_content(CommandId id, Bytes command, const Known& known) {
  const auto payload = command.subspan(header_size);
  switch (id) {
  case CommandId::init_or_close:
    return is_likely_init(command, known);
  case CommandId::start:
  case CommandId::sync:
  case CommandId::status:
    return is_likely_number(id, load_be<std::uint32_t>(payload), known);
  case CommandId::metadata:
    return is_likely_metadata(payload);
  case CommandId::path:
    return !payload.empty() && is_printable(payload);
  default:
    return true;
  }
}

/// The beginning of a command, which the end of the dump cuts.
bool is_likely_beginning(CommandId id, Bytes window, std::size_t size) {
  const auto payload = window.subspan(std::min(window.size(), header_size));
  switch (id) {
  case CommandId::init_or_close:
    return false;
  case CommandId::metadata:
    return size <= header_size + metadata_sizes.back() || is_json_metadata(payload);
  case CommandId::path:
    return is_printable(payload);
  default:
    return true;
  }
}

bool is_data(CommandId id) { return id == CommandId::data || id == CommandId::enhanced_data; }

/// ENHANCED DATA with no path before it has its own CRC to vouch for it.
Fit fits_itself(Bytes window, std::size_t size, bool at_end, const Known& known) {
  if (window.size() < size) {
    return at_end ? Fit::no : Fit::undecided;
  }
  return fit(fits_chain(window.first(size), known));
}

/// Of an ENHANCED DATA: the place behind it.
std::uint64_t end_of(Bytes enhanced) {
  const auto size = enhanced.size() - header_size - sizeof(std::uint32_t) - data_trailer;
  return load_be<std::uint32_t>(enhanced.subspan(header_size)) + std::uint64_t{size};
}

/// A whole packet goes on from another one.
bool goes_on(Bytes packet, Bytes next) {
  const auto received_crc = load_be<std::uint16_t>(packet.last(data_trailer));
  const bool enhanced = id_of(packet) == CommandId::enhanced_data;
  if (id_of(packet) != id_of(next) ||
      (enhanced && load_be<std::uint32_t>(next.subspan(header_size)) != end_of(packet))) {
    return false;
  }
  Known known;
  known.starts = std::span(&received_crc, 1);
  return fits_chain(next, known);
}

/// Whether a packet of the usual size, from which the next one goes on, begins within this one:
/// then this one's header is file content, and its end is another's by chance.
bool hides_another(Bytes window, std::size_t size, const Known& known) {
  const bool enhanced = id_of(window) == CommandId::enhanced_data;
  const auto usual = known.usual + data_trailer + (enhanced ? sizeof(std::uint32_t) : 0);
  int looked_at = 0;
  for (std::size_t at = 1;
       size != usual + header_size && at < size && looked_at < most_inner_headers; ++at) {
    const auto inner = window.subspan(at);
    if (inner.size() < usual + header_size || id_of(inner) != id_of(window) ||
        load_be<std::uint16_t>(inner.subspan(2)) != usual) {
      continue;
    }
    ++looked_at;
    const auto next = inner.subspan(usual + header_size);
    const auto next_size = command_size(next, known);
    if (next_size && *next_size != 0 && next.size() >= *next_size && is_data(id_of(next)) &&
        goes_on(inner.first(usual + header_size), next.first(*next_size))) {
      return true;
    }
  }
  return false;
}

/// A packet to go on from: the next one's CRC fits it, or it fits itself, or another command
/// follows.
Fit is_data_to_go_on_from(Bytes window, std::size_t size, bool at_end, const Known& known) {
  const auto next = window.subspan(size);
  const auto command = window.first(size);
  const bool verified = fits_chain(command, known);
  if (!verified && known.packets_are && id_of(window) != *known.packets_are) {
    return Fit::no;
  }
  auto behind = known;
  behind.in_bytes = known.in_bytes || id_of(window) == CommandId::enhanced_data;
  const auto follows = begins_command(next, at_end, behind);
  if (follows != Fit::yes || verified || next.size() < header_size || !is_data(id_of(next))) {
    return follows;
  }
  const auto next_size = *command_size(next, known);
  if (next.size() < next_size) {
    return at_end ? Fit::yes : Fit::undecided;
  }
  return fit(goes_on(command, next.first(next_size)) && !hides_another(window, size, known));
}

} // namespace

std::optional<std::size_t> command_size(Bytes window, const Known& known) {
  if (window.size() < 2) {
    return std::nullopt;
  }
  const auto id = load_be<std::uint16_t>(window);
  const auto* command = find_command(Sender::device, id);
  if (command == nullptr) {
    return 0;
  }
  if (command->length == Length::fixed) {
    return command->header_size() + command->least;
  }
  if (window.size() < header_size) {
    return std::nullopt;
  }
  const std::size_t length = load_be<std::uint16_t>(window.subspan(2));
  const bool is_too_long = command->id == CommandId::data && length > known.largest + data_trailer;
  return command->allows(length) && !is_too_long ? header_size + length : 0;
}

bool fits_chain(Bytes data, const Known& known) {
  constexpr std::uint16_t zero = 0;
  return fitting_start(data, known.starts) ||
         (id_of(data) == CommandId::enhanced_data && fitting_start(data, std::span(&zero, 1)));
}

std::optional<std::uint16_t> fitting_start(Bytes data, std::span<const std::uint16_t> starts) {
  const bool enhanced = id_of(data) == CommandId::enhanced_data;
  const auto skipped = header_size + (enhanced ? sizeof(std::uint32_t) : 0);
  const auto received_crc = load_be<std::uint16_t>(data.last(data_trailer));
  const auto payload = data.first(data.size() - data_trailer).subspan(skipped);
  const auto found = std::ranges::find_if(
      starts, [&](std::uint16_t start) { return crc16(payload, start) == received_crc; });
  return found == starts.end() ? std::nullopt : std::optional(*found);
}

namespace {

/// What the server's command at the start of `window` may have for a size: it is no more than a
/// guess before what follows is looked at. 0: none.
std::optional<std::size_t> likely_server_size(Bytes window) {
  if (window.size() < 2) {
    return std::nullopt;
  }
  const auto* command = find_command(Sender::server, load_be<std::uint16_t>(window));
  if (command == nullptr || command->senders == Senders::both) {
    return 0;
  }
  if (command->length == Length::fixed) {
    return command->header_size();
  }
  if (window.size() < header_size) {
    return std::nullopt;
  }
  const std::size_t length = load_be<std::uint16_t>(window.subspan(2));
  const auto text =
      window.subspan(header_size).first(std::min(length, window.size() - header_size));
  const bool is_text =
      id_of(window) == CommandId::file_request || id_of(window) == CommandId::metadata_request;
  return command->allows(length) && (!is_text || is_printable(text)) ? header_size + length : 0;
}

/// CLOSE is zeros, as many things are: it is one at the end, or before another session.
Fit is_before_session(Bytes rest, bool at_end, const Known& known) {
  if (rest.size() < init_size) {
    return !at_end ? Fit::undecided : fit(rest.empty());
  }
  return fit(is_likely_init(rest, known));
}

Fit begins_any_command(Bytes window, bool at_end, const Known& known, int depth);

/// Whether a command of the server, at whose end `rest` is, is followed by another one, of
/// whomever.
Fit is_followed(CommandId id, Bytes rest, bool at_end, const Known& known, int depth) {
  return id == CommandId::init_or_close ? is_before_session(rest, at_end, known)
                                        : begins_any_command(rest, at_end, known, depth);
}

std::optional<std::size_t> server_size(Bytes window, bool at_end, const Known& known, int depth) {
  const auto none = std::optional<std::size_t>(0);
  const auto size = likely_server_size(window);
  if (!size || window.size() < *size) {
    return at_end ? none : std::nullopt;
  }
  if (*size == 0) {
    return none;
  }
  const auto rest = window.subspan(*size);
  auto follows = is_followed(id_of(window), rest, at_end, known, depth);
  if (follows != Fit::no) {
    return follows == Fit::yes ? size : std::nullopt;
  }
  if (id_of(window) == CommandId::repeat_init && rest.size() >= 2 &&
      load_be<std::uint16_t>(rest) == 0) { // other servers give it a length
    follows = begins_any_command(rest.subspan(2), at_end, known, depth);
    return follows == Fit::undecided ? std::nullopt
                                     : std::optional(follows == Fit::yes ? *size + 2 : 0);
  }
  return none;
}

/// Of the device, or of the server and followed by another one: of these so many in a row are
/// looked at.
Fit begins_any_command(Bytes window, bool at_end, const Known& known, int depth) {
  constexpr int deepest = 4;
  auto device_alone = known;
  device_alone.both_sides = false;
  const auto of_device = begins_command(window, at_end, device_alone);
  if (of_device != Fit::no || depth == deepest) {
    return of_device;
  }
  const auto size = server_size(window, at_end, known, depth + 1);
  return size ? fit(*size != 0) : Fit::undecided;
}

} // namespace

std::optional<std::size_t> server_command_size(Bytes window, bool at_end, const Known& known) {
  return known.both_sides ? server_size(window, at_end, known, 0) : 0;
}

Fit begins_command(Bytes window, bool at_end, const Known& known) {
  if (known.both_sides && !window.empty()) {
    const auto size = server_command_size(window, at_end, known);
    if (!size || *size != 0) {
      return size ? Fit::yes : Fit::undecided;
    }
  }
  if (window.empty()) {
    return at_end ? Fit::yes : Fit::undecided;
  }
  const auto size = command_size(window, known);
  if (!size) { // the end may cut a header
    return at_end ? fit(window[0] == std::byte{0}) : Fit::undecided;
  }
  if (*size == 0) {
    return Fit::no;
  }
  if (id_of(window) == CommandId::enhanced_data && !known.in_bytes) {
    return fits_itself(window, *size, at_end, known);
  }
  if (is_data(id_of(window))) {
    return Fit::yes;
  }
  if (window.size() < *size) {
    return at_end ? fit(is_likely_beginning(id_of(window), window, *size)) : Fit::undecided;
  }
  return fit(is_likely_content(id_of(window), window.first(*size), known));
}

Fit has_uncounted_byte(Bytes window, std::size_t size, bool at_end, const Known& known) {
  if (id_of(window) != CommandId::metadata || size != header_size + metadata_sizes.front()) {
    return Fit::no;
  }
  const auto rest = window.subspan(size);
  const auto here = begins_command(rest, at_end, known);
  const bool last = at_end && rest.size() == 1; // could be the start of anything
  if (rest.empty() || here == Fit::undecided || (here == Fit::yes && !last)) {
    return here == Fit::undecided ? here : Fit::no;
  }
  return begins_command(rest.subspan(1), at_end, known);
}

Fit is_way_back(Bytes window, bool at_end, const Known& known) {
  const auto size = command_size(window, known);
  if (!size || *size == 0) {
    return size || at_end ? Fit::no : Fit::undecided;
  }
  if (window.size() < *size) {
    return at_end ? Fit::no : Fit::undecided;
  }
  if (is_data(id_of(window))) {
    return is_data_to_go_on_from(window, *size, at_end, known);
  }
  const auto begins = begins_command(window, at_end, known);
  if (begins != Fit::yes) {
    return begins;
  }
  const auto follows = begins_command(window.subspan(*size), at_end, known);
  return follows == Fit::no ? has_uncounted_byte(window, *size, at_end, known) : follows;
}

Fit hides_packet(Bytes window, std::size_t size, bool at_end, const Known& known) {
  const bool enhanced = id_of(window) == CommandId::enhanced_data;
  const auto length = known.usual + data_trailer + (enhanced ? sizeof(std::uint32_t) : 0);
  std::array<std::byte, header_size> header{};
  store_be(std::span(header), load_be<std::uint16_t>(window));
  store_be(std::span(header).subspan(2), static_cast<std::uint16_t>(length));
  const auto text = as_text(window.first(size));
  auto at = text.find(as_text(header), 1);
  for (int looked_at = 0; at != text.npos && looked_at < most_inner_headers; ++looked_at) {
    const auto goes_on = is_way_back(window.subspan(at), at_end, known);
    if (goes_on != Fit::no) {
      return goes_on;
    }
    at = text.find(as_text(header), at + 1);
  }
  return Fit::no;
}

bool hides_way_back(Bytes window, std::size_t size, const Known& known) {
  for (std::size_t at = header_size; at < size; ++at) {
    if (window[at] == std::byte{0} && is_way_back(window.subspan(at), true, known) == Fit::yes) {
      return true;
    }
  }
  return false;
}

} // namespace dualcam::command_evidence
