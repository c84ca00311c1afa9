#include "dcam-convert/live_clip.hpp"

#include <algorithm>

#include "dcam-convert/hevc_configuration.hpp"
#include "dualcam/media/annex_b.hpp"

namespace dualcam::convert {
namespace {

constexpr std::size_t most_held = 15'000; // of sound, ten minutes before the first picture

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

void LiveClip::add(const PtmfEvent& event, ByteBuffer& out) {
  if (const auto* picture = std::get_if<PtmfPicture>(&event)) {
    add(*picture, out);
  } else if (const auto* sound = std::get_if<PtmfSound>(&event)) {
    add(*sound, out);
  } else {
    add(std::get<PtmfDamage>(event));
  }
  losses_.mended_times = picture_clock_.mended() + sound_clock_.mended();
}

void LiveClip::add(const PtmfPicture& picture, ByteBuffer& out) {
  if (picture.late || picture.headless) {
    return;
  }
  period_ = period_of(picture.format.frame_rate);
  const bool own_head = picture.key && picture.damaged_head == 0;
  const auto payload = picture.payload.subspan(picture.damaged_head);
  if (own_head) {
    const auto head = head_of_access_unit(payload);
    head_.assign(head.begin(), head.end());
  }
  if (!begun_ && (!picture.key || head_.empty())) {
    ++losses_.undecodable;
    return;
  }
  const auto time = picture_clock_.mend(picture.sequence, picture.time, period_);
  if (!begun_) {
    begin(picture, time, out);
  }
  ByteBuffer whole;
  if (picture.key && !own_head) {
    whole = head_;
  }
  append(whole, payload);
  append_frame(MatroskaTrack::picture, picture.key, time, with_lengths(whole), out);
  undisturbed_ = undisturbed_ || picture.key;
  losses_.disturbed += undisturbed_ ? 0 : 1;
  ++pictures_;
  end_ = std::max(end_, base_ + since(time, start_) + period_);
}

/// Hands out what has waited for the first picture of a recording.
void LiveClip::begin(const PtmfPicture& picture, std::uint64_t time, ByteBuffer& out) {
  begun_ = undisturbed_ = true;
  base_ = end_;
  start_ = held_.empty() ? time : std::min(time, held_.front().time);
  if (!has_head_) {
    has_head_ = true;
    const auto configuration = hevc_configuration(head_);
    append_matroska_head(
        {.size = picture_size(head_).value_or(
             picture.format.width != 0 ? PictureSize{picture.format.width, picture.format.height}
                                       : usual_size),
         .period = period_,
         .with_sound = with_sound_,
         .parameter_sets = configuration},
        out);
  }
  for (const auto& sound : held_) {
    append_sound(sound.time, sound.a_law, out);
  }
  held_.clear();
}

void LiveClip::add(const PtmfSound& sound, ByteBuffer& out) {
  if (sound.late || !with_sound_) {
    return;
  }
  const auto time = sound_clock_.mend(sound.sequence, sound.time, sound_period);
  if (begun_) {
    append_sound(time, sound.a_law, out);
  } else if (held_.size() < most_held) {
    held_.push_back({time, ByteBuffer(sound.a_law.begin(), sound.a_law.end())});
  }
}

void LiveClip::append_sound(std::uint64_t time, Bytes a_law, ByteBuffer& out) {
  append_frame(MatroskaTrack::sound, true, time, a_law, out);
  const auto length = a_law.size() * microseconds_a_sample;
  sound_time_ += length;
  end_ = std::max(end_, base_ + since(time, start_) + length);
}

void LiveClip::append_frame(MatroskaTrack track, bool key, std::uint64_t time, Bytes payload,
                            ByteBuffer& out) {
  append_matroska_frame_head(track, key, base_ + since(time, start_), payload.size(), out);
  append(out, payload);
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
