// Pictures and sound with their times as a live Matroska stream, for ffmpeg's standard input.
//
// Written by hand rather than with libmatroska or libwebm: a stream needs fifteen element ids and
// one function. Both libraries gather frames into clusters and want every frame in memory; what is
// wanted here is the opposite, one cluster a frame, so that its time is a whole number of
// microseconds of any length, and a head to which the caller appends the payload from wherever it
// comes. And both take WebM's or Matroska's codecs only: HEVC as Annex B without a CodecPrivate,
// which ffmpeg reads and turns into what its output format wants, is a dialect.
#pragma once

#include <cstdint>

#include "dcam-convert/stream_writer.hpp"
#include "dualcam/media/picture_size.hpp"
#include "dualcam/wire/bytes.hpp"

namespace dualcam::convert {

enum class MatroskaTrack : std::uint8_t { picture = 1, sound = 2 };

struct MatroskaHead {
  PictureSize size;     ///< what the stream says counts, but ffmpeg 7 wants to be told
  std::uint64_t period; ///< of one picture, microseconds: how long the last one lasts
  bool with_sound;
  Bytes parameter_sets = {}; ///< Annex B; needed only where pictures are not shown as they come
  VideoCodec codec = VideoCodec::h265;
};

/// Appends what precedes the first frame: a track of pictures (Annex B) and, if wanted, one of
/// A-law at 8000 Hz mono. Times are microseconds.
void append_matroska_head(const MatroskaHead& head, ByteBuffer& out);

/// Appends what precedes the payload of one frame.
void append_matroska_frame_head(MatroskaTrack track, bool key, std::uint64_t time,
                                std::uint64_t payload_size, ByteBuffer& out);

/// As it arrives; what the latest `begin` says of parameter sets stands in the pictures as well.
class MatroskaWriter : public StreamWriter {
public:
  void begin(const StreamHead& head) override;
  void picture(bool key, std::uint64_t time, Bytes unit) override;
  void sound(std::uint64_t time, Bytes a_law) override;

private:
  bool begun_ = false;
};

} // namespace dualcam::convert
