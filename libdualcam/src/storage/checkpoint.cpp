#include "dualcam/storage/checkpoint.hpp"

#include "dualcam/files/metadata.hpp"
#include "dualcam/wire/crc16.hpp"
#include "storage/identity_text.hpp"

namespace dualcam {
namespace {

constexpr std::string_view first_line = "dualcam checkpoint 1\n";

std::string padded(std::uint64_t value, std::size_t width) {
  const auto digits = std::to_string(value);
  return std::string(width - std::min(width, digits.size()), '0') + digits;
}

std::uint16_t check_of(std::string_view header) { return crc16(as_bytes(header)); }

/// `line`, with its checksum behind it.
std::string checked(const std::string& line, const std::string& header) {
  return line + ' ' + hex16(crc16(as_bytes(line), check_of(header))) + '\n';
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

/// What `compared_line` makes, read back.
void parse_compared(std::string_view line, const std::string& header, Checkpoint& checkpoint) {
  constexpr std::size_t at = 9; // after "compared "
  constexpr std::size_t of = at + 10 + 4;
  if (line.size() < of + 10) {
    return;
  }
  const auto packets = number<std::uint32_t>(line.substr(at, 10));
  const auto held = number<std::uint32_t>(line.substr(of, 10));
  if (packets && held && compared_line(*packets, *held, header) == line) {
    checkpoint.compared = *packets;
    checkpoint.compared_of = *held;
  }
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
  const auto header = std::string(first_line) + identity_lines(identity);
  return header + "check " + hex16(check_of(header)) + '\n';
}

std::string held_line(const HeldData& held, const std::string& header) {
  return checked("held " + padded(held.packets, 10) + ' ' + padded(held.bytes, 13) + ' ' +
                     padded(held.packet_size, 5) + ' ' + hex16(held.crc),
                 header);
}

std::string replaced_line(const std::string& header) { return checked("replaced", header); }

std::string compared_line(std::uint32_t packets, std::uint32_t held, const std::string& header) {
  return checked("compared " + padded(packets, 10) + " of " + padded(held, 10), header);
}

Result<Checkpoint> decode_checkpoint(Bytes bytes) {
  const auto text = as_text(bytes);
  auto rest = text;
  const bool ours = rest.starts_with(first_line);
  rest.remove_prefix(ours ? first_line.size() : 0);
  const auto identity = ours ? take_identity(rest) : std::nullopt;
  const auto before_check = text.substr(0, text.size() - rest.size());
  const auto check = identity ? take_field(rest, "check") : std::nullopt;
  if (!check || check != hex16(check_of(before_check))) {
    return std::unexpected(
        Error{ErrorCategory::malformed, 0, "not a checkpoint of this version, or a damaged one"});
  }
  const std::string header(text.substr(0, text.size() - rest.size()));
  Checkpoint checkpoint{*identity, {}};
  for (auto& held : checkpoint.held) {
    const auto line = rest.substr(0, held_line_size);
    held = parse_held(line, header);
    if (held && !is_plausible(*held, identity->packets)) {
      held.reset();
    }
    rest.remove_prefix(line.size());
  }
  checkpoint.replaced = rest.starts_with(replaced_line(header)); // over a longer line
  parse_compared(rest, header, checkpoint);
  return checkpoint;
}

} // namespace dualcam
