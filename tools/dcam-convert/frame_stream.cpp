#include "dcam-convert/frame_stream.hpp"

#include "dualcam/media/annex_b.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace dualcam::convert {
namespace {

constexpr std::size_t stream_piece = std::size_t{256} * 1024;
constexpr std::size_t parameter_sets_size = 4096; // they precede the first picture

} // namespace

FrameStream::FrameStream(const Input& input, const Clip& clip, Choice choice)
    : input_(input), clip_(clip), choice_(choice), pictures_end_(clip.pictures.size()),
      sounds_end_(clip.sounds.size()), head_wanted_(choice.form == Form::matroska) {
  if (choice.form == Form::audio) {
    pictures_end_ = 0;
  } else if (choice.form == Form::video || !choice.sound || choice.only) {
    sounds_end_ = 0;
  }
  if (choice.only) {
    std::tie(picture_, pictures_end_) = *choice.only;
  }
}

Bytes FrameStream::next() {
  piece_.clear();
  if (std::exchange(head_wanted_, false) && !append_head()) {
    return {};
  }
  while (piece_.size() < stream_piece) {
    const auto frame = next_frame();
    if (!frame) {
      break;
    }
    if (!append_frame(*frame)) {
      return {};
    }
  }
  return piece_;
}

std::optional<FrameStream::Frame> FrameStream::next_frame() {
  const bool has_picture = picture_ < pictures_end_;
  const bool has_sound = sound_ < sounds_end_;
  if (!has_picture && !has_sound) {
    return std::nullopt;
  }
  const auto silence = silence_before_sound();
  const auto sound_time = silence != 0 ? sound_end_ : has_sound ? clip_.sounds[sound_].time : 0;
  const bool picture_first =
      has_picture && (!has_sound || clip_.pictures[picture_].time <= sound_time);
  return picture_first ? take_picture() : take_sound(silence);
}

std::uint32_t FrameStream::silence_before_sound() const {
  return choice_.fill_holes && sound_ != 0 && sound_ < sounds_end_
             ? silence_between(sound_end_, clip_.sounds[sound_].time, in_silence_)
             : 0;
}

FrameStream::Frame FrameStream::take_picture() {
  const auto& picture = clip_.pictures[picture_++];
  return {.track = MatroskaTrack::picture,
          .key = picture.key,
          .silent = false,
          .time = picture.time,
          .offset = picture.offset,
          .size = picture.size,
          .sets_offset = picture.sets_offset,
          .sets_size = picture.sets_size};
}

/// The next sound, or `silence` bytes of what is missing in front of it.
FrameStream::Frame FrameStream::take_sound(std::uint32_t silence) {
  const auto& sound = clip_.sounds[sound_];
  in_silence_ = silence != 0;
  const Frame frame{MatroskaTrack::sound, true,
                    in_silence_,          in_silence_ ? sound_end_ : sound.time,
                    sound.offset,         in_silence_ ? silence : sound.size};
  sound_end_ = frame.time + frame.size * microseconds_a_sample;
  sound_ += in_silence_ ? 0 : 1;
  return frame;
}

bool FrameStream::append_head() {
  ByteBuffer start;
  if (pictures_end_ != 0) {
    const auto& first = clip_.pictures[picture_];
    if (!append_stretch(first.sets_offset, first.sets_size) ||
        !append_stretch(first.offset, std::min<std::size_t>(first.size, parameter_sets_size))) {
      return false;
    }
    start.swap(piece_);
  }
  const bool reordered = !std::ranges::is_sorted(clip_.pictures, {}, &ClipPicture::time);
  append_matroska_head(
      {.size = picture_size(start, clip_.codec).value_or(usual_size),
       .period = clip_.period,
       .with_sound = sounds_end_ != 0,
       .parameter_sets = reordered ? head_of_access_unit(start, clip_.codec) : Bytes(),
       .codec = clip_.codec},
      piece_);
  return true;
}

bool FrameStream::append_frame(const Frame& frame) {
  if (choice_.form == Form::matroska) {
    append_matroska_frame_head(frame.track, frame.key, frame.time, frame.sets_size + frame.size,
                               piece_);
  }
  if (frame.silent) {
    piece_.resize(piece_.size() + frame.size, a_law_silence);
    return true;
  }
  return append_stretch(frame.sets_offset, frame.sets_size) &&
         append_stretch(frame.offset, frame.size);
}

/// Appends what stands in the input file.
bool FrameStream::append_stretch(std::uint64_t offset, std::size_t size) {
  const auto start = piece_.size();
  piece_.resize(start + size);
  if (const auto read = input_.read(offset, std::span(piece_).subspan(start)); !read) {
    error_ = read.error();
    return false;
  }
  return true;
}

} // namespace dualcam::convert
