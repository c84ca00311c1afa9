#include "storage/identity_text.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <ranges>

#include <sys/random.h>

#include "dualcam/files/geometry.hpp"
#include "dualcam/storage/durable.hpp"
#include "dualcam/wire/crc64.hpp"
#include "dualcam/wire/hex.hpp"
#include "dualcam/wire/hex_value.hpp"
#include "dualcam/wire/message.hpp"

namespace dualcam {
namespace {

constexpr std::size_t check_size = 16;

template <class T> std::array<char, 2 * sizeof(T)> digits_of(T value) {
  std::array<char, 2 * sizeof(T)> digits{};
  for (auto& digit : std::views::reverse(digits)) {
    digit = "0123456789abcdef"[value & 0xFU];
    value = static_cast<T>(value >> 4U);
  }
  return digits;
}

bool stays_below(std::string_view path) {
  const auto is_up = [](auto name) { return std::string_view(name) == ".."; };
  return !path.starts_with('/') && !path.contains('\0') &&
         std::ranges::none_of(std::views::split(path, '/'), is_up);
}

} // namespace

Result<std::uint64_t> random_id(const std::filesystem::path& path) {
  std::uint64_t id = 0;
  return ::getentropy(&id, sizeof id) == 0 ? Result<std::uint64_t>(id)
                                           : io_error("find a random number for", path, errno);
}

std::string hex16(std::uint16_t value) {
  const auto digits = digits_of(value);
  return {digits.begin(), digits.end()};
}

std::string hex64(std::uint64_t value) {
  const auto digits = digits_of(value);
  return {digits.begin(), digits.end()};
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

std::string checked(const std::string& line, std::uint64_t before) {
  return line + ' ' + hex64(crc64(as_bytes(line), before));
}

std::optional<std::string_view> unchecked(std::string_view line, std::uint64_t before) {
  if (line.size() <= check_size || line[line.size() - check_size - 1] != ' ') {
    return std::nullopt;
  }
  const auto text = line.substr(0, line.size() - check_size - 1);
  return std::ranges::equal(line.substr(text.size() + 1), digits_of(crc64(as_bytes(text), before)))
             ? std::optional(text)
             : std::nullopt;
}

std::string metadata_text(Bytes metadata) { return metadata.empty() ? "-" : to_hex(metadata); }

std::optional<ByteBuffer> metadata_of_text(std::string_view text) {
  return text == "-" ? ByteBuffer() : bytes_of_hex(text);
}

std::string path_text(const std::filesystem::path& path) {
  const auto file = FileRef::of_path(path.native());
  return file ? file->text() : "-";
}

std::optional<std::filesystem::path> path_of_text(std::string_view text) {
  const auto file = FileRef::of_text(text);
  return file && !file->kind() && stays_below(file->request()) ? std::optional(file->request())
                                                               : std::nullopt;
}

std::string identity_lines(const FileIdentity& identity) {
  return "imei " + format_imei(identity.imei) + "\nfile " + identity.file.text() + "\npackets " +
         std::to_string(identity.announced) + "\nreceived " + std::to_string(identity.received) +
         "\nmetadata " + metadata_text(identity.metadata) + '\n' +
         (identity.in_packets ? "counted " + std::string(counted_packets) + '\n' : "");
}

std::optional<FileIdentity> take_identity(std::string_view& text, std::string_view file_field) {
  const auto imei = take_field(text, "imei");
  const auto file = take_field(text, file_field);
  const auto announced = take_field(text, "packets");
  const auto received = take_field(text, "received");
  const auto metadata = take_field(text, "metadata");
  if (!imei || !file || !announced || !received || !metadata) {
    return std::nullopt;
  }
  const auto imei_value = parse_imei(*imei);
  auto ref = FileRef::of_text(*file);
  const auto announced_value = number<std::uint32_t>(*announced);
  const auto received_value = number<std::int64_t>(*received);
  auto payload = metadata_of_text(*metadata);
  const auto counted = take_field(text, "counted");
  if (!imei_value || !ref || !announced_value || !received_value || !payload ||
      (counted && *counted != counted_packets)) {
    return std::nullopt;
  }
  return FileIdentity{*imei_value,     std::move(*ref),     *announced_value,
                      *received_value, std::move(*payload), counted.has_value()};
}

bool counts_packets(const FileIdentity& identity) {
  return Geometry(identity.file, identity.announced, identity.in_packets).in_packets();
}

bool is_uniform(const HeldData& held, const FileIdentity& identity) {
  if (held.packets == 0) {
    return held == HeldData();
  }
  if (held.packet_size == 0) {
    return false;
  }
  const auto full = std::uint64_t{held.packets} * held.packet_size;
  const bool is_whole = counts_packets(identity) && held.packets >= identity.announced;
  return is_whole ? held.packets == identity.announced && held.bytes <= full &&
                        held.bytes + held.packet_size > full
                  : held.bytes == full;
}

} // namespace dualcam
