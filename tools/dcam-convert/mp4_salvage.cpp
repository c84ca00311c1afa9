#include "dcam-convert/mp4_salvage.hpp"

#include <algorithm>
#include <array>
#include <ranges>

#include <fmt/format.h>

#include "dcam-convert/jpeg.hpp"
#include "dualcam/media/annex_b.hpp"
#include "dualcam/wire/fields.hpp"

namespace dualcam::convert {
namespace {

std::uint64_t microseconds(std::uint64_t units, const Mp4Track& track) {
  return static_cast<std::uint64_t>(static_cast<double>(units) * 1e6 /
                                    static_cast<double>(track.time_scale));
}

/// Whether NAL units, each behind its length, fit into the sample. Zeros may fill it up.
bool nal_units_fit(Bytes sample, std::size_t length_size) {
  while (sample.size() >= length_size) {
    const auto length = number_be(sample.first(length_size));
    sample = sample.subspan(length_size);
    if (length > sample.size()) {
      return false;
    }
    sample = sample.subspan(length);
  }
  return true;
}

/// Takes the losses out of one file.
class Remover {
public:
  Remover(Mp4Index& index, std::uint64_t size, const ReadAt& read)
      : index_(index), size_(size), read_(read) {}

  Losses run() {
    for (auto& track : index_.tracks) {
      take_out(track);
    }
    report_outside();
    if (index_.fragmented && index_.damaged_at) { // elsewhere only the samples matter
      losses_.missing += index_.unknown_pictures;
      report({.kind = PtmfDamageKind::garbage,
              .offset = *index_.damaged_at,
              .length = 0,
              .pictures = static_cast<std::uint32_t>(index_.unknown_pictures),
              .message = "a fragment of the file is missing or cut"});
    }
    return std::move(losses_);
  }

private:
  void take_out(Mp4Track& track) {
    std::vector<Mp4Sample> kept;
    std::uint64_t lost_time = 0;
    bool sound = true; // nothing is missing since the latest key picture
    for (const auto& sample : track.samples) {
      const bool inside =
          sample.size != 0 && sample.size <= size_ && sample.offset <= size_ - sample.size;
      if (!inside || !is_whole(track, sample)) {
        sound = false;
        lost_time += sample.duration;
        (track.video ? losses_.missing : losses_.sounds) += 1;
        (track.video ? pictures_outside_ : sounds_outside_) += inside ? 0 : 1;
        continue;
      }
      sound = sound || sample.key;
      if (track.video && kept.empty() && !sample.key) {
        ++losses_.undecodable;
        continue;
      }
      losses_.disturbed += track.video && !sound ? 1 : 0;
      kept.push_back(sample);
    }
    if (!track.video) {
      losses_.sound_time += microseconds(lost_time, track);
    }
    track.samples = std::move(kept);
  }

  bool is_whole(const Mp4Track& track, const Mp4Sample& sample) {
    if (!track.is_known()) {
      return true;
    }
    content_.resize(sample.size);
    if (!read_(sample.offset, content_)) {
      return false;
    }
    if (track.photos) {
      const bool whole = inspect_jpeg(content_) == JpegState::whole;
      if (!whole) {
        report(damage_of(PtmfDamageKind::bad_picture, sample,
                         "a picture is damaged: it is cut, or has lost bytes"));
      }
      return whole;
    }
    const auto zeros = find_hole(content_);
    const bool empty = std::ranges::all_of(content_, [](auto byte) { return byte == std::byte{}; });
    if (zeros == 0 && !empty && nal_units_fit(content_, track.nal_length_size)) {
      return true;
    }
    const bool hole = zeros != 0 || empty;
    report(damage_of(hole ? PtmfDamageKind::zero_hole : PtmfDamageKind::bad_picture, sample,
                     hole ? "a picture has a hole of zero bytes"
                          : "a picture is damaged: its parts do not fit into it"));
    return false;
  }

  static PtmfDamage damage_of(PtmfDamageKind kind, const Mp4Sample& sample, std::string message) {
    return {.kind = kind,
            .offset = sample.offset,
            .length = sample.size,
            .pictures = 1,
            .message = std::move(message)};
  }

  void report_outside() {
    if (pictures_outside_ + sounds_outside_ != 0) {
      report({.kind = PtmfDamageKind::cut_end,
              .offset = size_,
              .length = 0,
              .pictures = static_cast<std::uint32_t>(pictures_outside_),
              .sounds = static_cast<std::uint32_t>(sounds_outside_),
              .message = fmt::format("the file ends before {} of its pictures and {} of its sound "
                                     "samples",
                                     pictures_outside_, sounds_outside_)});
    }
  }

  void report(PtmfDamage damage) { losses_.list(std::move(damage)); }

  Mp4Index& index_;
  std::uint64_t size_;
  const ReadAt& read_;
  Losses losses_;
  std::uint64_t pictures_outside_ = 0;
  std::uint64_t sounds_outside_ = 0;
  ByteBuffer content_;
};

void append_box(std::string_view type, Bytes content, ByteBuffer& out) {
  append_be(out, static_cast<std::uint32_t>(content.size() + 8));
  append(out, as_bytes(type));
  append(out, content);
}

/// Runs of equal values, as `stts` and `ctts` have them.
class RunTable {
public:
  void add(std::uint32_t value) {
    if (count_ != 0 && value != value_) {
      flush();
    }
    value_ = value;
    ++count_;
  }

  void append_to(std::string_view type, std::uint8_t version, ByteBuffer& out) {
    flush();
    ByteBuffer content;
    append_be(content, std::uint32_t{version} << 24);
    append_be(content, static_cast<std::uint32_t>(runs_.size() / 8));
    append(content, runs_);
    append_box(type, content, out);
  }

private:
  void flush() {
    if (count_ != 0) {
      append_be(runs_, count_);
      append_be(runs_, value_);
    }
    count_ = 0;
  }

  ByteBuffer runs_;
  std::uint32_t value_ = 0;
  std::uint32_t count_ = 0;
};

/// The times: a sample lasts until the next one that is there.
void append_times(const std::vector<Mp4Sample>& samples, ByteBuffer& out) {
  RunTable durations;
  RunTable shifts;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const bool last = i + 1 == samples.size();
    durations.add(static_cast<std::uint32_t>(last ? samples[i].duration
                                                  : samples[i + 1].time - samples[i].time));
    shifts.add(static_cast<std::uint32_t>(samples[i].shift));
  }
  durations.append_to("stts", 0, out);
  shifts.append_to("ctts", 1, out);
}

/// Shows nothing as long as what is missing at the beginning was, and then all that is there.
void append_edits(const Mp4Index& index, const Mp4Track& track, ByteBuffer& out) {
  const auto in_movie = [&](std::uint64_t units) {
    return static_cast<std::uint64_t>(static_cast<double>(units) * index.time_scale /
                                      track.time_scale);
  };
  const auto start = track.samples.empty() ? 0 : track.samples.front().time;
  std::int64_t length = 0; // to the end of the picture that is shown last
  for (const auto& sample : track.samples) {
    const auto shown = static_cast<std::int64_t>(sample.time - start) + sample.shift;
    length = std::max(length, shown + sample.duration);
  }
  length = std::max<std::int64_t>(length - static_cast<std::int64_t>(track.media_start), 0);
  ByteBuffer entries;
  std::uint32_t count = 0;
  const auto add = [&](std::uint64_t duration, std::uint64_t media_time) {
    append_be(entries, duration);
    append_be(entries, media_time);
    append_be(entries, std::uint32_t{0x10000}); // at its own pace
    ++count;
  };
  if (const auto empty = track.empty_start + in_movie(start); empty != 0) {
    add(empty, ~std::uint64_t{0});
  }
  add(in_movie(static_cast<std::uint64_t>(length)), track.media_start);
  ByteBuffer list;
  append_be(list, std::uint32_t{1} << 24); // fields of 64 bits
  append_be(list, count);
  append(list, entries);
  ByteBuffer edits;
  append_box("elst", list, edits);
  append_box("edts", edits, out);
}

class Layout {
public:
  explicit Layout(const Mp4Index& index) : index_(index) {
    for (std::size_t track = 0; track < index.tracks.size(); ++track) {
      offsets_.emplace_back(index.tracks[track].samples.size());
      for (std::size_t sample = 0; sample < index.tracks[track].samples.size(); ++sample) {
        order_.push_back({track, sample});
      }
    }
    std::ranges::sort(order_, {}, [&](const Place& place) { return sample_at(place).offset; });
  }

  Mp4Layout run() {
    Mp4Layout layout;
    std::uint64_t size = 0;
    for (const auto& place : order_) {
      const auto& sample = sample_at(place);
      offsets_[place.track][place.sample] = size;
      size += sample.size;
      const bool continues = !layout.parts.empty() &&
                             layout.parts.back().offset + layout.parts.back().size == sample.offset;
      if (continues) {
        layout.parts.back().size += sample.size;
      } else {
        layout.parts.push_back({sample.offset, sample.size});
      }
    }
    layout.head = head(0, size);
    layout.head = head(layout.head.size(), size); // now that it is known where the samples begin
    return layout;
  }

private:
  struct Place {
    std::size_t track;
    std::size_t sample;
  };

  const Mp4Sample& sample_at(const Place& place) const {
    return index_.tracks[place.track].samples[place.sample];
  }

  ByteBuffer head(std::uint64_t data, std::uint64_t size) const {
    ByteBuffer out = index_.file_type;
    ByteBuffer movie;
    for (const auto& box : mp4_boxes(index_.movie)) {
      if (box.type != "trak" && box.type != "mvex") {
        append(movie, box.whole);
      }
    }
    for (std::size_t i = 0; i < index_.tracks.size(); ++i) {
      append_box("trak", without_table(index_.tracks[i].box, i, data), movie);
    }
    append_box("moov", movie, out);
    append_be(out, std::uint32_t{1});
    append(out, as_bytes("mdat"));
    append_be(out, size + 16);
    return out;
  }

  /// The boxes as they are, but the table of samples as it is now.
  ByteBuffer without_table(Bytes boxes, std::size_t track, std::uint64_t data) const {
    ByteBuffer out;
    for (const auto& box : mp4_boxes(boxes)) {
      if (box.type == "mdia" || box.type == "minf") {
        append_box(box.type, without_table(box.content, track, data), out);
      } else if (box.type == "stbl") {
        append_box("stbl", table(box.content, track, data), out);
      } else if (box.type == "tkhd") {
        append(out, box.whole);
        append_edits(index_, index_.tracks[track], out);
      } else if (box.type != "edts") {
        append(out, box.whole);
      }
    }
    return out;
  }

  ByteBuffer table(Bytes old, std::size_t track, std::uint64_t data) const {
    const auto& samples = index_.tracks[track].samples;
    ByteBuffer out;
    for (const auto& box : mp4_boxes(old)) {
      if (box.type == "stsd") {
        append(out, box.whole);
      }
    }
    append_times(samples, out);
    const auto count = static_cast<std::uint32_t>(samples.size());
    ByteBuffer keys;
    ByteBuffer sizes(8);
    ByteBuffer chunks; // one sample each
    ByteBuffer places(4);
    std::uint32_t runs = 0;
    append_be(sizes, count);
    append_be(places, count);
    for (std::uint32_t i = 0; i < count; ++i) {
      if (samples[i].key) {
        append_be(keys, i + 1);
      }
      append_be(sizes, samples[i].size);
      append_be(places, data + offsets_[track][i]);
      if (i == 0 || samples[i].description != samples[i - 1].description) {
        append_be(chunks, i + 1);
        append_be(chunks, std::uint32_t{1});
        append_be(chunks, samples[i].description);
        ++runs;
      }
    }
    if (keys.size() / 4 != count) {
      append_box("stss", with_count(keys, static_cast<std::uint32_t>(keys.size() / 4)), out);
    }
    append_box("stsz", sizes, out);
    append_box("stsc", with_count(chunks, runs), out);
    append_box("co64", places, out);
    return out;
  }

  /// Version and flags, the count, and the entries.
  static ByteBuffer with_count(Bytes entries, std::uint32_t count) {
    ByteBuffer content(4);
    append_be(content, count);
    append(content, entries);
    return content;
  }

  const Mp4Index& index_;
  std::vector<std::vector<std::uint64_t>> offsets_; ///< of each sample, in the new samples
  std::vector<Place> order_;
};

/// When it is shown, in microseconds.
std::uint64_t time_of(const Mp4Index& index, const Mp4Track& track, const Mp4Sample& sample) {
  const auto start = static_cast<double>(track.empty_start) / index.time_scale;
  const auto units =
      static_cast<double>(sample.time) + sample.shift - static_cast<double>(track.media_start);
  return static_cast<std::uint64_t>((start + std::max(units, 0.0) / track.time_scale) * 1e6);
}

/// What a picture's own parameter sets say.
std::optional<PictureSize> size_inside(const Mp4Track& track, const Mp4Sample& sample,
                                       VideoCodec codec, const ReadAt& read) {
  constexpr std::uint32_t most_of_head = 16'384;
  ByteBuffer content(std::min(sample.size, most_of_head));
  if (track.nal_length_size == 0 || !read(sample.offset, content)) {
    return std::nullopt;
  }
  ByteBuffer stream; // as Annex B
  for (Bytes rest = content; rest.size() > track.nal_length_size;) {
    const auto length = number_be(rest.first(track.nal_length_size));
    rest = rest.subspan(track.nal_length_size);
    append(stream, as_bytes(annex_b_start_code));
    append(stream, rest.first(std::min<std::uint64_t>(length, rest.size())));
    rest = rest.subspan(std::min<std::uint64_t>(length, rest.size()));
  }
  return picture_size(stream, codec);
}

} // namespace

Losses remove_mp4_losses(Mp4Index& index, std::uint64_t size, const ReadAt& read) {
  return Remover(index, size, read).run();
}

std::uint64_t duration_of(const Mp4Index& index, bool video) {
  std::uint64_t duration = 0;
  for (const auto& track : index.tracks) {
    if (track.video == video) {
      std::uint64_t units = 0;
      for (const auto& sample : track.samples) {
        units += sample.duration;
      }
      duration += microseconds(units, track);
    }
  }
  return duration;
}

std::uint64_t count_pictures(const Mp4Index& index) {
  const auto track = std::ranges::find(index.tracks, true, &Mp4Track::video);
  return track == index.tracks.end() ? 0 : track->samples.size();
}

std::vector<std::uint64_t> picture_times(const Mp4Index& index) {
  std::vector<std::uint64_t> times;
  const auto track = std::ranges::find(index.tracks, true, &Mp4Track::video);
  if (track == index.tracks.end()) {
    return times;
  }
  for (const auto& sample : track->samples) {
    times.push_back(time_of(index, *track, sample));
  }
  std::ranges::sort(times);
  return times;
}

Mp4Layout lay_out_mp4(const Mp4Index& index) { return Layout(index).run(); }

std::vector<SizeChange> size_changes(const Mp4Index& index, const ReadAt& read) {
  std::vector<SizeChange> changes;
  const auto track = std::ranges::find(index.tracks, true, &Mp4Track::video);
  if (track == index.tracks.end()) {
    return changes;
  }
  const auto table = find_mp4_box(track->box, {"mdia", "minf", "stbl"});
  const auto boxes = find_mp4_box(table, "stsd");
  const auto descriptions = mp4_boxes(boxes.subspan(std::min<std::size_t>(8, boxes.size())));
  std::array<std::optional<PictureSize>, 2> latest_by; // what it has of its own, and description
  for (std::size_t i = 0; i < track->samples.size(); ++i) {
    const auto& sample = track->samples[i];
    if (!sample.key || sample.description == 0 || sample.description > descriptions.size()) {
      continue;
    }
    const auto& description = descriptions[sample.description - 1];
    const auto codec = description.type.starts_with("avc") ? VideoCodec::h264 : VideoCodec::h265;
    const PictureSize told{static_cast<std::uint32_t>(number_be(description.content, 24, 2)),
                           static_cast<std::uint32_t>(number_be(description.content, 26, 2))};
    const auto inside = size_inside(*track, sample, codec, read);
    const auto size = inside.value_or(told);
    auto& latest = latest_by[inside ? 0 : 1];
    if (latest && *latest != size) {
      changes.push_back(
          {.picture = i, .time = time_of(index, *track, sample), .from = *latest, .to = size});
    }
    latest = size;
  }
  return changes;
}

} // namespace dualcam::convert
