#include "dualcam/storage/file_record.hpp"

#include <cstdio>

#include "dualcam/wire/crc64.hpp"
#include "storage/identity_text.hpp"

namespace dualcam {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view version_line = "dualcam file record 1\n";
/// Padding is one repeated byte, or a short pattern, behind the two bytes that end every JPEG; what
/// an encoder makes has nearly all values within a packet.
constexpr std::size_t telling_values = 32;

std::string hex64(std::uint64_t value) {
  std::array<char, 17> text{};
  std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(value));
  return text.data();
}

std::string path_line(std::string_view name, const fs::path& path) {
  const auto& text = path.native();
  return std::string(name) + ' ' + std::to_string(text.size()) + ' ' + text + '\n';
}

/// A path may have any character in it, line ends too.
std::optional<fs::path> take_path(std::string_view& text, std::string_view name) {
  if (!text.starts_with(name)) {
    return std::nullopt;
  }
  auto rest = text.substr(name.size());
  if (!rest.starts_with(' ')) {
    return std::nullopt;
  }
  rest.remove_prefix(1);
  const auto length = number<std::size_t>(take_word(rest));
  if (!length || *length >= rest.size() || rest[*length] != '\n') {
    return std::nullopt;
  }
  text = rest.substr(*length + 1);
  return fs::path(rest.substr(0, *length));
}

/// Records are files that anybody may have put there.
bool stays_below(const fs::path& path) {
  return !path.empty() && path.is_relative() && std::ranges::find(path, "..") == path.end();
}

bool take_data(std::string_view& text, FileRecord& record) {
  auto line = take_field(text, "data");
  if (!line) {
    return false;
  }
  const auto bytes = number<std::uint64_t>(take_word(*line));
  const auto packet_size = number<std::uint32_t>(take_word(*line));
  const auto crc = number<std::uint16_t>(take_word(*line), 16);
  if (!bytes || !packet_size || !crc || !line->empty()) {
    return false;
  }
  record.data = {record.identity.packets, *bytes, *packet_size, *crc};
  return true;
}

bool take_tail(std::string_view& text, FileRecord& record) {
  auto line = take_field(text, "tail");
  if (!line) {
    return false;
  }
  const auto packet = number<std::uint32_t>(take_word(*line));
  const auto crc_before = number<std::uint16_t>(take_word(*line), 16);
  const auto bytes = number<std::uint64_t>(take_word(*line));
  const auto crc = number<std::uint64_t>(take_word(*line), 16);
  if (!packet || !crc_before || !bytes || !crc || !line->empty()) {
    return false;
  }
  record.crc_before_tail = *crc_before;
  record.tail = {*packet, *bytes, *crc};
  return *packet >= 1 && *packet <= record.identity.packets && *bytes <= record.data.bytes;
}

std::optional<FileRecord> take_record(std::string_view& text) {
  if (!text.starts_with(version_line)) {
    return std::nullopt;
  }
  text.remove_prefix(version_line.size());
  auto identity = take_identity(text);
  auto name = identity ? take_path(text, "name") : std::nullopt;
  auto part = name ? take_path(text, "part") : std::nullopt;
  if (!part || !stays_below(*name) || !stays_below(*part)) {
    return std::nullopt;
  }
  FileRecord record{std::move(*identity), std::move(*name), std::move(*part)};
  return take_data(text, record) && take_tail(text, record) ? std::optional(std::move(record))
                                                            : std::nullopt;
}

} // namespace

std::string encode_file_record(const FileRecord& record) {
  const auto& [identity, name, part, data, crc_before_tail, tail, named, said] = record;
  const auto text = std::string(version_line) + identity_lines(identity) + path_line("name", name) +
                    path_line("part", part) + "data " + std::to_string(data.bytes) + ' ' +
                    std::to_string(data.packet_size) + ' ' + hex16(data.crc) + "\ntail " +
                    std::to_string(tail.packet) + ' ' + hex16(crc_before_tail) + ' ' +
                    std::to_string(tail.bytes) + ' ' + hex64(tail.crc64) + '\n';
  return text + "check " + hex64(crc64(as_bytes(text))) + '\n';
}

Result<FileRecord> decode_file_record(Bytes bytes) {
  const auto text = as_text(bytes);
  auto rest = text;
  auto record = take_record(rest);
  const auto before_check = text.substr(0, text.size() - rest.size());
  if (!record || take_field(rest, "check") != hex64(crc64(as_bytes(before_check)))) {
    return std::unexpected(
        Error{ErrorCategory::malformed, 0, "not a file record of this version, or a damaged one"});
  }
  record->named = rest.starts_with(named_line);
  rest.remove_prefix(record->named ? named_line.size() : 0);
  record->said = record->named && rest.starts_with(said_line);
  return std::move(*record);
}

void Distinction::add(Bytes bytes) {
  for (const auto byte : bytes) {
    values_.set(std::to_integer<std::size_t>(byte));
  }
}

bool Distinction::is_enough() const { return values_.count() >= telling_values; }

} // namespace dualcam
