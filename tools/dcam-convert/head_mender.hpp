// Key pictures whose parameter sets are damaged, and the sets of others that serve in their place.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "dcam-convert/clip.hpp"
#include "dualcam/media/annex_b.hpp"

namespace dualcam::convert {

/// What precedes the slices of a key picture.
Bytes head_of(const PtmfPicture& key_picture);

/// The pictures' size that a sound head of a key picture and its chunk's header agree about.
std::optional<PictureSize> confirmed_size(const PtmfPicture& key_picture);

/// A camera repeats its parameter sets with every key picture. So one set that goes on behind the
/// end of another has swallowed what followed it, and one that is new, while the next picture has
/// those of the one before again, is damaged itself.
class HeadMender {
public:
  /// Takes note of what precedes the slices of the key picture at `offset` in the file.
  /// `damaged`: that much is known. `resized`: they differ from others with reason.
  void add(std::uint64_t offset, Bytes head, bool damaged, VideoCodec codec = VideoCodec::h265,
           bool resized = false);

  /// Gives those of one recording's pictures whose heads are damaged the sets of the nearest one
  /// before them, or else of one behind them, or else their own, if they have them all; removes
  /// those that no sets are found for. `pictures` are in order. Returns the damage that was not
  /// known.
  std::vector<PtmfDamage> mend(std::vector<ClipPicture>& pictures) const;

private:
  struct Head {
    std::uint32_t size;
    bool damaged;
    bool resized;
    ParameterSets sets;
  };
  struct Place {
    ClipPicture* picture;
    std::uint64_t offset;
    const Head* head;
    bool damaged;
  };

  static void find_swallowed(std::vector<Place>& places, std::size_t kind);
  static void find_odd_ones(std::vector<Place>& places);
  static const Place* donor_for(const std::vector<Place>& places, std::size_t damaged);

  std::map<std::uint64_t, Head> heads_; ///< by offset
};

} // namespace dualcam::convert
