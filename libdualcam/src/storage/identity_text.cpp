#include "storage/identity_text.hpp"

#include <array>
#include <cstdio>

#include "dualcam/wire/hex.hpp"
#include "dualcam/wire/message.hpp"

namespace dualcam {
namespace {

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

} // namespace

std::string hex16(std::uint16_t value) {
  std::array<char, 5> text{};
  std::snprintf(text.data(), text.size(), "%04x", value);
  return text.data();
}

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

std::string_view take_word(std::string_view& text) {
  const auto word = text.substr(0, text.find(' '));
  text.remove_prefix(std::min(text.size(), word.size() + 1));
  return word;
}

std::string identity_lines(const FileIdentity& identity) {
  return "imei " + format_imei(identity.imei) + "\nkind " + std::string(name_of(identity.kind)) +
         "\npackets " + std::to_string(identity.packets) + "\nreceived " +
         std::to_string(identity.received) + "\nmetadata " +
         (identity.metadata.empty() ? "-" : to_hex(identity.metadata)) + '\n';
}

std::optional<FileIdentity> take_identity(std::string_view& text) {
  const auto imei = take_field(text, "imei");
  const auto kind = take_field(text, "kind");
  const auto packets = take_field(text, "packets");
  const auto received = take_field(text, "received");
  const auto metadata = take_field(text, "metadata");
  if (!imei || !kind || !packets || !received || !metadata) {
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

} // namespace dualcam
