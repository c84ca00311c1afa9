// A clip from PTMF.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "dcam-convert/clip.hpp"
#include "dcam-convert/head_mender.hpp"

namespace dualcam::convert {

/// Makes a clip of what PtmfReader says about a file.
///
/// Late chunks go back to their places, repeated ones are dropped. Pictures that are whole are
/// kept, also those behind a lost one, in which decoders show errors up to the next key picture;
/// only those before the first key picture are left out. The clip starts with its first picture, or
/// with the sound, if that is earlier. Another recording in the same file follows the one before.
class PtmfClipBuilder {
public:
  void add(const PtmfEvent& event);
  Clip finish() &&;

private:
  /// Turns sequence numbers, which wrap and may be damaged, into places.
  struct Places {
    std::int64_t next = 0;
    std::uint32_t origin = 0; ///< sequence number of place 0
    bool started = false;
    bool resumes = false; ///< nobody has told what is missing before the next one

    /// `lost_before`: bytes lost before the first chunk; some of them may have been its
    /// predecessors.
    std::int64_t of(std::uint32_t sequence, bool late, bool number_is_wrong,
                    std::uint64_t lost_before);
    /// Leaves places for those that are missing before this one.
    void skip_to(std::uint32_t sequence);
  };

  /// A chunk that came late.
  template <class Item> struct Late {
    Item item;
    std::uint32_t sequence;
  };

  /// What one recording has.
  struct Recording {
    std::vector<ClipPicture> pictures;
    std::vector<ClipSound> sounds;
    Places picture_places;
    Places sound_places;
    std::optional<ClipPicture>
        head; ///< a picture without header, until the next one tells its place
    unsigned frame_rate = 0;
    std::uint64_t lost_before = 0; ///< bytes in front of the first chunk
  };

  void add(const PtmfPicture& picture);
  void add(const PtmfSound& sound);
  void add(const PtmfDamage& damage);
  bool note_size(const PtmfPicture& picture);
  void place_head(std::uint32_t next_sequence, std::uint64_t next_time);
  void finish_recording();
  template <class Item> void begin_with_late(std::uint32_t sequence, const Item& next);

  Clip clip_;              ///< of the recordings that are finished
  bool has_codec_ = false; ///< from the first key picture
  Recording recording_;
  HeadMender heads_;
  std::optional<PictureSize> first_size_;
  std::map<std::uint64_t, PictureSize> sizes_; ///< of key pictures, by offset
  std::int64_t numbers_ = 0;                   ///< of the pictures of finished recordings
  std::int64_t sound_numbers_ = 0;
  bool number_is_wrong_ = false; ///< that of the next chunk
  /// Since the latest chunk that was not late. If another recording begins behind them and goes on
  /// from them, they are not repeats: it began as the one before did.
  std::vector<Late<ClipPicture>> late_pictures_;
  std::vector<Late<ClipSound>> late_sounds_;
  bool restarted_ = false;    ///< by the next chunk
  std::uint64_t garbage_ = 0; ///< bytes since the latest chunk
};

} // namespace dualcam::convert
