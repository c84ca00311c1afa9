#include "dualcam/storage/file_record.hpp"

#include <algorithm>

#include "storage/identity_text.hpp"

namespace dualcam {
namespace {

/// Padding is one repeated byte, or a short pattern, behind the two bytes that end every JPEG; what
/// an encoder makes has nearly all values within a packet.
constexpr std::size_t telling_values = 32;

std::string about(std::string_view what, std::uint64_t id) {
  return checked(std::string(what) + ' ' + hex64(id));
}

std::optional<PartEntry> take_part(Words& words) {
  PartEntry part;
  part.id = words.number<std::uint64_t>(16);
  const auto file = FileRef::of_text(words.text());
  part.announced = words.number<std::uint32_t>();
  if (words.next_is("-")) {
    words.text();
  } else {
    part.time = words.number<std::uint64_t>();
  }
  const auto path = path_of_text(words.text());
  if (!file || !path || !words.ended()) {
    return std::nullopt;
  }
  part.file = *file;
  part.path = *path;
  return part;
}

std::optional<FileRecord> take_record(Words& words, std::uint64_t imei) {
  FileRecord record;
  record.id = words.number<std::uint64_t>(16);
  record.identity.imei = imei;
  const auto file = FileRef::of_text(words.text());
  record.identity.announced = words.number<std::uint32_t>();
  record.data.packets = words.number<std::uint32_t>();
  record.identity.received = words.number<std::int64_t>();
  auto metadata = metadata_of_text(words.text());
  record.data.bytes = words.number<std::uint64_t>();
  record.data.packet_size = words.number<std::uint32_t>();
  record.data.crc = words.number<std::uint16_t>(16);
  record.tail.packet = words.number<std::uint32_t>();
  record.crc_before_tail = words.number<std::uint16_t>(16);
  record.tail.bytes = words.number<std::uint64_t>();
  record.tail.crc64 = words.number<std::uint64_t>(16);
  const auto name = path_of_text(words.text());
  const auto part = path_of_text(words.text());
  const auto counted = words.text();
  record.identity.in_packets = counted == counted_packets;
  if (!file || !metadata || !name || !part || !words.ended() ||
      (!counted.empty() && !record.identity.in_packets) || record.tail.packet < 1 ||
      record.tail.packet > record.data.packets || record.tail.bytes > record.data.bytes) {
    return std::nullopt;
  }
  record.identity.file = *file;
  record.tail.offset = record.data.bytes - record.tail.bytes;
  record.identity.metadata = std::move(*metadata);
  record.name = *name;
  record.part = *part;
  return record;
}

template <class T> void forget(std::vector<T>& all, std::uint64_t id) {
  std::erase_if(all, [&](const T& each) { return each.id == id; });
}

/// What has not been told is still needed.
void keep_newest(std::vector<FileRecord>& records) {
  for (std::size_t i = 0; i + remembered_files < records.size();) {
    if (records[i].said || !records[i].named) {
      records.erase(records.begin() + static_cast<std::ptrdiff_t>(i));
    } else {
      ++i;
    }
  }
}

void apply(CameraState& state, std::string_view line, std::uint64_t imei) {
  Words words(line);
  const auto what = words.text();
  if (what == "part") {
    if (auto part = take_part(words)) {
      forget(state.parts, part->id);
      state.parts.push_back(std::move(*part));
      if (state.parts.size() > remembered_parts) {
        state.parts.erase(state.parts.begin());
      }
    }
    return;
  }
  if (what == "stored") {
    if (auto record = take_record(words, imei)) {
      forget(state.records, record->id);
      state.records.push_back(std::move(*record));
      keep_newest(state.records);
    }
    return;
  }
  const auto id = words.number<std::uint64_t>(16);
  if (!words.ended()) {
    return;
  }
  if (what == "gone") {
    forget(state.parts, id);
  } else if (what == "forgotten") {
    forget(state.records, id);
  }
  for (auto& record : state.records) {
    if (record.id == id) {
      record.named = record.named || what == "named";
      record.said = record.said || what == "said";
    }
  }
  keep_newest(state.records);
}

} // namespace

PartEntry part_entry(std::uint64_t id, const FileIdentity& identity, std::filesystem::path path) {
  return {id, identity.file, identity.announced, timestamp_of(identity.file, identity.metadata),
          std::move(path)};
}

std::string part_line(const PartEntry& part) {
  return checked("part " + hex64(part.id) + ' ' + part.file.text() + ' ' +
                 std::to_string(part.announced) + ' ' +
                 (part.time ? std::to_string(*part.time) : "-") + ' ' + path_text(part.path));
}

std::string record_line(const FileRecord& record) {
  const auto& [id, identity, name, part, data, crc_before_tail, tail, named, said] = record;
  return checked("stored " + hex64(id) + ' ' + identity.file.text() + ' ' +
                 std::to_string(identity.announced) + ' ' + std::to_string(data.packets) + ' ' +
                 std::to_string(identity.received) + ' ' + metadata_text(identity.metadata) + ' ' +
                 std::to_string(data.bytes) + ' ' + std::to_string(data.packet_size) + ' ' +
                 hex16(data.crc) + ' ' + std::to_string(tail.packet) + ' ' +
                 hex16(crc_before_tail) + ' ' + std::to_string(tail.bytes) + ' ' +
                 hex64(tail.crc64) + ' ' + path_text(name) + ' ' + path_text(part) +
                 (identity.in_packets ? ' ' + std::string(counted_packets) : ""));
}

std::string gone_line(std::uint64_t id) { return about("gone", id); }
std::string named_line(std::uint64_t id) { return about("named", id); }
std::string said_line(std::uint64_t id) { return about("said", id); }
std::string forgotten_line(std::uint64_t id) { return about("forgotten", id); }

std::string encode_camera_state(const CameraState& state) {
  auto text = std::string(camera_state_version) + '\n';
  for (const auto& part : state.parts) {
    text += part_line(part) + '\n';
  }
  for (const auto& record : state.records) {
    text += record_line(record) + '\n';
    text += record.named ? named_line(record.id) + '\n' : "";
    text += record.said ? said_line(record.id) + '\n' : "";
  }
  return text;
}

CameraState decode_camera_state(Bytes bytes, std::uint64_t imei) {
  CameraState state;
  auto text = as_text(bytes);
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (const auto right = unchecked(line)) {
      apply(state, *right, imei);
    }
  }
  return state;
}

void Distinction::add(Bytes bytes) {
  for (const auto byte : bytes) {
    values_.set(std::to_integer<std::size_t>(byte));
  }
}

bool Distinction::is_enough() const { return values_.count() >= telling_values; }

} // namespace dualcam
