// The frames of a clip as bytes: for ffmpeg, or as an elementary stream.
#pragma once

#include <optional>
#include <utility>

#include "dcam-convert/clip.hpp"
#include "dcam-convert/input.hpp"
#include "dcam-convert/matroska.hpp"

namespace dualcam::convert {

/// Reads the payloads from the input file as it goes; memory: one piece.
class FrameStream {
public:
  enum class Form { matroska, video, audio };
  struct Choice {
    Form form = Form::matroska;
    bool sound = true;       ///< in Matroska
    bool fill_holes = false; ///< with silence; in Matroska
    /// Only the pictures from one number in the clip to another, no sound.
    std::optional<std::pair<std::size_t, std::size_t>> only = std::nullopt;
  };

  FrameStream(const Input& input, const Clip& clip, Choice choice);

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
    std::uint32_t size; ///< without the parameter sets that belong in front of it
    std::uint64_t sets_offset = 0;
    std::uint32_t sets_size = 0;
  };

  std::optional<Frame> next_frame();
  Frame take_picture();
  Frame take_sound(std::uint32_t silence);
  std::uint32_t silence_before_sound() const;
  bool append_head();
  bool append_frame(const Frame& frame);
  bool append_stretch(std::uint64_t offset, std::size_t size);

  const Input& input_;
  const Clip& clip_;
  Choice choice_;
  std::size_t pictures_end_; ///< how many of the clip's are wanted
  std::size_t sounds_end_;
  std::size_t picture_ = 0; ///< the next one
  std::size_t sound_ = 0;
  std::uint64_t sound_end_ = 0; ///< of what has been handed out
  bool in_silence_ = false;
  bool head_wanted_;
  ByteBuffer piece_;
  std::optional<Error> error_;
};

} // namespace dualcam::convert
