// What dcam-convert makes of a file of a camera.
#pragma once

#include <utility>

#include "dcam-convert/ptmf_clip.hpp"

namespace dualcam::convert {

inline Clip clip_of(Bytes file) {
  PtmfReader reader;
  PtmfClipBuilder builder;
  reader.feed(file);
  reader.finish();
  while (const auto event = reader.next()) {
    builder.add(*event);
  }
  return std::move(builder).finish();
}

} // namespace dualcam::convert
