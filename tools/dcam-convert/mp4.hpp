// The little that has to be known of an MP4 file before ffmpeg gets it.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "dualcam/bytes.hpp"

namespace dualcam::convert {

struct Mp4Facts {
  bool hevc = false;        ///< the first picture track is HEVC
  std::uint64_t frames = 0; ///< of the first picture track; 0 if not known
  double seconds = 0;       ///< the same
};

/// Fills the span with what stands at the offset; false if it is not there.
using ReadAt = std::function<bool(std::uint64_t, std::span<std::byte>)>;

/// From the boxes of a file of `size` bytes (ISO 14496-12). Damaged or unusual ones leave the facts
/// unknown. Reads a few hundred bytes.
Mp4Facts inspect_mp4(std::uint64_t size, const ReadAt& read);

} // namespace dualcam::convert
