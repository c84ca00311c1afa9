// A clip taken apart: where its pictures and its sound lie in the input file, and when they belong.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "dualcam/media/picture_size.hpp"
#include "dualcam/media/ptmf.hpp"

namespace dualcam::convert {

/// Of a stream that tells no times, unless the user does.
inline constexpr double usual_frame_rate = 25;

/// Of a stream that tells none.
inline constexpr PictureSize usual_size{1280, 720};

/// Between two sound chunks, microseconds.
inline constexpr std::uint64_t sound_period = 40'000;

/// Longer ones, in microseconds, are not believed.
inline constexpr std::uint64_t longest_pause = 10'000'000;

/// Far from any overflow.
inline constexpr std::uint64_t latest_time = std::uint64_t{1} << 62;
inline std::uint64_t believable(std::uint64_t time) { return std::min(time, latest_time); }

/// One access unit, Annex B.
struct ClipPicture {
  bool key;
  std::int64_t number;  ///< counts from 0; the lost ones have numbers too
  std::uint64_t time;   ///< of presentation, microseconds since the clip's start
  std::uint64_t offset; ///< in the input file
  std::uint32_t size;
  std::uint64_t sets_offset = 0; ///< in the input file: parameter sets that belong in front of it
  std::uint32_t sets_size = 0;   ///< 0: it has its own
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
  std::vector<PtmfDamage> damage; ///< the first `most_listed`
  std::uint64_t unlisted = 0;     ///< how many more there were

  /// Adds to the list, or to the count of those for which it has no place.
  void list(PtmfDamage one);
  std::uint64_t pictures() const { return missing + undecodable; }
  bool none() const { return damage.empty() && pictures() == 0 && mended_times == 0; }
};

/// Where pictures of another size follow.
struct SizeChange {
  std::uint64_t picture; ///< the first of them, from 0
  std::uint64_t time;    ///< microseconds
  PictureSize from;
  PictureSize to;
};

struct Clip {
  /// In the order of decoding; all can be decoded. Times rise strictly, but with B pictures.
  std::vector<ClipPicture> pictures;
  std::vector<ClipSound> sounds;
  std::uint64_t period = 0; ///< nominal, of one picture, microseconds
  VideoCodec codec = VideoCodec::h265;
  Losses losses;
  std::vector<SizeChange> size_changes;

  std::uint64_t duration() const; ///< microseconds, to the end of the last picture or sound
  std::uint64_t lost_time() const { return losses.pictures() * period; }
};

/// Of those whose size is known, by their offset in the file.
std::vector<SizeChange> size_changes_in(const std::vector<ClipPicture>& pictures,
                                        const std::map<std::uint64_t, PictureSize>& sizes);

inline constexpr double highest_frame_rate = 240;

/// What a rate that people and cameras round stands for: 29.97 is 30000/1001.
double exact_frame_rate(double rate);

/// What a rate that was counted stands for: cameras' pictures are not evenly spaced.
double nominal_frame_rate(double counted);

/// From 1 to `highest_frame_rate`: "25", "29.97", "30000/1001".
std::optional<double> parse_frame_rate(std::string_view text);

/// Of a picture, in microseconds; `frame_rate` 0: nobody knows it.
std::uint64_t period_of(double frame_rate);

/// How much silence, in bytes of A-law and at most one sound chunk of it, belongs at `end` of one
/// sound when the next begins at `next`: none unless `shortest_hole` microseconds are missing, or
/// it has `begun` already. For codecs and players that know no holes.
inline constexpr std::uint64_t shortest_hole = 20'000;
inline constexpr std::uint64_t microseconds_a_sample = 125;
inline constexpr std::byte a_law_silence{0xD5};
std::uint32_t silence_between(std::uint64_t end, std::uint64_t next, bool begun);

/// Replaces times that cannot be right (not between their neighbours', or seconds off) by such as
/// lie between them, and takes jumps of the clock out; returns how many of both. Afterwards the
/// times rise strictly, by no more than 10 s and some periods at once. `Item` has a `number`, which
/// rises, and a `time` below 2^63.
template <class Item> std::uint64_t mend_times(std::vector<Item>& items, std::uint64_t period);
extern template std::uint64_t mend_times(std::vector<ClipPicture>&, std::uint64_t);
extern template std::uint64_t mend_times(std::vector<ClipSound>&, std::uint64_t);

} // namespace dualcam::convert
