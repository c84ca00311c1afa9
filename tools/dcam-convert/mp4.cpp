#include "dcam-convert/mp4.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "dcam-convert/mp4_index.hpp"
#include "dualcam/wire/fields.hpp"

namespace dualcam::convert {
namespace {

/// The entries of a table, whose count stands in front of them.
struct Table {
  Bytes entries;
  std::size_t entry_size;

  Table(Bytes box, std::size_t head, std::size_t size) : entry_size(size) {
    if (box.size() > head) {
      const auto stated = number_be(box, head - 4, 4);
      entries = box.subspan(head).first(size * std::min((box.size() - head) / size, stated));
    }
  }

  std::uint64_t count() const { return entries.size() / entry_size; }
  std::uint64_t field(std::uint64_t entry, std::size_t offset, std::size_t size) const {
    return number_be(entries, entry * entry_size + offset, size);
  }
};

struct Samples {
  std::uint64_t all = 0;
  std::uint64_t inside = 0; ///< the file
};

/// How many of the samples of a chunk end within `room` bytes.
std::uint64_t count_inside(const Table& sizes, std::uint64_t first, std::uint64_t count,
                           std::uint64_t room) {
  std::uint64_t inside = 0;
  const auto end = std::min(first + count, sizes.count());
  for (auto sample = first; sample < end; ++sample) {
    const auto size = sizes.field(sample, 0, 4);
    if (size > room) {
      break;
    }
    room -= size;
    ++inside;
  }
  return inside;
}

Samples count_samples(Bytes table, std::uint64_t file_size) {
  const auto sizes_box = find_mp4_box(table, "stsz");
  const auto equal_size = number_be(sizes_box, 4, 4);
  Samples samples{.all = number_be(sizes_box, 8, 4)};
  const Table sizes(sizes_box, 12, 4);
  const Table runs(find_mp4_box(table, "stsc"), 8, 12);
  const auto wide = find_mp4_box(table, "co64");
  const Table chunks(wide.empty() ? find_mp4_box(table, "stco") : wide, 8, wide.empty() ? 4 : 8);
  std::uint64_t sample = 0;
  for (std::uint64_t chunk = 0, run = 0; chunk < chunks.count() && sample < samples.all; ++chunk) {
    while (run + 1 < runs.count() && runs.field(run + 1, 0, 4) <= chunk + 1) {
      ++run;
    }
    const auto count = std::min(runs.field(run, 4, 4), samples.all - sample);
    const auto room = file_size - std::min(chunks.field(chunk, 0, chunks.entry_size), file_size);
    samples.inside += equal_size != 0 ? std::min(count, room / equal_size)
                                      : count_inside(sizes, sample, count, room);
    sample += count;
  }
  return samples;
}

/// Its four characters, and what follows them.
std::string_view codec_of(Bytes table) {
  const auto description = find_mp4_box(table, "stsd");
  return as_text(description.subspan(std::min<std::size_t>(12, description.size())));
}

/// G.711, and PCM under QuickTime's names.
bool is_raw(std::string_view codec) {
  constexpr std::array<std::string_view, 12> names{"alaw", "ulaw", "sowt", "twos", "lpcm", "raw ",
                                                   "NONE", "in24", "in32", "fl32", "fl64", "24in"};
  return std::ranges::find(names, codec.substr(0, 4)) != names.end();
}

void describe(Bytes media, Bytes table, Mp4Facts& facts) {
  const auto header = find_mp4_box(media, "mdhd");
  const bool wide = number_be(header, 0, 1) == 1;
  const auto scale = number_be(header, wide ? 20 : 12, 4);
  const auto duration = wide ? number_be(header, 24, 8) : number_be(header, 16, 4);
  facts.seconds = scale != 0 ? static_cast<double>(duration) / static_cast<double>(scale) : 0;
  const auto description = find_mp4_box(table, "stsd");
  const auto codec = codec_of(table);
  facts.hevc = codec.starts_with("hvc1") || codec.starts_with("hev1");
  facts.h264 = codec.starts_with("avc1") || codec.starts_with("avc3");
  facts.width = static_cast<std::uint32_t>(number_be(description, 40, 2));
  facts.height = static_cast<std::uint32_t>(number_be(description, 42, 2));
}

/// Whether the matrix of a track's head does more than move and enlarge.
bool is_turned(Bytes head) {
  const std::size_t matrix = number_be(head, 0, 1) == 1 ? 52 : 40;
  const auto entry = [&](std::size_t number) {
    return static_cast<std::int32_t>(number_be(head, matrix + 4 * number, 4));
  };
  return entry(0) < 0 || entry(1) != 0 || entry(3) != 0 || entry(4) < 0;
}

void take_movie(Bytes movie, std::uint64_t file_size, Mp4Facts& facts) {
  bool described = false;
  const auto head = find_mp4_box(movie, "mvhd");
  facts.created = number_be(head, 0, 1) == 1 ? number_be(head, 4, 8) : number_be(head, 4, 4);
  for (const auto& box : mp4_boxes(movie)) {
    if (box.type != "trak") {
      continue;
    }
    const auto media = find_mp4_box(box.content, "mdia");
    const auto table = find_mp4_box(media, {"minf", "stbl"});
    const auto samples = count_samples(table, file_size);
    facts.whole = facts.whole && samples.inside == samples.all;
    const auto handler = find_mp4_box(media, "hdlr");
    const auto kind = handler.size() >= 12 ? as_text(handler.subspan(8, 4)) : std::string_view();
    const bool is_video = kind == "vide";
    const bool is_time_code = kind == "tmcd"; // stays: what it tells is a tag of the pictures
    facts.other_tracks += is_video || is_time_code || kind == "soun" ? 0 : 1;
    ++facts.tracks;
    facts.turned = facts.turned || (is_video && is_turned(find_mp4_box(box.content, "tkhd")));
    facts.has_sound = facts.has_sound || kind == "soun";
    facts.raw_sound = facts.raw_sound || (kind == "soun" && is_raw(codec_of(table)));
    if (is_video && !described) {
      described = true;
      facts.frames = samples.all;
      facts.frames_inside = samples.inside;
      describe(media, table, facts);
    }
  }
}

} // namespace

Mp4Facts inspect_mp4(std::uint64_t size, const ReadAt& read) {
  constexpr unsigned most_boxes = 1000;
  Mp4Facts facts;
  ByteBuffer movie;
  std::uint64_t at = 0;
  for (unsigned count = 0; count < most_boxes && at < size; ++count) {
    const auto head = mp4_box_head_at(at, size, read);
    if (head.length < head.size || head.length > size - at) {
      break;
    }
    if (head.type == "moov" && !facts.indexed) {
      facts.indexed = true;
      movie.resize(head.length <= largest_mp4_index ? head.length - head.size : 0);
      if (!read(at + head.size, movie)) {
        movie.clear();
      }
    }
    at += head.length;
  }
  facts.whole = facts.indexed && at == size;
  take_movie(movie, size, facts);
  return facts;
}

} // namespace dualcam::convert
