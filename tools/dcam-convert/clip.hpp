// A clip taken apart: where its pictures and its sound lie in the input file, and when they belong.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dualcam/media/annex_b.hpp"
#include "dualcam/media/ptmf.hpp"

namespace dualcam::convert {

/// Of a stream that tells no times, unless the user does.
inline constexpr unsigned usual_frame_rate = 25;

/// One HEVC access unit, Annex B.
struct ClipPicture {
  bool key;
  std::int64_t number;  ///< counts from 0; the lost ones have numbers too
  std::uint64_t time;   ///< of presentation, microseconds since the clip's start
  std::uint64_t offset; ///< in the input file
  std::uint32_t size;
};

/// A-law, 8000 Hz mono.
struct ClipSound {
  std::int64_t number;
  std::uint64_t time;
  std::uint64_t offset;
  std::uint32_t size;

  std::uint64_t end() const { return time + size * std::uint64_t{125}; }
};

/// What a clip no longer has, and what is wrong with the rest.
struct Losses {
  static constexpr std::size_t most_listed = 1000;

  std::uint64_t missing = 0;     ///< pictures that are not, or not whole, in the file
  std::uint64_t undecodable = 0; ///< pictures left out: no key picture precedes them
  std::uint64_t disturbed = 0;   ///< pictures that are there, but build on missing ones
  std::uint64_t sounds = 0;      ///< sound chunks, and `sound_time` of them in microseconds
  std::uint64_t sound_time = 0;
  std::uint64_t mended_times = 0; ///< impossible ones, put between their neighbours'
  std::vector<PtmfDamage> damage; ///< in the order of the file, the first `most_listed`
  std::uint64_t unlisted = 0;     ///< how many more there were

  std::uint64_t pictures() const { return missing + undecodable; }
  bool none() const { return damage.empty() && pictures() == 0 && mended_times == 0; }
};

struct Clip {
  /// In the order of decoding; all can be decoded. Times rise strictly, but with B pictures.
  std::vector<ClipPicture> pictures;
  std::vector<ClipSound> sounds;
  std::uint64_t period = 0; ///< nominal, of one picture, microseconds
  Losses losses;

  std::uint64_t duration() const; ///< microseconds, to the end of the last picture or sound
  std::uint64_t lost_time() const { return losses.pictures() * period; }
};

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
  void place_head(std::uint32_t next_sequence, std::uint64_t next_time);
  void finish_recording();
  template <class Item> void begin_with_late(std::uint32_t sequence, const Item& next);

  Clip clip_; ///< of the recordings that are finished
  Recording recording_;
  std::int64_t numbers_ = 0; ///< of the pictures of finished recordings
  std::int64_t sound_numbers_ = 0;
  bool number_is_wrong_ = false; ///< that of the next chunk
  /// Since the latest chunk that was not late. If another recording begins behind them and goes on
  /// from them, they are not repeats: it began as the one before did.
  std::vector<Late<ClipPicture>> late_pictures_;
  std::vector<Late<ClipSound>> late_sounds_;
  bool restarted_ = false;    ///< by the next chunk
  std::uint64_t garbage_ = 0; ///< bytes since the latest chunk
};

/// A clip from an elementary stream without times: `frame_rate` pictures a second, in the order in
/// which they are shown. Damaged ones are left out.
Clip clip_of(const std::vector<AccessUnit>& units, unsigned frame_rate);

/// How much silence, in bytes of A-law and at most one sound chunk of it, belongs at `end` of one
/// sound when the next begins at `next`: none unless `shortest_hole` microseconds are missing, or
/// it has `begun` already. For codecs and players that know no holes.
inline constexpr std::uint64_t shortest_hole = 20'000;
inline constexpr std::uint64_t microseconds_a_sample = 125;
std::uint32_t silence_between(std::uint64_t end, std::uint64_t next, bool begun);

/// Replaces times that cannot be right (not between their neighbours', or seconds off) by such as
/// lie between them, and takes jumps of the clock out; returns how many of both. Afterwards the
/// times rise strictly, by no more than 10 s and some periods at once. `Item` has a `number`, which
/// rises, and a `time` below 2^63.
template <class Item> std::uint64_t mend_times(std::vector<Item>& items, std::uint64_t period);
extern template std::uint64_t mend_times(std::vector<ClipPicture>&, std::uint64_t);
extern template std::uint64_t mend_times(std::vector<ClipSound>&, std::uint64_t);

} // namespace dualcam::convert
