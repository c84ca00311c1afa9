#include "dualcam/storage/file_record.hpp"

#include <algorithm>
#include <iterator>
#include <list>
#include <span>
#include <unordered_map>

#include "dualcam/wire/crc64.hpp"
#include "storage/identity_text.hpp"

namespace dualcam {
namespace {

/// Padding is one repeated byte, or a short pattern, behind the two bytes that end every JPEG; what
/// an encoder makes has nearly all values within a packet.
constexpr std::size_t telling_values = 32;

/// A line that begins so ends a summary; no other line does.
constexpr std::string_view summary_word = "summary ";
/// Power cuts and full disks leave less; it is not looked for any further.
constexpr unsigned most_torn_summaries = 8;

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

/// The newest last, each found by its number.
template <class T> class Numbered {
public:
  void put(T value) {
    const auto number = value.id;
    forget(number);
    places_[number] = all_.insert(all_.end(), std::move(value));
  }
  T* find(std::uint64_t number) {
    const auto place = places_.find(number);
    return place == places_.end() ? nullptr : &*place->second;
  }
  void forget(std::uint64_t number) {
    if (const auto place = places_.find(number); place != places_.end()) {
      all_.erase(place->second);
      places_.erase(place);
    }
  }
  std::list<T>& all() { return all_; }

private:
  std::list<T> all_;
  std::unordered_map<std::uint64_t, typename std::list<T>::iterator> places_;
};

/// Takes the lines of a state one after the other.
class StateReader {
public:
  explicit StateReader(std::uint64_t imei) : imei_(imei) {}

  /// `line` is there until the end.
  void take(std::string_view line) {
    Words words(line);
    const auto what = words.text();
    if (what == "part") {
      take_part_of(words, line);
    } else if (what == "stored") {
      take_record_of(words, line);
    } else if (const auto id = words.number<std::uint64_t>(16); words.ended()) {
      came_of(what, id);
    }
  }

  CameraState state() {
    CameraState state;
    for (auto& known : parts_.all()) {
      state.parts.push_back(std::move(known.what));
    }
    auto older = records_.all().size() - std::min(records_.all().size(), remembered_files);
    for (auto& [id, line, record] : records_.all()) {
      const bool is_old = older > 0;
      older -= is_old ? 1 : 0;
      if (!is_old || (record.named && !record.said)) { // what has not been told is still needed
        state.records.push_back(std::move(record));
      }
    }
    return state;
  }

private:
  /// What a line says, which may have become more.
  template <class T> struct Said {
    std::uint64_t id;
    std::string_view line;
    T what;
  };

  /// A summary says again what stays where it is, and stays what it has become: the summary may be
  /// torn.
  template <class T>
  static bool is_said_again(Numbered<T>& all, Words words, std::string_view line) {
    const auto* known = all.find(words.number<std::uint64_t>(16));
    return known != nullptr && known->line == line;
  }

  void take_part_of(Words& words, std::string_view line) {
    if (is_said_again(parts_, words, line)) {
      return;
    }
    if (auto part = take_part(words)) {
      parts_.put({part->id, line, std::move(*part)});
      if (parts_.all().size() > remembered_parts) {
        parts_.forget(parts_.all().front().id);
      }
    }
  }

  void take_record_of(Words& words, std::string_view line) {
    if (is_said_again(records_, words, line)) {
      return;
    }
    if (auto record = take_record(words, imei_)) {
      records_.put({record->id, line, std::move(*record)});
    }
  }

  void came_of(std::string_view what, std::uint64_t id) {
    if (what == "gone") {
      parts_.forget(id);
    } else if (what == "forgotten") {
      records_.forget(id);
    } else if (auto* stored = records_.find(id)) {
      stored->what.named = stored->what.named || what == "named";
      stored->what.said = stored->what.said || what == "said";
    }
  }

  std::uint64_t imei_;
  Numbered<Said<PartEntry>> parts_;
  Numbered<Said<FileRecord>> records_;
};

std::string lines_of(const FileRecord& record) {
  return record_line(record) + '\n' + (record.named ? named_line(record.id) + '\n' : "") +
         (record.said ? said_line(record.id) + '\n' : "");
}

std::string recent_lines(const CameraState& state) {
  std::string text;
  for (const auto& part : state.parts) {
    text += part_line(part) + '\n';
  }
  const auto recent = std::min(state.records.size(), remembered_files);
  for (const auto& record : std::span(state.records).last(recent)) {
    text += lines_of(record);
  }
  return text;
}

std::string end_of_summary(std::string_view lines, std::uint64_t offset, std::uint64_t shortest) {
  return checked(std::string(summary_word) + std::to_string(offset) + ' ' +
                     std::to_string(shortest),
                 crc64(as_bytes(lines))) +
         '\n';
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
  const auto older = state.records.size() - std::min(state.records.size(), remembered_files);
  for (const auto& record : std::span(state.records).first(older)) {
    text += lines_of(record);
  }
  const auto summary = recent_lines(state);
  return text + summary + end_of_summary(summary, text.size(), text.size() + summary.size());
}

std::string encode_summary(const CameraState& state, std::uint64_t offset, std::uint64_t shortest) {
  const auto summary = recent_lines(state);
  return summary + end_of_summary(summary, offset, shortest);
}

std::optional<Summary> find_summary(Bytes bytes, std::uint64_t offset) {
  const auto text = as_text(bytes);
  auto at = text.rfind(summary_word);
  for (unsigned wrong = 0; at != text.npos && wrong < most_torn_summaries;
       at = at == 0 ? text.npos : text.rfind(summary_word, at - 1)) {
    const auto line = text.substr(at, text.find('\n', at) - at);
    auto words = line.substr(summary_word.size());
    const auto begin = number<std::uint64_t>(take_word(words));
    const auto shortest = number<std::uint64_t>(take_word(words));
    if (!begin || !shortest || *begin < offset || *begin - offset > at) {
      continue; // it begins before this text
    }
    const auto from = static_cast<std::size_t>(*begin - offset);
    if (unchecked(line, crc64(bytes.subspan(from, at - from)))) {
      return Summary{from, std::min(at + line.size() + 1, text.size()), *shortest};
    }
    ++wrong;
  }
  return std::nullopt;
}

CameraState decode_camera_state(Bytes bytes, std::uint64_t imei) {
  StateReader reader(imei);
  auto text = as_text(bytes);
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (const auto right = unchecked(line)) {
      reader.take(*right);
    }
  }
  return reader.state();
}

void Distinction::add(Bytes bytes) {
  for (const auto byte : bytes) {
    values_.set(std::to_integer<std::size_t>(byte));
  }
}

bool Distinction::is_enough() const { return values_.count() >= telling_values; }

} // namespace dualcam
