/// \file
/// How large the pictures of a stream are shown.
///
/// The functions keep nothing; any thread may call them.
#pragma once

#include <cstdint>
#include <optional>

#include "dualcam/media/annex_b.hpp"
#include "dualcam/wire/bytes.hpp"

namespace dualcam {

/// In pixels, without what is cut off.
struct PictureSize {
  std::uint32_t width;  ///< of a line
  std::uint32_t height; ///< in lines
  /// Whether both are equal.
  friend bool operator==(const PictureSize&, const PictureSize&) = default;
};

/// From the first sequence parameter set of an Annex B stream (ITU-T H.265 and H.264, 7.3.2).
/// nullopt: there is none, or it makes no sense.
std::optional<PictureSize> picture_size(Bytes stream, VideoCodec codec = VideoCodec::h265);

} // namespace dualcam
