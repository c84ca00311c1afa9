#include "dcam-convert/mp4.hpp"

#include <optional>

namespace dualcam::convert {
namespace {

constexpr unsigned most_boxes = 1000; // in one level

struct Box {
  std::string_view type;
  std::uint64_t start; ///< of the content
  std::uint64_t end;
};

class Inspector {
public:
  explicit Inspector(const ReadAt& read) : read_(read) {}

  Mp4Facts inspect(std::uint64_t size) {
    Mp4Facts facts;
    const auto movie = find({"", 0, size}, "moov");
    if (!movie) {
      return facts;
    }
    auto rest = *movie;
    for (auto track = find(rest, "trak"); track; track = find(rest, "trak")) {
      rest.start = track->end;
      const auto media = find(*track, "mdia");
      if (media && is_video(*media)) {
        describe(*media, facts);
        break;
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

  std::optional<Box> find(const Box& parent, std::string_view type) {
    auto at = parent.start;
    for (unsigned count = 0; count < most_boxes && at < parent.end; ++count) {
      auto size = integer(at, 4);
      if (!size || !read_(at + 4, name_)) {
        return std::nullopt;
      }
      std::uint64_t head = 8;
      if (*size == 1) {
        size = integer(at + 8, 8);
        head = 16;
      }
      const auto length = !size ? 0 : *size == 0 ? parent.end - at : *size;
      if (length < head || length > parent.end - at) {
        return std::nullopt;
      }
      if (as_text(name_) == type) {
        return Box{type, at + head, at + length};
      }
      at += length;
    }
    return std::nullopt;
  }

  bool is_video(const Box& media) {
    const auto handler = find(media, "hdlr");
    return handler && read_(handler->start + 8, name_) && as_text(name_) == "vide";
  }

  void describe(const Box& media, Mp4Facts& facts) {
    if (const auto header = find(media, "mdhd")) {
      const bool wide = integer(header->start, 1) == 1;
      const auto scale = integer(header->start + (wide ? 20 : 12), 4).value_or(0);
      const auto duration = integer(header->start + (wide ? 24 : 16), wide ? 8 : 4).value_or(0);
      facts.seconds = scale != 0 ? static_cast<double>(duration) / static_cast<double>(scale) : 0;
    }
    const auto information = find(media, "minf");
    const auto table = information ? find(*information, "stbl") : std::nullopt;
    if (!table) {
      return;
    }
    if (const auto sizes = find(*table, "stsz")) {
      facts.frames = integer(sizes->start + 8, 4).value_or(0);
    }
    const auto description = find(*table, "stsd");
    facts.hevc = description && read_(description->start + 12, name_) &&
                 (as_text(name_) == "hvc1" || as_text(name_) == "hev1");
  }

  const ReadAt& read_;
  std::array<std::byte, 4> name_{};
};

} // namespace

Mp4Facts inspect_mp4(std::uint64_t size, const ReadAt& read) {
  return Inspector(read).inspect(size);
}

} // namespace dualcam::convert
