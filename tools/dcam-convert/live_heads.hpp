// The parameter sets of key pictures as they come.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "dcam-convert/clip.hpp"
#include "dcam-convert/head_mender.hpp"

namespace dualcam::convert {

/// What HeadMender says of a recording's key pictures when it knows no more than the next one's
/// sets, or, where none are whole yet, the next whole ones.
class LiveHeads {
public:
  struct Mended {
    ByteBuffer sets;         ///< empty: nobody has any, the picture cannot be decoded
    std::size_t head_size{}; ///< what they stand in the place of
  };

  /// Takes note of a key picture.
  void add(const PtmfPicture& picture);
  /// Whether one of those to come decides about the picture at `offset`.
  bool waits(std::uint64_t offset) const;
  /// nullopt: its own head serves. Appends to `damage` what was not known.
  std::optional<Mended> mend(std::uint64_t offset, std::vector<PtmfDamage>& damage);
  /// Another recording begins.
  void restart() { heads_.clear(); }

private:
  static constexpr std::size_t most_kept = 32;

  struct Head {
    std::uint64_t offset;
    std::uint32_t picture_size;
    ByteBuffer bytes;
    bool damaged;
    bool resized;
    bool replaced = false;
    bool told = false; ///< its damage
    VideoCodec codec;
    ParameterSets sets;
  };

  std::deque<Head>::const_iterator find(std::uint64_t offset) const {
    return std::ranges::find(heads_, offset, &Head::offset);
  }

  std::deque<Head> heads_;
  std::optional<PictureSize> first_size_;
};

} // namespace dualcam::convert
