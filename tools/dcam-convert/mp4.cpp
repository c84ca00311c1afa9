#include "dcam-convert/mp4.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace dualcam::convert {
namespace {

constexpr unsigned most_boxes = 1000; // in one level

struct Box {
  std::string_view type; ///< until the next one is looked at
  std::uint64_t start;   ///< of the content
  std::uint64_t end;
};

/// The entries of a table, read a block at a time.
class Table {
public:
  Table(const ReadAt& read, std::uint64_t start, std::uint64_t count, unsigned entry_size)
      : read_(read), start_(start), count_(count), entry_size_(entry_size) {}

  std::uint64_t count() const { return count_; }

  /// A field of an entry; 0 if it cannot be read.
  std::uint64_t field(std::uint64_t entry, unsigned offset, unsigned bytes) {
    if (entry >= count_) {
      return 0;
    }
    if (entry < first_ || entry - first_ >= loaded_) {
      first_ = entry;
      loaded_ = std::min<std::uint64_t>(count_ - entry, most_loaded);
      block_.resize(loaded_ * entry_size_);
      if (!read_(start_ + entry * entry_size_, block_)) {
        loaded_ = 0;
        return 0;
      }
    }
    std::array<std::byte, 8> value{};
    const auto at = (entry - first_) * entry_size_ + offset;
    std::ranges::copy(Bytes(block_).subspan(at, bytes), value.end() - bytes);
    return load_be<std::uint64_t>(value);
  }

private:
  static constexpr std::uint64_t most_loaded = 4096;
  const ReadAt& read_;
  std::uint64_t start_;
  std::uint64_t count_;
  unsigned entry_size_;
  std::uint64_t first_ = 0;
  std::uint64_t loaded_ = 0;
  ByteBuffer block_;
};

struct Samples {
  std::uint64_t all = 0;
  std::uint64_t inside = 0; ///< the file
};

class Inspector {
public:
  Inspector(std::uint64_t size, const ReadAt& read) : size_(size), read_(read) {}

  Mp4Facts inspect() {
    Mp4Facts facts;
    const auto movie = find({"", 0, size_}, "moov");
    facts.indexed = movie.has_value();
    facts.whole = facts.indexed && boxes_fill_the_file();
    bool described = false;
    auto rest = movie.value_or(Box{"", 0, 0});
    for (auto track = find(rest, "trak"); track; track = find(rest, "trak")) {
      rest.start = track->end;
      const auto media = find(*track, "mdia");
      const auto information = media ? find(*media, "minf") : std::nullopt;
      const auto table = information ? find(*information, "stbl") : std::nullopt;
      const auto samples = table ? count_samples(*table) : Samples{};
      facts.whole = facts.whole && samples.inside == samples.all;
      if (media && !described && is_video(*media)) {
        described = true;
        facts.frames = samples.all;
        facts.frames_inside = samples.inside;
        describe(*media, table, facts);
      }
    }
    return facts;
  }

private:
  std::optional<std::uint64_t> integer(std::uint64_t offset, unsigned bytes) const {
    std::array<std::byte, 8> field{};
    if (!read_(offset, std::span(field).last(bytes))) {
      return std::nullopt;
    }
    return load_be<std::uint64_t>(field);
  }

  /// The box at `at`, if it is all in the parent. Its type goes to `name_`.
  std::optional<Box> box_at(std::uint64_t at, std::uint64_t end) {
    auto size = integer(at, 4);
    if (!size || !read_(at + 4, name_)) {
      return std::nullopt;
    }
    std::uint64_t head = 8;
    if (*size == 1) {
      size = integer(at + 8, 8);
      head = 16;
    }
    const auto length = !size ? 0 : *size == 0 ? end - at : *size;
    if (length < head || length > end - at) {
      return std::nullopt;
    }
    return Box{as_text(name_), at + head, at + length};
  }

  std::optional<Box> find(const Box& parent, std::string_view type) {
    auto at = parent.start;
    for (unsigned count = 0; count < most_boxes && at < parent.end; ++count) {
      const auto box = box_at(at, parent.end);
      if (!box || box->type == type) {
        return box;
      }
      at = box->end;
    }
    return std::nullopt;
  }

  bool boxes_fill_the_file() {
    std::uint64_t at = 0;
    for (unsigned count = 0; count < most_boxes && at < size_; ++count) {
      const auto box = box_at(at, size_);
      if (!box) {
        return false;
      }
      at = box->end;
    }
    return at == size_;
  }

  bool is_video(const Box& media) {
    const auto handler = find(media, "hdlr");
    return handler && read_(handler->start + 8, name_) && as_text(name_) == "vide";
  }

  /// The entries of a box behind its version, flags and `head` more bytes, which end in their
  /// count.
  Table entries(const std::optional<Box>& box, unsigned head, unsigned entry_size) const {
    if (!box || box->end - box->start < 4 + head) {
      return {read_, 0, 0, entry_size};
    }
    const auto start = box->start + 4 + head;
    const auto claimed = integer(start - 4, 4).value_or(0);
    return {read_, start, std::min(claimed, (box->end - start) / entry_size), entry_size};
  }

  Samples count_samples(const Box& table) {
    const auto sizes_box = find(table, "stsz");
    if (!sizes_box) {
      return {};
    }
    const auto equal_size = integer(sizes_box->start + 4, 4).value_or(0);
    Samples samples{.all = integer(sizes_box->start + 8, 4).value_or(0)};
    auto sizes = entries(sizes_box, 8, 4);
    auto runs = entries(find(table, "stsc"), 4, 12);
    const auto wide = find(table, "co64");
    auto chunks = wide ? entries(wide, 4, 8) : entries(find(table, "stco"), 4, 4);
    std::uint64_t sample = 0;
    for (std::uint64_t chunk = 0, run = 0; chunk < chunks.count() && sample < samples.all;
         ++chunk) {
      while (run + 1 < runs.count() && runs.field(run + 1, 0, 4) <= chunk + 1) {
        ++run;
      }
      const auto count = std::min(runs.field(run, 4, 4), samples.all - sample);
      const auto offset = chunks.field(chunk, 0, wide ? 8 : 4);
      const auto room = size_ - std::min(offset, size_);
      if (equal_size != 0) {
        samples.inside += std::min(count, room / equal_size);
      } else {
        samples.inside += count_inside(sizes, sample, count, room);
      }
      sample += count;
    }
    return samples;
  }

  /// How many of the samples of a chunk end within `room` bytes.
  static std::uint64_t count_inside(Table& sizes, std::uint64_t first, std::uint64_t count,
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

  void describe(const Box& media, const std::optional<Box>& table, Mp4Facts& facts) {
    if (const auto header = find(media, "mdhd")) {
      const bool wide = integer(header->start, 1) == 1;
      const auto scale = integer(header->start + (wide ? 20 : 12), 4).value_or(0);
      const auto duration = integer(header->start + (wide ? 24 : 16), wide ? 8 : 4).value_or(0);
      facts.seconds = scale != 0 ? static_cast<double>(duration) / static_cast<double>(scale) : 0;
    }
    const auto description = table ? find(*table, "stsd") : std::nullopt;
    facts.hevc = description && read_(description->start + 12, name_) &&
                 (as_text(name_) == "hvc1" || as_text(name_) == "hev1");
  }

  std::uint64_t size_;
  const ReadAt& read_;
  std::array<std::byte, 4> name_{};
};

} // namespace

Mp4Facts inspect_mp4(std::uint64_t size, const ReadAt& read) {
  return Inspector(size, read).inspect();
}

} // namespace dualcam::convert
