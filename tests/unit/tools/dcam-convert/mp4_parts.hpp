// MP4 files of parts that may be replaced or left out, and what is read of them.
#pragma once

#include "dcam-convert/mp4_boxes.hpp"
#include "dcam-convert/mp4_index.hpp"
#include "tools/dcam-convert/mp4_bytes.hpp"

namespace dualcam::convert::mp4_parts {

inline ByteBuffer words(std::initializer_list<std::uint32_t> values) {
  ByteBuffer bytes;
  for (const auto value : values) {
    append_be(bytes, value);
  }
  return bytes;
}

inline ByteBuffer text(std::string_view characters) {
  return {as_bytes(characters).begin(), as_bytes(characters).end()};
}

/// What a track is made of; each part may be replaced or left out.
struct TrackParts {
  ByteBuffer header = box("tkhd", words({0, 0, 0, 1}));
  ByteBuffer edits;
  ByteBuffer media_header = box("mdhd", words({0, 0, 0, 1000, 3000}));
  ByteBuffer handler = box("hdlr", joined({words({0, 0}), text("vide")}));
  ByteBuffer codec = box("avc1", joined({ByteBuffer(78), box("avcC", from_hex("01640028ff"))}));
  ByteBuffer sizes = box("stsz", words({0, 0, 4, 10, 20, 30, 40}));
  ByteBuffer times = box("stts", words({0, 2, 1, 40, 3, 50}));
  ByteBuffer shifts = box("ctts", words({0, 1, 4, 5}));
  ByteBuffer keys = box("stss", words({0, 2, 1, 3}));
  ByteBuffer runs = box("stsc", words({0, 2, 1, 3, 1, 2, 1, 2}));
  ByteBuffer chunks = box("stco", words({0, 2, 1000, 2000}));

  ByteBuffer build() const {
    const auto description = box("stsd", joined({words({0, 1}), codec}));
    const auto table = box("stbl", joined({description, sizes, times, shifts, keys, runs, chunks}));
    const auto media = box("mdia", joined({media_header, handler, box("minf", table)}));
    return box("trak", joined({header, edits, media}));
  }
};

inline TrackParts sound() {
  TrackParts parts;
  parts.header = box("tkhd", words({0, 0, 0, 2}));
  parts.handler = box("hdlr", joined({words({0, 0}), text("soun")}));
  parts.codec = box("mp4a", ByteBuffer(28));
  parts.sizes = box("stsz", words({0, 7, 3}));
  parts.times = box("stts", words({0, 1, 3, 1024}));
  parts.shifts = parts.keys = {};
  parts.runs = box("stsc", words({0, 1, 1, 3, 1}));
  parts.chunks = box("co64", words({0, 1, 1, 500}));
  return parts;
}

inline const auto movie_header = box("mvhd", words({0, 0, 0, 600, 1800}));

inline ByteBuffer file_of(std::initializer_list<ByteBuffer> tracks, const ByteBuffer& more = {}) {
  return joined({box("ftyp", text("isom")),
                 box("moov", joined({movie_header, joined(tracks), more})),
                 box("mdat", ByteBuffer(4000))});
}

inline Result<Mp4Index> read(Bytes file) {
  return read_mp4_index(file.size(), [&](std::uint64_t offset, std::span<std::byte> bytes) {
    if (offset > file.size() || file.size() - offset < bytes.size()) {
      return false;
    }
    std::ranges::copy(file.subspan(offset, bytes.size()), bytes.begin());
    return true;
  });
}

inline Mp4Index good(Bytes file) {
  auto index = read(file);
  REQUIRE(index);
  return std::move(*index);
}

inline Mp4Track track_of(const TrackParts& parts) {
  const auto index = good(file_of({parts.build()}));
  REQUIRE(index.tracks.size() == 1);
  auto track = index.tracks[0];
  track.box = {}; // it stands in the index
  return track;
}

} // namespace dualcam::convert::mp4_parts
