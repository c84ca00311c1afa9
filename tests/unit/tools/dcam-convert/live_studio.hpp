// A recording that dcam-convert --live takes, and what it makes of it.
#pragma once

#include "dcam-convert/fragment_splitter.hpp"
#include "tools/dcam-convert/studio.hpp"

namespace dualcam::convert {

inline std::string live_sets() {
  return "00000001 40010c01 00000001 4201010160000003009000000300000300"
         "5da00280802d165959a4932bc05a0020 00000001 4401c0f2 ";
}

/// Eight pictures, 0.4 s, of a camera, and as much sound, or more.
inline ByteBuffer recording(bool with_sound = true, std::uint64_t sounds = 8) {
  PtmfWriter writer({20, 1280, 720});
  ByteBuffer file;
  for (std::uint64_t i = 0; i < 8; ++i) {
    writer.picture(i % 4 == 0,
                   from_hex((i % 4 == 0 ? live_sets() : "") +
                            (i % 4 == 0 ? "00000001 2601 a0 11" : "00000001 0201 d0 55")),
                   1'000'000 + i * 50'000, file);
    if (with_sound) {
      writer.sound(ptmf_clip::a_law(1), 1'000'000 + i * 40'000, file);
    }
  }
  for (std::uint64_t i = 8; with_sound && i < sounds; ++i) {
    writer.sound(ptmf_clip::a_law(1), 1'000'000 + i * 40'000, file);
  }
  return file;
}

struct LiveStudio : Studio {
  explicit LiveStudio(bool with_sound = true) {
    input("in", recording(with_sound));
    options.live = true;
    options.container = Container::fragments;
    options.output = path("a.mp4");
  }
};

/// It begins in the middle: nothing of it can be decoded.
inline ByteBuffer recording_without_key() {
  PtmfWriter writer({20, 1280, 720});
  ByteBuffer file;
  writer.picture(false, from_hex("00000001 0201 d0 55"), 0, file);
  return file;
}

struct Pictures {
  std::uint64_t pictures = 0;
  std::uint64_t fragments = 0;
  bool has_sound = false;
};

inline Pictures pictures_in(const std::string& file) {
  FragmentSplitter splitter;
  splitter.feed(as_bytes(file));
  Pictures found;
  while (const auto piece = splitter.next()) {
    found.pictures += piece->facts ? piece->facts->pictures : 0;
    found.fragments += piece->facts ? 1 : 0;
    found.has_sound = found.has_sound || (piece->type == "moov" &&
                                          as_text(piece->bytes).find("fLaC") != std::string::npos);
  }
  CHECK(splitter.is_between_boxes());
  return found;
}

} // namespace dualcam::convert
