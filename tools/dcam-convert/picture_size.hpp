// How large the pictures of a stream are shown.
#pragma once

#include <cstdint>
#include <optional>

#include "dualcam/media/annex_b.hpp"
#include "dualcam/wire/bytes.hpp"

namespace dualcam::convert {

struct PictureSize {
  std::uint32_t width;
  std::uint32_t height;
  friend bool operator==(const PictureSize&, const PictureSize&) = default;
};

/// Of a stream that does not tell.
inline constexpr PictureSize usual_size{1280, 720};

/// From the first sequence parameter set of an Annex B stream (ITU-T H.265 and H.264, 7.3.2),
/// without what is cut off. nullopt: there is none, or it makes no sense.
std::optional<PictureSize> picture_size(Bytes stream, VideoCodec codec = VideoCodec::h265);

} // namespace dualcam::convert
