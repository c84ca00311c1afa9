#include "dcam-convert/live_clip.hpp"

#include <algorithm>
#include <utility>

#include "dcam-convert/codec_configuration.hpp"
#include "dualcam/media/annex_b.hpp"

namespace dualcam::convert {
namespace {

constexpr std::size_t most_held = 15'000;         // of sound, ten minutes before the first picture
constexpr std::uint64_t longest_wait = 1'000'000; // of pictures for the first sound

std::uint64_t since(std::uint64_t time, std::uint64_t start) {
  return time - std::min(time, start);
}

} // namespace

std::uint64_t LiveClip::Clock::mend(std::uint32_t number, std::uint64_t raw, std::uint64_t period) {
  const auto ahead = static_cast<std::int32_t>(number - number_);
  const auto steps = static_cast<std::uint64_t>(std::max(ahead, 1));
  const auto longest = longest_pause + 2 * std::min<std::uint64_t>(steps, 1000) * period;
  const auto follows = [&](std::uint64_t earlier, std::uint64_t later) {
    return later > earlier && later - earlier <= longest;
  };
  number_ = number;
  if (!started_ || follows(time_, raw + shift_)) {
    time_ = raw + shift_;
    started_ = true;
    odd_.reset();
    return time_;
  }
  if (odd_ && follows(*odd_, raw)) { // the clock has jumped
    shift_ = time_ - *odd_;
    time_ = raw + shift_;
    odd_.reset();
    return time_;
  }
  ++mended_;
  odd_ = raw;
  time_ += period * std::min<std::uint64_t>(steps, 1000);
  return time_;
}

void LiveClip::add(const PtmfEvent& event) {
  if (const auto* picture = std::get_if<PtmfPicture>(&event)) {
    add(*picture);
  } else if (const auto* sound = std::get_if<PtmfSound>(&event)) {
    add(*sound);
  } else {
    add(std::get<PtmfDamage>(event));
  }
  losses_.mended_times = picture_clock_.mended() + sound_clock_.mended();
}

void LiveClip::finish() {
  if (begun_) {
    settle_head();
  }
  writer_.finish();
}

void LiveClip::add(const PtmfPicture& picture) {
  if (picture.late || picture.headless) {
    return;
  }
  period_ = period_of(picture.format.frame_rate);
  const bool own_head = picture.key && picture.damaged_head == 0;
  const auto payload = picture.payload.subspan(picture.damaged_head);
  if (own_head) {
    codec_ = picture.codec;
    take_head(head_of_access_unit(payload, codec_), picture.format);
  }
  if (!begun_ && (!picture.key || head_.empty())) {
    ++losses_.undecodable;
    return;
  }
  const auto time = picture_clock_.mend(picture.sequence, picture.time, period_);
  if (!begun_) {
    begin(time);
  }
  ByteBuffer whole;
  if (picture.key && !own_head) {
    whole = head_;
  }
  append(whole, payload);
  const auto shown = base_ + since(time, start_);
  put({.is_sound = false, .key = picture.key, .time = shown, .bytes = with_lengths(whole)});
  if (!size_changes_.empty() && size_changes_.back().picture == pictures_) {
    size_changes_.back().time = shown;
  }
  undisturbed_ = undisturbed_ || picture.key;
  losses_.disturbed += undisturbed_ ? 0 : 1;
  ++pictures_;
  end_ = std::max(end_, shown + period_);
}

/// Of a key picture. Those of another size go to the writer, if the chunk's header vouches for it.
void LiveClip::take_head(Bytes head, const PtmfFormat& format) {
  const PictureSize told{format.width, format.height};
  const bool is_told = format.width != 0;
  const auto size = picture_size(head, codec_).value_or(is_told ? told : usual_size);
  const bool changed = !head_.empty() && size != size_ && (!is_told || size == told) &&
                       !codec_configuration(head, codec_).empty();
  if (changed) {
    settle_head(); // with those that the waiting pictures have
    size_changes_.push_back({.picture = pictures_, .time = end_, .from = size_, .to = size});
  }
  if (changed || head_.empty()) {
    size_ = size;
  }
  head_.assign(head.begin(), head.end());
  if (changed) {
    begin_writer(has_sound_track_);
  }
}

/// Hands out what has waited for the first picture of a recording.
void LiveClip::begin(std::uint64_t time) {
  begun_ = undisturbed_ = true;
  base_ = end_;
  start_ = held_.empty() ? time : std::min(time, held_.front().time);
  if (sound_track_ != Track::if_heard) {
    settle_head();
  }
  for (const auto& sound : held_) {
    put_sound(sound.time, sound.a_law);
  }
  held_.clear();
}

void LiveClip::add(const PtmfSound& sound) {
  if (sound.late || sound_track_ == Track::none) {
    return;
  }
  const auto time = sound_clock_.mend(sound.sequence, sound.time, sound_period);
  if (begun_) {
    put_sound(time, sound.a_law);
  } else if (held_.size() < most_held) {
    held_.push_back({time, ByteBuffer(sound.a_law.begin(), sound.a_law.end())});
  }
}

void LiveClip::put_sound(std::uint64_t time, Bytes a_law) {
  const auto shown = base_ + since(time, start_);
  put({.is_sound = true, .key = true, .time = shown, .bytes = {a_law.begin(), a_law.end()}});
  const auto length = a_law.size() * microseconds_a_sample;
  sound_time_ += length;
  end_ = std::max(end_, shown + length);
}

void LiveClip::put(Frame frame) {
  if (settled_) {
    hand_out(frame);
    return;
  }
  const bool decides = frame.is_sound || frame.time >= longest_wait;
  waiting_.push_back(std::move(frame));
  if (decides) {
    settle_head();
  }
}

void LiveClip::hand_out(const Frame& frame) {
  if (!frame.is_sound) {
    writer_.picture(frame.key, frame.time, frame.bytes);
  } else if (has_sound_track_) {
    writer_.sound(frame.time, frame.bytes);
  }
}

/// Whether there is sound is known, or not worth to wait for any longer.
void LiveClip::settle_head() {
  if (std::exchange(settled_, true)) {
    return;
  }
  begin_writer(sound_track_ == Track::declared || std::ranges::any_of(waiting_, &Frame::is_sound));
  for (const auto& frame : waiting_) {
    hand_out(frame);
  }
  waiting_.clear();
}

void LiveClip::begin_writer(bool with_sound) {
  has_sound_track_ = with_sound;
  writer_.begin({.codec = codec_,
                 .size = size_,
                 .period = period_,
                 .with_sound = with_sound,
                 .parameter_sets = head_});
}

void LiveClip::add(const PtmfDamage& damage) {
  if (damage.kind == PtmfDamageKind::restart) {
    begun_ = false;
    picture_clock_.restart();
    sound_clock_.restart();
    held_.clear();
  }
  losses_.missing += damage.pictures;
  losses_.sounds += damage.sounds;
  losses_.sound_time = losses_.sounds * sound_period;
  undisturbed_ = undisturbed_ && damage.pictures == 0;
  losses_.list(damage);
}

} // namespace dualcam::convert
