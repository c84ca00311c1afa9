// Parts of parameter sets that more than one reader passes or takes.
#pragma once

#include <algorithm>
#include <cstdint>

#include "dualcam/media/picture_size.hpp"
#include "media/bit_reader.hpp"

namespace dualcam {

/// H.265's profile_tier_level.
inline void skip_profile(BitReader& reader, unsigned sub_layers) {
  constexpr unsigned profile_bits = 88;
  constexpr unsigned level_bits = 8;
  reader.skip(profile_bits + level_bits);
  unsigned present = 0;
  for (unsigned i = 0; i < sub_layers; ++i) {
    present += reader.flag() ? profile_bits : 0;
    present += reader.flag() ? level_bits : 0;
  }
  if (sub_layers != 0) {
    reader.skip(std::size_t{2} * (8 - sub_layers));
  }
  reader.skip(present);
}

/// What is left of `width` times `height` coded pixels, from the flag on that something is cut off;
/// `fields` of a picture: 1 or 2. Zeros: no picture is so large.
inline PictureSize take_shown_size(BitReader& reader, unsigned chroma, unsigned fields,
                                   std::uint64_t width, std::uint64_t height) {
  constexpr std::uint64_t largest_side = 65535;
  if (reader.flag()) {
    const std::uint64_t unit_width = chroma == 1 || chroma == 2 ? 2 : 1;
    const auto unit_height = std::uint64_t{chroma == 1 ? 2U : 1U} * fields;
    const auto left = reader.number();
    const auto right = reader.number();
    const auto top = reader.number();
    const auto bottom = reader.number();
    width -= std::min(width, unit_width * (std::uint64_t{left} + right));
    height -= std::min(height, unit_height * (std::uint64_t{top} + bottom));
  }
  const bool possible = width <= largest_side && height <= largest_side;
  return possible
             ? PictureSize{static_cast<std::uint32_t>(width), static_cast<std::uint32_t>(height)}
             : PictureSize{0, 0};
}

} // namespace dualcam
