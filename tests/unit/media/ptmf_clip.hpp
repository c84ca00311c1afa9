// A synthetic PTMF clip whose chunks are known, and what a reader says about a damaged copy of it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "dualcam/media/ptmf.hpp"
#include "dualcam/wire/crc16.hpp"
#include "testing.hpp"

namespace dualcam::ptmf_clip {

using Lines = std::vector<std::string>;

inline constexpr PtmfFormat format{.frame_rate = 20, .width = 1280, .height = 720};
inline constexpr std::size_t length_field = 24;

/// Like an access unit: a start code, the first bytes of a slice, and no zeros behind them.
inline ByteBuffer access_unit(std::size_t size, std::uint32_t seed, bool key = false) {
  auto bytes = random_bytes(size, seed);
  std::ranges::replace(bytes, std::byte{0}, std::byte{0x5A});
  std::ranges::copy(from_hex(key ? "00000001 2601 a0" : "00000001 0201 d0"), bytes.begin());
  return bytes;
}

inline ByteBuffer a_law(std::uint32_t seed) {
  auto bytes = random_bytes(320, seed);
  std::ranges::replace(bytes, std::byte{0}, std::byte{0x55});
  return bytes;
}

struct Chunk {
  std::size_t offset;
  std::size_t size;
  std::string name; ///< as `read` gives it, without the place

  std::size_t end() const { return offset + size; }
};

struct Clip {
  ByteBuffer file;
  std::vector<Chunk> chunks;

  Bytes bytes_of(const Chunk& chunk) const { return Bytes(file).subspan(chunk.offset, chunk.size); }
};

inline std::string name_of(char kind, std::uint32_t sequence, std::uint64_t time, Bytes content) {
  return std::string(1, kind) + std::to_string(sequence) + " at " + std::to_string(time) + ": " +
         std::to_string(content.size()) + " bytes " + std::to_string(crc16(content));
}

/// Pictures at 20 a second, a key picture every 8; with a sound chunk every 40 ms.
inline Clip make_clip(std::uint32_t pictures, bool with_sound = true) {
  Clip clip;
  PtmfWriter writer(format);
  std::mt19937 random(7);
  std::uint32_t sounds = 0;
  const auto add = [&](auto write, char kind, std::uint32_t number, std::uint64_t time,
                       const ByteBuffer& content) {
    const auto offset = clip.file.size();
    write();
    clip.chunks.push_back(
        {offset, clip.file.size() - offset, name_of(kind, number, time, content)});
  };
  for (std::uint32_t i = 0; i < pictures; ++i) {
    const bool key = i % 8 == 0;
    const auto time = 1'000'000 + i * std::uint64_t{50'000} + (i % 2) * 16'600;
    const auto unit = access_unit((key ? 3000 : 100) + random() % 2000, i, key);
    add([&] { writer.picture(key, unit, time, clip.file); }, key ? 'I' : 'P', i, time, unit);
    for (; with_sound && sounds * 40'000 < i * 50'000; ++sounds) {
      const auto sound_time = 1'063'000 + sounds * std::uint64_t{40'000};
      const auto sound = a_law(1000 + sounds);
      add([&] { writer.sound(sound, sound_time, clip.file); }, 'A', sounds, sound_time, sound);
    }
  }
  return clip;
}

/// What a reader said. `lines` has every event with its place, in order.
struct Report {
  Lines lines;
  Lines chunks;   ///< names of the chunks handed out
  Lines doubtful; ///< those of them that may not be whole
  Lines damage;   ///< "kind offset+length"
  std::uint32_t pictures_missing = 0;
  std::uint32_t sounds_missing = 0;
  std::uint64_t accounted = 0; ///< the end of what events have covered without overlap or hole
  bool tiled = true;

  void cover(std::uint64_t offset, std::uint64_t size) {
    tiled = tiled && offset == accounted;
    accounted = offset + size;
  }

  void operator()(const PtmfPicture& picture) {
    cover(picture.offset, picture.size);
    chunks.push_back(
        name_of(picture.key ? 'I' : 'P', picture.sequence, picture.time, picture.payload));
    lines.push_back(chunks.back() + " from " + std::to_string(picture.offset) +
                    (picture.late ? " late" : "") + (picture.doubtful ? " doubtful" : ""));
    if (picture.doubtful) {
      doubtful.push_back(chunks.back());
    }
  }

  void operator()(const PtmfSound& sound) {
    cover(sound.offset, sound.size);
    chunks.push_back(name_of('A', sound.sequence, sound.time, sound.a_law));
    lines.push_back(chunks.back() + " from " + std::to_string(sound.offset) +
                    (sound.late ? " late" : "") + (sound.doubtful ? " doubtful" : ""));
    if (sound.doubtful) {
      doubtful.push_back(chunks.back());
    }
  }

  void operator()(const PtmfDamage& event) {
    if (event.kind == PtmfDamageKind::garbage || event.kind == PtmfDamageKind::cut_end ||
        event.kind == PtmfDamageKind::zero_hole || event.kind == PtmfDamageKind::bad_picture ||
        event.kind == PtmfDamageKind::bad_voice_header) {
      cover(event.offset, event.length);
    }
    pictures_missing += event.pictures;
    sounds_missing += event.sounds;
    damage.push_back(std::string(name_of(event.kind)) + ' ' + std::to_string(event.offset) + '+' +
                     std::to_string(event.length));
    lines.push_back(damage.back() + " (" + event.message + ')');
  }
};

template <class NextSize> Report read(Bytes file, NextSize next_size, bool hurried = false) {
  Report report;
  PtmfReader reader;
  if (hurried) {
    reader.hurry();
  }
  const auto drain = [&] {
    while (const auto event = reader.next()) {
      std::visit(report, *event);
    }
    REQUIRE(reader.buffered() <= PtmfReader::most_buffered);
  };
  const auto size_of_file = file.size();
  while (!file.empty()) {
    const auto size = std::min<std::size_t>(next_size(), file.size());
    const ByteBuffer piece(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size));
    file = file.subspan(size);
    reader.feed(piece);
    drain();
  }
  reader.finish();
  drain();
  REQUIRE(report.tiled);
  REQUIRE(report.accounted == size_of_file);
  return report;
}

inline Report read(Bytes file) {
  return read(file, [&] { return file.size(); });
}

/// Reads whole and in small pieces, which must agree; in a hurry, which finds the same chunks.
inline Report read_both_ways(Bytes file) {
  auto report = read(file);
  std::mt19937 random(3);
  REQUIRE(read(file, [&] { return 1 + random() % 300; }).lines == report.lines);
  REQUIRE(read(file, [&] { return 1 + random() % 300; }, true).chunks == report.chunks);
  return report;
}

template <class Keep> Lines names(const Clip& clip, Keep keep) {
  Lines result;
  for (const auto& chunk : clip.chunks) {
    if (keep(chunk)) {
      result.push_back(chunk.name);
    }
  }
  return result;
}

inline Lines names(const Clip& clip) {
  return names(clip, [](const Chunk&) { return true; });
}

inline Lines names_without(const Clip& clip, std::size_t index) {
  auto result = names(clip);
  result.erase(result.begin() + static_cast<std::ptrdiff_t>(index));
  return result;
}

inline std::string garbage(const Chunk& chunk) {
  return "garbage " + std::to_string(chunk.offset) + '+' + std::to_string(chunk.size);
}

inline void set_length(Clip& clip, std::size_t index, std::uint32_t length) {
  ByteBuffer field;
  append_le(field, length);
  std::ranges::copy(field, clip.file.begin() + static_cast<std::ptrdiff_t>(
                                                   clip.chunks[index].offset + length_field));
}

inline std::uint32_t length_of(const Clip& clip, std::size_t index) {
  return static_cast<std::uint32_t>(clip.chunks[index].size - ptmf_header_size);
}

inline ByteBuffer joined(const Clip& clip, const std::vector<std::size_t>& order) {
  ByteBuffer file;
  for (const auto index : order) {
    append(file, clip.bytes_of(clip.chunks[index]));
  }
  return file;
}

inline std::vector<std::size_t> indices(const Clip& clip) {
  std::vector<std::size_t> result;
  while (result.size() < clip.chunks.size()) {
    result.push_back(result.size());
  }
  return result;
}

/// Whether `damaged`, as long as the clip, differs from it within the chunk.
inline bool touched(const Clip& clip, Bytes damaged, const Chunk& chunk) {
  return as_text(clip.bytes_of(chunk)) != as_text(damaged.subspan(chunk.offset, chunk.size));
}

inline bool is_sound(const Chunk& chunk) { return chunk.name.starts_with('A'); }

} // namespace dualcam::ptmf_clip
