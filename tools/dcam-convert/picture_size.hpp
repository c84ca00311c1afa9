// How large the pictures of an HEVC stream are shown.
#pragma once

#include <cstdint>
#include <optional>

#include "dualcam/wire/bytes.hpp"

namespace dualcam::convert {

struct PictureSize {
  std::uint32_t width;
  std::uint32_t height;
  friend bool operator==(const PictureSize&, const PictureSize&) = default;
};

/// Of a stream that does not tell.
inline constexpr PictureSize usual_size{1280, 720};

/// From the first sequence parameter set of an Annex B stream (ITU-T H.265, 7.3.2.2), without what
/// its conformance window cuts off. nullopt: there is none, or it makes no sense.
std::optional<PictureSize> picture_size(Bytes stream);

} // namespace dualcam::convert
