// A clip as fragmented MP4 (ISO 14496-12, 14496-15), for players that take pictures as they come.
//
// Written by hand rather than by ffmpeg: its muxer gives a picture out when the next one has come,
// since only that tells how long it lasts, and holds it back until sound has come that is later.
// From a camera's link that is a second. Here a picture goes out at once, with the nominal
// duration; the next one tells its own time.
#pragma once

#include <vector>

#include "dcam-convert/stream_writer.hpp"

namespace dualcam::convert {

/// Sound is FLAC: MP4 cannot hold A-law, and AAC would be late by a frame. Holes in it are silence.
class FragmentWriter : public StreamWriter {
public:
  enum class Pace {
    each_frame, ///< a fragment for each, at once
    by_key,     ///< one for all up to the next key picture, with true durations
  };

  explicit FragmentWriter(Pace pace) : pace_(pace) {}

  void begin(const StreamHead& head) override;
  void picture(bool key, std::uint64_t time, Bytes unit) override;
  void sound(std::uint64_t time, Bytes a_law) override;
  void finish() override;

private:
  struct Sample {
    bool key;
    std::uint64_t time; ///< in units of its track
    std::uint64_t duration;
    ByteBuffer bytes;
  };
  /// What waits for its fragment.
  struct Track {
    std::uint32_t id;
    std::vector<Sample> samples;
  };

  void append_fragment();
  void append_sound(Bytes a_law);

  Pace pace_;
  bool begun_ = false;
  std::uint64_t period_ = 0;
  std::uint32_t fragments_ = 0;
  Track pictures_{1, {}};
  Track sounds_{2, {}};
  std::uint64_t sound_begin_ = 0; ///< of the latest frame, in samples
  std::uint64_t sound_end_ = 0;
  bool has_sound_ = false; ///< some has come
};

} // namespace dualcam::convert
