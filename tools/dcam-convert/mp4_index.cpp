#include "dcam-convert/mp4_index.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "dualcam/wire/fields.hpp"

namespace dualcam::convert {
namespace {

constexpr std::size_t search_piece = std::size_t{1} << 20;
constexpr std::uint32_t non_sync_flag = 0x10000;
constexpr unsigned most_searches = 100;

std::uint32_t word_at(Bytes bytes, std::size_t at) {
  return static_cast<std::uint32_t>(number_be(bytes, at, 4));
}

/// A table of runs: so many times the same value.
class Runs {
public:
  explicit Runs(Bytes box) : box_(box), entries_(word_at(box, 4)) {}

  std::uint32_t next() {
    while (left_ == 0 && entry_ < entries_ && 8 + entry_ * 8 + 8 <= box_.size()) {
      left_ = word_at(box_, 8 + entry_ * 8);
      value_ = word_at(box_, 12 + entry_ * 8);
      ++entry_;
    }
    left_ -= left_ != 0 ? 1 : 0;
    return value_;
  }

private:
  Bytes box_;
  std::uint64_t entries_;
  std::uint64_t entry_ = 0;
  std::uint32_t left_ = 0;
  std::uint32_t value_ = 0;
};

/// Of an elementary stream descriptor (ISO 14496-1): what kind of stream it is; 0: it does not
/// tell.
std::uint64_t object_type_of(Bytes descriptor) {
  constexpr std::uint64_t stream_tag = 3;
  constexpr std::uint64_t decoder_tag = 4;
  std::size_t at = 4; // behind version and flags
  const auto begins = [&](std::uint64_t tag) {
    const bool found = number_be(descriptor, at++, 1) == tag;
    while (number_be(descriptor, at++, 1) >= 0x80) { // the length goes on
    }
    return found;
  };
  if (!begins(stream_tag)) {
    return 0;
  }
  at += 3; // its number and flags
  return begins(decoder_tag) ? number_be(descriptor, at, 1) : 0;
}

/// How pictures are coded, from their first description.
void take_description(Bytes descriptions, Mp4Track& track) {
  constexpr std::size_t fixed_fields = 78;
  constexpr std::uint64_t jpeg_object = 0x6C;
  const auto boxes = mp4_boxes(descriptions.subspan(std::min<std::size_t>(8, descriptions.size())));
  if (boxes.empty() || boxes[0].content.size() < fixed_fields) {
    return;
  }
  const auto inside = boxes[0].content.subspan(fixed_fields);
  const auto avc = find_mp4_box(inside, "avcC");
  const auto hevc = find_mp4_box(inside, "hvcC");
  track.nal_length_size = avc.size() > 4     ? number_be(avc, 4, 1) % 4 + 1
                          : hevc.size() > 21 ? number_be(hevc, 21, 1) % 4 + 1
                                             : 0;
  track.photos =
      boxes[0].type == "jpeg" || object_type_of(find_mp4_box(inside, "esds")) == jpeg_object;
}

/// Gives each sample its place: samples stand in chunks without gaps.
void place_samples(Bytes table, std::vector<Mp4Sample>& samples) {
  const auto runs = find_mp4_box(table, "stsc");
  const auto wide = find_mp4_box(table, "co64");
  const auto chunks = wide.empty() ? find_mp4_box(table, "stco") : wide;
  const std::size_t width = wide.empty() ? 4 : 8;
  const auto most_chunks = chunks.size() > 8 ? (chunks.size() - 8) / width : 0;
  const auto count = std::min<std::uint64_t>(word_at(chunks, 4), most_chunks);
  std::size_t sample = 0;
  for (std::uint64_t chunk = 0, run = 0; chunk < count && sample < samples.size(); ++chunk) {
    while (run + 1 < word_at(runs, 4) && 8 + (run + 2) * 12 <= runs.size() &&
           word_at(runs, 8 + (run + 1) * 12) <= chunk + 1) {
      ++run;
    }
    auto offset = number_be(chunks, 8 + chunk * width, width);
    const auto in_chunk = word_at(runs, 12 + run * 12);
    for (std::uint32_t i = 0; i < in_chunk && sample < samples.size(); ++i, ++sample) {
      samples[sample].offset = offset;
      samples[sample].description = word_at(runs, 16 + run * 12);
      offset += std::min<std::uint64_t>(samples[sample].size, ~offset);
    }
  }
  for (; sample < samples.size(); ++sample) {
    samples[sample].size = 0;
  }
}

/// False: there are too many, or their sizes stand in a form that is not known here.
bool read_samples(Bytes table, std::vector<Mp4Sample>& samples) {
  const auto sizes = find_mp4_box(table, "stsz");
  const auto equal_size = word_at(sizes, 4);
  const auto count = word_at(sizes, 8);
  if (sizes.size() < 12 || count > most_mp4_samples) {
    return false;
  }
  Runs durations(find_mp4_box(table, "stts"));
  Runs shifts(find_mp4_box(table, "ctts"));
  const auto keys = find_mp4_box(table, "stss");
  std::uint64_t time = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto duration = durations.next();
    samples.push_back({.offset = 0,
                       .size = equal_size != 0 ? equal_size : word_at(sizes, 12 + i * 4),
                       .time = time,
                       .duration = duration,
                       .shift = static_cast<std::int32_t>(shifts.next()),
                       .description = 1,
                       .key = keys.empty()});
    time += duration;
  }
  for (std::size_t at = 8; at + 4 <= keys.size(); at += 4) {
    const auto number = word_at(keys, at);
    if (number >= 1 && number <= count) {
      samples[number - 1].key = true;
    }
  }
  place_samples(table, samples);
  return true;
}

/// What fragments take from the movie if they do not say it themselves.
struct Defaults {
  std::uint32_t track = 0;
  std::uint32_t description = 1;
  std::uint32_t duration = 0;
  std::uint32_t size = 0;
  std::uint32_t flags = 0;
};

class IndexReader {
public:
  IndexReader(std::uint64_t size, const ReadAt& read) : size_(size), read_(read) {}

  Result<Mp4Index> run() {
    walk(0);
    if (index_.movie.empty()) { // boxes before it may be damaged
      walk(search(0).value_or(size_));
    }
    if (index_.movie.empty()) {
      return std::unexpected(Error{ErrorCategory::malformed, 0,
                                   "has no index (moov), or not all of it: nothing in it can be "
                                   "found"});
    }
    if (!unusual_ && std::ranges::none_of(index_.tracks, &Mp4Track::video)) {
      return std::unexpected(
          Error{ErrorCategory::malformed, 0, "has an index (moov) without pictures"});
    }
    if (unusual_) {
      index_.tracks.clear();
    }
    return std::move(index_);
  }

private:
  /// Looks at the boxes of the file from `at` on.
  void walk(std::uint64_t at) {
    while (at < size_) {
      const auto head = mp4_box_head_at(at, size_, read_);
      if (head.length == 0) {
        return;
      }
      if (!head.is_plausible()) {
        index_.damaged_at = index_.damaged_at.value_or(at);
        at = search(at + 1).value_or(size_);
        continue;
      }
      if (head.length > size_ - at) {
        index_.damaged_at = index_.damaged_at.value_or(at);
        return;
      }
      take(head.type, at, at + head.size, at + head.length);
      at += head.length;
    }
  }

  void take(std::string_view type, std::uint64_t begin, std::uint64_t content, std::uint64_t end) {
    const bool wanted = (type == "ftyp" && index_.file_type.empty()) ||
                        (type == "moov" && index_.movie.empty()) || type == "moof";
    if (!wanted) {
      return;
    }
    unusual_ = unusual_ || end - begin > largest_mp4_index;
    ByteBuffer bytes(unusual_ ? 0 : end - begin);
    if (unusual_ || !read_(begin, bytes)) {
      return;
    }
    if (type == "ftyp") {
      index_.file_type = std::move(bytes);
      return;
    }
    bytes.erase(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(content - begin));
    if (type == "moov") {
      index_.movie = std::move(bytes);
      take_movie();
    } else {
      index_.fragmented = true;
      take_fragment(bytes, begin);
    }
  }

  /// Where the next `moov` or `moof` begins whose first box is its header.
  std::optional<std::uint64_t> search(std::uint64_t from) {
    ByteBuffer piece;
    if (++searches_ > most_searches) {
      return std::nullopt;
    }
    for (auto at = from; at < size_; at += search_piece) {
      piece.resize(std::min<std::uint64_t>(search_piece + 16, size_ - at));
      if (!read_(at, piece)) {
        return std::nullopt;
      }
      const auto text = as_text(piece);
      for (auto found = text.find("moo"); found != text.npos; found = text.find("moo", found + 1)) {
        const auto name = text.substr(found, 4);
        const auto inner = text.substr(found).size() >= 12 ? text.substr(found + 8, 4) : "";
        if (found >= 4 &&
            ((name == "moov" && inner == "mvhd") || (name == "moof" && inner == "mfhd"))) {
          return at + found - 4;
        }
      }
    }
    return std::nullopt;
  }

  void take_movie() {
    const auto header = find_mp4_box(index_.movie, "mvhd");
    index_.time_scale = std::max(word_at(header, number_be(header, 0, 1) == 1 ? 20 : 12), 1U);
    for (const auto& box : mp4_boxes(index_.movie)) {
      if (box.type == "trak") {
        take_track(box.content);
      }
    }
    for (const auto& box : mp4_boxes(find_mp4_box(index_.movie, "mvex"))) {
      if (box.type == "trex") {
        defaults_.push_back({.track = word_at(box.content, 4),
                             .description = word_at(box.content, 8),
                             .duration = word_at(box.content, 12),
                             .size = word_at(box.content, 16),
                             .flags = word_at(box.content, 20)});
      }
    }
  }

  /// Of pictures the first track is wanted, and of sound.
  void take_track(Bytes box) {
    Mp4Track track;
    track.box = box;
    const auto handler = find_mp4_box(box, {"mdia", "hdlr"});
    const auto kind = handler.size() >= 12 ? as_text(handler.subspan(8, 4)) : "";
    track.video = kind == "vide";
    if ((!track.video && kind != "soun") ||
        std::ranges::find(index_.tracks, track.video, &Mp4Track::video) != index_.tracks.end()) {
      return;
    }
    const auto header = find_mp4_box(box, "tkhd");
    track.id = word_at(header, number_be(header, 0, 1) == 1 ? 20 : 12);
    const auto media_header = find_mp4_box(box, {"mdia", "mdhd"});
    const auto scale = word_at(media_header, number_be(media_header, 0, 1) == 1 ? 20 : 12);
    track.time_scale = std::max(scale, 1U);
    take_edits(find_mp4_box(box, {"edts", "elst"}), track);
    const auto table = find_mp4_box(box, {"mdia", "minf", "stbl"});
    if (track.video) {
      take_description(find_mp4_box(table, "stsd"), track);
    }
    if (table.empty()) {
      return; // its index is damaged
    }
    unusual_ = !read_samples(table, track.samples) || unusual_;
    index_.tracks.push_back(std::move(track));
  }

  /// Of an edit list only the usual is understood: an empty edit, and one that shows the rest.
  static void take_edits(Bytes list, Mp4Track& track) {
    const std::size_t width = number_be(list, 0, 1) == 1 ? 8 : 4;
    const auto nothing = width == 8 ? ~std::uint64_t{0} : 0xFFFF'FFFFU;
    std::size_t at = 8;
    for (auto left = word_at(list, 4); left != 0 && at < list.size(); --left) {
      const auto start = number_be(list, at + width, width);
      if (start != nothing) {
        track.media_start = start;
        return;
      }
      track.empty_start += number_be(list, at, width);
      at += 2 * width + 4;
    }
  }

  void take_fragment(Bytes fragment, std::uint64_t begin) {
    const auto sequence = word_at(find_mp4_box(fragment, "mfhd"), 4);
    const bool follows_hole = sequence > last_fragment_.value_or(sequence) + 1;
    if (follows_hole) {
      index_.damaged_at = index_.damaged_at.value_or(begin);
    }
    last_fragment_ = sequence;
    auto data = begin;
    for (const auto& box : mp4_boxes(fragment)) {
      if (box.type == "traf") {
        take_track_fragment(box.content, begin, data, follows_hole);
      }
    }
  }

  void take_track_fragment(Bytes box, std::uint64_t begin, std::uint64_t& data, bool follows_hole) {
    const auto header = find_mp4_box(box, "tfhd");
    const auto flags = word_at(header, 0);
    const auto id = word_at(header, 4);
    const auto track = std::ranges::find(index_.tracks, id, &Mp4Track::id);
    if (track == index_.tracks.end()) {
      return;
    }
    const auto known = std::ranges::find(defaults_, id, &Defaults::track);
    auto defaults = known != defaults_.end() ? *known : Defaults{};
    std::size_t at = 8;
    const auto optional = [&](std::uint32_t flag, std::size_t size, auto& value) {
      if ((flags & flag) != 0) {
        value = static_cast<std::remove_reference_t<decltype(value)>>(number_be(header, at, size));
        at += size;
      }
    };
    data = (flags & 0x20000) != 0 ? begin : data;
    optional(0x1, 8, data);
    optional(0x2, 4, defaults.description);
    optional(0x8, 4, defaults.duration);
    optional(0x10, 4, defaults.size);
    optional(0x20, 4, defaults.flags);
    const auto& samples = track->samples;
    auto time = samples.empty() ? 0 : samples.back().time + samples.back().duration;
    if (const auto base = find_mp4_box(box, "tfdt"); !base.empty()) {
      const auto told = number_be(base, 4, number_be(base, 0, 1) == 1 ? 8 : 4);
      if (follows_hole && track->video && told > time && !samples.empty()) {
        index_.unknown_pictures += (told - time) / std::max(samples.back().duration, 1U);
      }
      time = std::max(time, told);
    }
    const auto base_offset = data;
    for (const auto& run : mp4_boxes(box)) {
      if (run.type == "trun") {
        take_run(run.content, defaults, base_offset, data, time, track->samples);
      }
    }
  }

  void take_run(Bytes run, const Defaults& defaults, std::uint64_t base, std::uint64_t& data,
                std::uint64_t& time, std::vector<Mp4Sample>& samples) {
    const auto flags = word_at(run, 0);
    const auto count = word_at(run, 4);
    std::size_t at = 8;
    const auto field = [&](std::uint32_t flag, std::uint32_t otherwise) {
      const auto value = (flags & flag) != 0 ? word_at(run, at) : otherwise;
      at += (flags & flag) != 0 ? 4 : 0;
      return value;
    };
    if ((flags & 0x1) != 0) {
      data = base + static_cast<std::uint64_t>(static_cast<std::int32_t>(field(0x1, 0)));
    }
    const auto first_flags = field(0x4, defaults.flags);
    for (std::uint32_t i = 0; i < count; ++i) {
      if (samples.size() >= most_mp4_samples) {
        unusual_ = true;
        return;
      }
      const auto duration = field(0x100, defaults.duration);
      const auto size = field(0x200, defaults.size);
      const auto sample_flags = field(0x400, i == 0 ? first_flags : defaults.flags);
      samples.push_back({.offset = data,
                         .size = size,
                         .time = time,
                         .duration = duration,
                         .shift = static_cast<std::int32_t>(field(0x800, 0)),
                         .description = defaults.description,
                         .key = (sample_flags & non_sync_flag) == 0});
      data += size;
      time += duration;
    }
  }

  std::uint64_t size_;
  const ReadAt& read_;
  Mp4Index index_;
  std::vector<Defaults> defaults_;
  std::optional<std::uint32_t> last_fragment_;
  unsigned searches_ = 0;
  bool unusual_ = false;
};

} // namespace

Result<Mp4Index> read_mp4_index(std::uint64_t size, const ReadAt& read) {
  return IndexReader(size, read).run();
}

} // namespace dualcam::convert
