#include "dualcam/storage/checkpoint.hpp"

#include <charconv>
#include <cstdio>

#include "dualcam/files/metadata.hpp"
#include "dualcam/wire/crc16.hpp"
#include "dualcam/wire/hex.hpp"
#include "dualcam/wire/message.hpp"

namespace dualcam {
namespace {

constexpr std::string_view magic = "dualcam checkpoint";
constexpr std::string_view version = "1";

std::string hex16(std::uint16_t value) {
  std::array<char, 5> text{};
  std::snprintf(text.data(), text.size(), "%04x", value);
  return text.data();
}

std::string padded(std::uint64_t value, std::size_t width) {
  const auto digits = std::to_string(value);
  return std::string(width - std::min(width, digits.size()), '0') + digits;
}

std::uint16_t check_of(std::string_view header) { return crc16(as_bytes(header)); }

/// `line`, with its checksum behind it.
std::string checked(const std::string& line, const std::string& header) {
  return line + ' ' + hex16(crc16(as_bytes(line), check_of(header))) + '\n';
}

/// The whole text as a number, or nothing.
template <class T> std::optional<T> number(std::string_view text, int base = 10) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && !text.empty() ? std::optional(value) : std::nullopt;
}

std::optional<ByteBuffer> bytes_of_hex(std::string_view text) {
  ByteBuffer bytes;
  for (; text.size() >= 2; text.remove_prefix(2)) {
    const auto byte = number<std::uint8_t>(text.substr(0, 2), 16);
    if (!byte) {
      return std::nullopt;
    }
    bytes.push_back(static_cast<std::byte>(*byte));
  }
  return text.empty() ? std::optional(std::move(bytes)) : std::nullopt;
}

/// Takes `NAME VALUE\n` off the front: the value.
std::optional<std::string_view> take_field(std::string_view& text, std::string_view name) {
  const auto end = text.find('\n');
  const auto line = text.substr(0, end);
  if (end == std::string_view::npos || !line.starts_with(name) || line.size() <= name.size() ||
      line[name.size()] != ' ') {
    return std::nullopt;
  }
  text.remove_prefix(end + 1);
  return line.substr(name.size() + 1);
}

std::optional<FileIdentity> take_identity(std::string_view& text) {
  const auto start = take_field(text, magic);
  const auto imei = take_field(text, "imei");
  const auto kind = take_field(text, "kind");
  const auto packets = take_field(text, "packets");
  const auto received = take_field(text, "received");
  const auto metadata = take_field(text, "metadata");
  if (start != version || !imei || !kind || !packets || !received || !metadata) {
    return std::nullopt;
  }
  const auto payload = *metadata == "-" ? ByteBuffer() : bytes_of_hex(*metadata);
  if (!parse_imei(*imei) || !file_kind_named(*kind) || !number<std::uint32_t>(*packets) ||
      !number<std::int64_t>(*received) || !payload) {
    return std::nullopt;
  }
  return FileIdentity{*parse_imei(*imei), *file_kind_named(*kind), *number<std::uint32_t>(*packets),
                      *number<std::int64_t>(*received), *payload};
}

/// What `held_line` makes, read back; nullopt if it is anything else.
std::optional<HeldData> parse_held(std::string_view line, const std::string& header) {
  constexpr std::size_t at = 5; // behind "held "
  if (line.size() != held_line_size || !line.starts_with("held ")) {
    return std::nullopt;
  }
  const auto packets = number<std::uint32_t>(line.substr(at, 10));
  const auto bytes = number<std::uint64_t>(line.substr(at + 11, 13));
  const auto packet_size = number<std::uint32_t>(line.substr(at + 25, 5));
  const auto crc = number<std::uint16_t>(line.substr(at + 31, 4), 16);
  if (!packets || !bytes || !packet_size || !crc) {
    return std::nullopt;
  }
  const HeldData held{*packets, *bytes, *packet_size, *crc};
  return held_line(held, header) == line ? std::optional(held) : std::nullopt;
}

/// Whole packets of one size, of which only the file's last may be shorter.
bool is_plausible(const HeldData& held, std::uint32_t packets_of_file) {
  if (held.packets == 0) {
    return held == HeldData();
  }
  if (held.packet_size == 0 || held.packet_size > full_packet) {
    return false;
  }
  const auto full = std::uint64_t{held.packets} * held.packet_size;
  return held.packets < packets_of_file ? held.bytes == full
                                        : held.packets == packets_of_file && held.bytes <= full &&
                                              held.bytes + held.packet_size > full;
}

std::optional<std::string> parse_stored(std::string_view line, const std::string& header) {
  constexpr std::string_view start = "stored ";
  const auto length_end = line.find(' ', start.size());
  if (!line.starts_with(start) || length_end == std::string_view::npos) {
    return std::nullopt;
  }
  const auto length = number<std::size_t>(line.substr(start.size(), length_end - start.size()));
  if (!length || *length > line.size()) {
    return std::nullopt;
  }
  std::string name(line.substr(length_end + 1, *length));
  return stored_line(name, header) == line ? std::optional(std::move(name)) : std::nullopt;
}

std::optional<std::uint64_t> timestamp_of(Bytes metadata) {
  const auto decoded = decode_metadata(metadata);
  return decoded && decoded->timestamp.is_known() ? std::optional(decoded->timestamp.milliseconds)
                                                  : std::nullopt;
}

} // namespace

void HeldData::add(Bytes payload) {
  if (packet_size == 0) {
    packet_size = static_cast<std::uint32_t>(payload.size());
  }
  ++packets;
  bytes += payload.size();
  crc = crc16(payload, crc);
}

bool same_file(const FileIdentity& a, const FileIdentity& b) {
  if (a.imei != b.imei || a.kind != b.kind || a.packets != b.packets) {
    return false;
  }
  const auto time_a = timestamp_of(a.metadata);
  const auto time_b = timestamp_of(b.metadata);
  return !time_a || !time_b || time_a == time_b;
}

std::string checkpoint_header(const FileIdentity& identity) {
  auto header = std::string(magic) + ' ' + std::string(version) + "\nimei " +
                format_imei(identity.imei) + "\nkind " + std::string(name_of(identity.kind)) +
                "\npackets " + std::to_string(identity.packets) + "\nreceived " +
                std::to_string(identity.received) + "\nmetadata " +
                (identity.metadata.empty() ? "-" : to_hex(identity.metadata)) + '\n';
  return header + "check " + hex16(check_of(header)) + '\n';
}

std::string held_line(const HeldData& held, const std::string& header) {
  return checked("held " + padded(held.packets, 10) + ' ' + padded(held.bytes, 13) + ' ' +
                     padded(held.packet_size, 5) + ' ' + hex16(held.crc),
                 header);
}

std::string stored_line(const std::string& name, const std::string& header) {
  return checked("stored " + std::to_string(name.size()) + ' ' + name, header);
}

std::string replaced_line(const std::string& header) { return checked("replaced", header); }

Result<Checkpoint> decode_checkpoint(Bytes bytes) {
  const auto text = as_text(bytes);
  auto rest = text;
  const auto identity = take_identity(rest);
  const auto before_check = text.substr(0, text.size() - rest.size());
  const auto check = identity ? take_field(rest, "check") : std::nullopt;
  if (!check || check != hex16(check_of(before_check))) {
    return std::unexpected(
        Error{ErrorCategory::malformed, 0, "not a checkpoint of this version, or a damaged one"});
  }
  const std::string header(text.substr(0, text.size() - rest.size()));
  Checkpoint checkpoint{*identity, {}, false, std::nullopt};
  for (auto& held : checkpoint.held) {
    const auto line = rest.substr(0, held_line_size);
    held = parse_held(line, header);
    if (held && !is_plausible(*held, identity->packets)) {
      held.reset();
    }
    rest.remove_prefix(line.size());
  }
  checkpoint.replaced = rest == replaced_line(header);
  checkpoint.stored_as = parse_stored(rest, header);
  return checkpoint;
}

} // namespace dualcam
