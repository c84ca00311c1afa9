// The index of an MP4 file (ISO 14496-12): where each picture and each piece of sound lies.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "dcam-convert/mp4_boxes.hpp"
#include "dualcam/wire/bytes.hpp"
#include "dualcam/wire/error.hpp"

namespace dualcam::convert {

/// One picture, or some sound.
struct Mp4Sample {
  std::uint64_t offset; ///< in the file; may lie outside
  std::uint32_t size;   ///< 0: the index does not know
  std::uint64_t time;   ///< of decoding, in the track's units
  std::uint32_t duration;
  std::int32_t shift;        ///< from decoding to presentation
  std::uint32_t description; ///< its number, from 1 on
  bool key;
};

struct Mp4Track {
  bool video = false; ///< otherwise sound
  std::uint32_t id = 0;
  std::uint32_t time_scale = 1;
  std::uint64_t empty_start = 0;   ///< before its first edit shows anything, in the movie's units
  std::uint64_t media_start = 0;   ///< what its first edit begins to show, in the track's
  std::size_t nal_length_size = 0; ///< bytes in front of each NAL unit; 0: not H.264 or HEVC
  bool photos = false;             ///< each sample is a JPEG photo
  Bytes box;                       ///< content of `trak`, in `Mp4Index::movie`
  std::vector<Mp4Sample> samples;  ///< in the order of decoding

  /// Of a codec whose damage shows.
  bool is_known() const { return nal_length_size != 0 || photos; }
};

struct Mp4Index {
  ByteBuffer file_type;         ///< `ftyp`, head included; may be empty
  ByteBuffer movie;             ///< content of `moov`
  std::vector<Mp4Track> tracks; ///< of pictures and sound; empty: of a kind that is not known here
  std::uint32_t time_scale = 1; ///< of the movie
  bool fragmented = false;
  std::optional<std::uint64_t> damaged_at; ///< where a box is cut, or bytes belong to none
  std::uint64_t unknown_pictures = 0;      ///< told missing by the times of fragments around a hole
};

/// More samples in one track, or a larger index, than this are left to other programs. A count
/// costs nothing to state, so that it has a bound of its own: 80 MB of memory, or 18 hours of
/// pictures at 30 a second.
inline constexpr std::size_t most_mp4_samples = 2'000'000;
static_assert(most_mp4_samples * sizeof(Mp4Sample) <= 80'000'000);
inline constexpr std::size_t largest_mp4_index = std::size_t{64} * 1024 * 1024;

/// Reads index and fragments of a file of `size` bytes. Errors: malformed, there is no index that
/// could be followed.
Result<Mp4Index> read_mp4_index(std::uint64_t size, const ReadAt& read);

} // namespace dualcam::convert
