#include "dcam-convert/live_clip.hpp"

#include <algorithm>
#include <utility>

#include "dcam-convert/codec_configuration.hpp"
#include "dualcam/media/annex_b.hpp"

namespace dualcam::convert {
namespace {

constexpr std::size_t most_held = 15'000;         // of sound, ten minutes before the first picture
constexpr std::uint64_t longest_wait = 1'000'000; // of pictures for the first sound
constexpr std::size_t most_kept = 16 << 20;       // bytes of what waits

/// Far enough for sound and pictures of one moment to contradict each other, microseconds.
bool are_apart(std::uint64_t time, std::uint64_t other) {
  constexpr std::uint64_t most = 1'000'000;
  return std::max(time, other) - std::min(time, other) > most;
}

/// The key picture that an event is, if it has its place.
const PtmfPicture* key_picture_in(const PtmfEvent& event) {
  const auto* picture = std::get_if<PtmfPicture>(&event);
  return picture != nullptr && picture->key && !picture->late ? picture : nullptr;
}

bool begins_recording(const PtmfEvent& event) {
  const auto* damage = std::get_if<PtmfDamage>(&event);
  return damage != nullptr && damage->kind == PtmfDamageKind::restart;
}

std::uint64_t since(std::uint64_t time, std::uint64_t start) {
  return time - std::min(time, start);
}

} // namespace

/// Counts an event's chunk, and those that are told to be missing.
std::int64_t LiveClip::number_of(const PtmfEvent& event) {
  if (const auto* picture = std::get_if<PtmfPicture>(&event)) {
    return picture->late ? 0 : numbers_.next_picture++;
  }
  if (const auto* sound = std::get_if<PtmfSound>(&event)) {
    return sound->late ? 0 : numbers_.next_sound++;
  }
  const auto& damage = std::get<PtmfDamage>(event);
  numbers_ = damage.kind == PtmfDamageKind::restart ? Numbers() : numbers_;
  numbers_.next_picture += damage.pictures;
  numbers_.next_sound += damage.sounds;
  return 0;
}

void LiveClip::add(const PtmfEvent& event) {
  if (begins_recording(event)) {
    take_kept(true);
  } else if (const auto* picture = key_picture_in(event)) {
    heads_.add(*picture);
  }
  const auto number = number_of(event);
  if (kept_.empty() && !waits(event, number)) {
    take(event, number);
    return;
  }
  kept_size_ += kept_.emplace_back(event, number).size();
  take_kept(kept_size_ >= most_kept);
}

/// Whether what comes next has to tell how an event is to be taken.
bool LiveClip::waits(const PtmfEvent& event, std::int64_t number) const {
  if (const auto* sound = std::get_if<PtmfSound>(&event)) {
    return !sound->late && sound_track_ != Track::none && has_odd_time(*sound, number) &&
           stamps_ahead<PtmfSound>(number).size() < LiveClock::wanted_ahead;
  }
  const auto* picture = std::get_if<PtmfPicture>(&event);
  if (picture == nullptr || picture->late) {
    return false;
  }
  const auto ahead = stamps_ahead<PtmfPicture>(number).size();
  if (picture->headless ? ahead == 0
                        : has_odd_time(*picture, number) && ahead < LiveClock::wanted_ahead) {
    return true;
  }
  return picture->key && heads_.waits(picture->payload_offset);
}

/// The first picture's time cannot be told to be wrong but by that of the sound.
bool LiveClip::has_odd_time(const PtmfPicture& picture, std::int64_t number) const {
  return picture_clock_.started()
             ? picture_clock_.is_odd({number, believable(picture.time)}, period_)
             : !held_.empty() && are_apart(picture.time, held_.back().time);
}

bool LiveClip::has_odd_time(const PtmfSound& sound, std::int64_t number) const {
  return sound_clock_.started()
             ? sound_clock_.is_odd({number, believable(sound.time)}, sound_period)
             : begun_ && are_apart(sound.time, latest_picture_time());
}

/// Of the chunks behind that with `number` that have come.
template <class Chunk>
std::vector<LiveClock::Stamp> LiveClip::stamps_ahead(std::int64_t number) const {
  std::vector<LiveClock::Stamp> stamps;
  for (const auto& kept : kept_) {
    const auto* chunk = std::get_if<Chunk>(&kept.event());
    if (chunk != nullptr && !chunk->late && kept.number() > number) {
      stamps.push_back({kept.number(), believable(chunk->time)});
    }
    if (stamps.size() == LiveClock::wanted_ahead) {
      break;
    }
  }
  return stamps;
}

/// Takes what waits no longer; all: nothing may wait any longer.
void LiveClip::take_kept(bool all) {
  while (!kept_.empty() && (all || !waits(kept_.front().event(), kept_.front().number()))) {
    take(kept_.front().event(), kept_.front().number());
    kept_size_ -= kept_.front().size();
    kept_.pop_front();
  }
}

void LiveClip::take(const PtmfEvent& event, std::int64_t number) {
  std::visit([&](const auto& alternative) { take(alternative, number); }, event);
  losses_.mended_times = picture_clock_.mended() + sound_clock_.mended();
}

void LiveClip::finish() {
  take_kept(true);
  if (begun_) {
    settle_head();
  }
  writer_.finish();
}

/// Empty: it cannot be decoded.
ByteBuffer LiveClip::with_sound_head(const PtmfPicture& key_picture) {
  const auto payload = key_picture.payload;
  std::vector<PtmfDamage> damage;
  const auto mended = heads_.mend(key_picture.payload_offset, damage);
  for (auto& one : damage) {
    losses_.list(std::move(one));
  }
  if (mended && mended->sets.empty()) {
    return {};
  }
  codec_ = key_picture.codec;
  take_head(mended ? Bytes(mended->sets) : head_of(key_picture), key_picture.format);
  auto unit = mended ? mended->sets : ByteBuffer();
  append(unit, mended ? payload.subspan(mended->head_size) : payload);
  return unit;
}

/// It is the one before the first that has a header.
PtmfPicture LiveClip::with_place(PtmfPicture headless) const {
  const auto pictures = stamps_ahead<PtmfPicture>(0);
  const auto sounds = stamps_ahead<PtmfSound>(-1);
  const auto next = !pictures.empty() ? pictures[0].time : !sounds.empty() ? sounds[0].time : 0;
  headless.time = next - std::min(next, period_of(headless.format.frame_rate));
  headless.headless = false;
  return headless;
}

void LiveClip::take(const PtmfPicture& picture, std::int64_t number) {
  if (picture.late) {
    return;
  }
  if (picture.headless) {
    take(with_place(picture), number);
    return;
  }
  frame_rate_ = frame_rate_ != 0 ? frame_rate_ : picture.format.frame_rate;
  period_ = period_of(frame_rate_);
  const auto time = picture_clock_.take({number, believable(picture.time)},
                                        stamps_ahead<PtmfPicture>(number), period_);
  const auto first_was_late = picture_clock_.first_was_late();
  ByteBuffer whole;
  if (picture.key) {
    whole = with_sound_head(picture);
  } else if (begun_) {
    append(whole, picture.payload.subspan(picture.damaged_head));
  }
  if (whole.empty() || (!begun_ && head_.empty())) {
    ++(picture.key && whole.empty() ? losses_.missing : losses_.undecodable);
    undisturbed_ = false;
    return;
  }
  if (!begun_) {
    begin(time);
  } else if (begins_with_picture_) {
    start_ -= first_was_late;
  }
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
  begins_with_picture_ = held_.empty() || time <= held_.front().time;
  start_ = begins_with_picture_ ? time : held_.front().time;
  if (sound_track_ != Track::if_heard) {
    settle_head();
  }
  for (const auto& sound : held_) {
    put_sound(sound.time, sound.a_law);
  }
  held_.clear();
}

void LiveClip::take(const PtmfSound& sound, std::int64_t number) {
  if (sound.late || sound_track_ == Track::none) {
    return;
  }
  const bool is_first = !sound_clock_.started();
  auto time = sound_clock_.take({number, believable(sound.time)}, stamps_ahead<PtmfSound>(number),
                                sound_period);
  if (is_first && begun_ && are_apart(time, latest_picture_time())) {
    time = latest_picture_time(); // that of the first picture is wrong, as the next one will show
  }
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

void LiveClip::take(const PtmfDamage& damage, std::int64_t) {
  if (damage.kind == PtmfDamageKind::restart) {
    heads_.restart();
    begun_ = false;
    frame_rate_ = 0;
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
