// What a clip becomes on its way out while it arrives: Matroska or fragmented MP4.
#pragma once

#include <cstdint>
#include <utility>

#include "dualcam/media/picture_size.hpp"
#include "dualcam/wire/bytes.hpp"

namespace dualcam::convert {

struct StreamHead {
  VideoCodec codec = VideoCodec::h265;
  PictureSize size;
  std::uint64_t period; ///< of one picture, microseconds
  bool with_sound;
  Bytes parameter_sets;     ///< Annex B
  Bytes picture_entry = {}; ///< of an MP4's sample description, where there are no such
};

/// Takes pictures in the order of decoding, each track's times rising. Times are microseconds.
class StreamWriter {
public:
  StreamWriter() = default;
  StreamWriter(const StreamWriter&) = delete;
  StreamWriter& operator=(const StreamWriter&) = delete;
  virtual ~StreamWriter() = default;

  /// Before everything else, and again where pictures with other parameter sets follow.
  virtual void begin(const StreamHead& head) = 0;
  /// `unit`: NAL units, each behind its length in 4 bytes; of a key picture with its parameter
  /// sets.
  virtual void picture(bool key, std::uint64_t time, Bytes unit) = 0;
  /// 8000 Hz mono.
  virtual void sound(std::uint64_t time, Bytes a_law) = 0;
  /// Nothing more comes.
  virtual void finish() {}

  /// What can go out by now.
  ByteBuffer take() { return std::exchange(out_, {}); }

protected:
  ByteBuffer out_;
};

} // namespace dualcam::convert
