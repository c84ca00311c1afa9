// The little that has to be known of an MP4 file before ffmpeg gets it.
#pragma once

#include <cstdint>

#include "dcam-convert/mp4_boxes.hpp"

namespace dualcam::convert {

struct Mp4Facts {
  bool indexed = false;            ///< there is a moov box
  bool hevc = false;               ///< the first picture track is HEVC
  bool h264 = false;               ///< or it is H.264
  std::uint64_t frames = 0;        ///< of the first picture track, by its index; 0 if not known
  std::uint64_t frames_inside = 0; ///< how many of them lie inside the file
  double seconds = 0;              ///< of the same track
  std::uint32_t width = 0;         ///< of its pictures as they are coded; 0 if not known
  std::uint32_t height = 0;
  bool turned = false; ///< by the head of a picture track: players turn or mirror it
  bool has_sound = false;
  bool raw_sound = false;    ///< some of it is PCM or G.711, which only MOV holds
  std::uint64_t created = 0; ///< seconds since 1904; 0 if not known
  std::uint64_t tracks = 0;
  std::uint64_t other_tracks = 0; ///< neither pictures, sound nor time code
  /// Every box ends inside the file and the last one with it, and so does every sample of every
  /// track.
  bool whole = false;
};

/// From the boxes of a file of `size` bytes. Damaged or unusual ones leave the facts unknown. Reads
/// the index, not the pictures, into memory, if it is not larger than `largest_mp4_index`.
Mp4Facts inspect_mp4(std::uint64_t size, const ReadAt& read);

} // namespace dualcam::convert
