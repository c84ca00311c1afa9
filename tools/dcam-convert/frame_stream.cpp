#include "dcam-convert/frame_stream.hpp"

#include <algorithm>
#include <tuple>

namespace dualcam {
namespace {

constexpr std::size_t piece_size = 256 * 1024;
constexpr std::byte a_law_silence{0xD5};

} // namespace

FrameStream::FrameStream(const InputFile& input, const Clip& clip, Choice choice)
    : input_(input), form_(choice.form), head_wanted_(choice.form == Form::matroska),
      sound_(choice.form == Form::audio ||
             (choice.form == Form::matroska && choice.sound && !clip.sounds.empty())) {
  if (choice.form != Form::audio) {
    add_pictures(clip, choice.first_only);
  }
  if (sound_ && !choice.first_only) {
    add_sounds(clip, choice.fill_holes);
  }
  std::ranges::sort(frames_, {}, [](const Frame& frame) {
    return std::tuple(frame.time, frame.track, frame.offset);
  });
}

void FrameStream::add_pictures(const Clip& clip, bool first_only) {
  for (const auto& picture : clip.pictures) {
    frames_.push_back(
        {MatroskaTrack::picture, picture.key, false, picture.time, picture.offset, picture.size});
    if (first_only) {
      return;
    }
  }
}

void FrameStream::add_sounds(const Clip& clip, bool fill_holes) {
  for (const auto& sound : clip.sounds) {
    frames_.push_back({MatroskaTrack::sound, true, false, sound.time, sound.offset, sound.size});
  }
  if (fill_holes) {
    for (const auto& silence : silences(clip.sounds)) {
      frames_.push_back({MatroskaTrack::sound, true, true, silence.time, 0, silence.size});
    }
  }
}

Bytes FrameStream::next() {
  piece_.clear();
  if (head_wanted_) {
    append_matroska_head(sound_, piece_);
    head_wanted_ = false;
  }
  while (next_ < frames_.size() && piece_.size() < piece_size) {
    if (!append_frame(frames_[next_])) {
      return {};
    }
    ++next_;
  }
  return piece_;
}

bool FrameStream::append_frame(const Frame& frame) {
  if (form_ == Form::matroska) {
    append_matroska_frame_head(frame.track, frame.key, frame.time, frame.size, piece_);
  }
  const auto start = piece_.size();
  piece_.resize(start + frame.size, a_law_silence);
  if (frame.silent) {
    return true;
  }
  if (const auto read = input_.read(frame.offset, std::span(piece_).subspan(start)); !read) {
    error_ = read.error();
    return false;
  }
  return true;
}

} // namespace dualcam
