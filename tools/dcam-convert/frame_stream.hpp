// The frames of a clip as bytes: for ffmpeg, or as an elementary stream.
#pragma once

#include <optional>

#include "dcam-convert/clip.hpp"
#include "dcam-convert/input.hpp"
#include "dcam-convert/matroska.hpp"

namespace dualcam {

/// Reads the payloads from the input file as it goes; memory: one piece.
class FrameStream {
public:
  enum class Form { matroska, video, audio };
  struct Choice {
    Form form = Form::matroska;
    bool sound = true;       ///< in Matroska
    bool fill_holes = false; ///< with silence; in Matroska
    bool first_only = false; ///< one picture, no sound
  };

  FrameStream(const InputFile& input, const Clip& clip, Choice choice);

  /// The next piece, empty at the end or after an error; valid until the next call.
  Bytes next();
  const std::optional<Error>& error() const { return error_; }

private:
  struct Frame {
    MatroskaTrack track;
    bool key;
    bool silent; ///< not in the file
    std::uint64_t time;
    std::uint64_t offset;
    std::uint32_t size;
  };

  void add_pictures(const Clip& clip, bool first_only);
  void add_sounds(const Clip& clip, bool fill_holes);
  bool append_frame(const Frame& frame);

  const InputFile& input_;
  Form form_;
  std::vector<Frame> frames_;
  std::size_t next_ = 0;
  ByteBuffer piece_;
  std::optional<Error> error_;
  bool head_wanted_;
  bool sound_;
};

} // namespace dualcam
