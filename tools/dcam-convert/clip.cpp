#include "dcam-convert/clip.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace dualcam::convert {
namespace {

constexpr unsigned usual_frame_rate = 25;
constexpr std::uint64_t sound_period = 40'000;
constexpr std::uint64_t longest_pause = 10'000'000;
constexpr std::uint32_t longest_silence = 320;
constexpr std::uint64_t latest_time = std::uint64_t{1} << 62; // far from any overflow

std::uint64_t period_of(unsigned frame_rate) {
  return 1'000'000 / (frame_rate != 0 ? frame_rate : usual_frame_rate);
}

/// Puts late items where they belong; of those with one number the first in the file stays.
template <class Item> void put_in_order(std::vector<Item>& items) {
  std::ranges::sort(items, {},
                    [](const Item& item) { return std::pair(item.number, item.offset); });
  const auto rest = std::ranges::unique(items, {}, &Item::number);
  items.erase(rest.begin(), rest.end());
}

/// Drops pictures that build on lost ones; returns how many.
std::uint64_t drop_undecodable(std::vector<ClipPicture>& pictures) {
  std::vector<ClipPicture> kept;
  bool decodable = false;
  std::int64_t expected = 0;
  for (const auto& picture : pictures) {
    decodable = picture.key || (decodable && picture.number == expected);
    expected = picture.number + 1;
    if (decodable) {
      kept.push_back(picture);
    }
  }
  const auto dropped = pictures.size() - kept.size();
  pictures = std::move(kept);
  return dropped;
}

/// Makes the clip begin at 0.
void rebase(Clip& clip) {
  if (clip.pictures.empty()) {
    return;
  }
  auto start = clip.pictures.front().time;
  if (!clip.sounds.empty()) {
    start = std::min(start, clip.sounds.front().time);
  }
  for (auto& picture : clip.pictures) {
    picture.time -= start;
  }
  for (auto& sound : clip.sounds) {
    sound.time -= start;
  }
}

/// Puts the times of one track right.
template <class Item> class TimeMender {
public:
  TimeMender(std::vector<Item>& items, std::uint64_t period) : items_(items), period_(period) {}

  std::uint64_t run() {
    while (current_ + 1 < items_.size() && !follows(current_, current_ + 1)) {
      ++current_;
    }
    last_ = current_ = current_ + 1 < items_.size() ? current_ : 0;
    extrapolate_back();
    for (++current_; current_ < items_.size(); ++current_) {
      if (is_credible() || clock_has_jumped()) {
        items_[current_].time += shift_;
        interpolate(current_);
        last_ = current_;
      }
    }
    interpolate(items_.size());
    for (std::size_t i = 1; i < items_.size(); ++i) {
      items_[i].time = std::max(items_[i].time, items_[i - 1].time + 1);
    }
    return mended_;
  }

private:
  std::uint64_t steps(std::size_t from, std::size_t to) const {
    return static_cast<std::uint64_t>(items_[to].number - items_[from].number);
  }

  /// From `current_` on the jumps of the clock are still in the times.
  std::uint64_t time(std::size_t i) const {
    return i < current_ ? items_[i].time : items_[i].time + shift_;
  }

  /// Whether item `b` is later than `a`, but not by much more than the numbers say.
  bool follows(std::size_t a, std::size_t b) const {
    return b < items_.size() && time(b) > time(a) &&
           time(b) - time(a) <= longest_pause + 2 * steps(a, b) * period_;
  }

  bool is_credible() const { // and does not keep the next one from following
    return follows(last_, current_) &&
           (!follows(last_, current_ + 1) || follows(current_, current_ + 1));
  }

  /// The next ones agree with this one: takes the jump out of all of them.
  bool clock_has_jumped() {
    if (!follows(current_, current_ + 1) || !follows(current_ + 1, current_ + 2) ||
        follows(last_, current_ + 1) || follows(last_, current_ + 2)) {
      return false;
    }
    shift_ = items_[last_].time + period_ * steps(last_, current_) - items_[current_].time;
    ++mended_;
    return true;
  }

  void extrapolate_back() {
    for (auto i = last_; i-- > 0; ++mended_) {
      const auto later = items_[i + 1].time;
      items_[i].time = later - std::min(later, period_ * steps(i, i + 1));
    }
  }

  /// The times between `last_` and `next`, which may be the end.
  void interpolate(std::size_t next) {
    const bool open = next == items_.size();
    for (auto i = last_ + 1; i < next; ++i, ++mended_) {
      items_[i].time = items_[last_].time + (open ? period_ * steps(last_, i)
                                                  : (items_[next].time - items_[last_].time) /
                                                        steps(last_, next) * steps(last_, i));
    }
  }

  std::vector<Item>& items_;
  std::uint64_t period_;
  std::uint64_t shift_ = 0;
  std::size_t last_ = 0; ///< the latest item with a credible time
  std::size_t current_ = 0;
  std::uint64_t mended_ = 0;
};

} // namespace

template <class Item> std::uint64_t mend_times(std::vector<Item>& items, std::uint64_t period) {
  return items.size() < 2 ? 0 : TimeMender(items, period).run();
}

template std::uint64_t mend_times(std::vector<ClipPicture>&, std::uint64_t);
template std::uint64_t mend_times(std::vector<ClipSound>&, std::uint64_t);

std::uint64_t Clip::duration() const {
  const auto pictures_end = pictures.empty() ? 0 : pictures.back().time + period;
  return std::max(pictures_end, sounds.empty() ? 0 : sounds.back().end());
}

std::int64_t PtmfClipBuilder::Places::of(std::uint32_t sequence, bool late, bool number_is_wrong,
                                         std::uint64_t lost_before) {
  if (!started && sequence <= lost_before / ptmf_header_size) {
    next += sequence;
  }
  started = true;
  if (late) {
    const auto expected = origin + static_cast<std::uint32_t>(next);
    return next + static_cast<std::int32_t>(sequence - expected);
  }
  if (!number_is_wrong) {
    origin = sequence - static_cast<std::uint32_t>(next);
  }
  return next++;
}

void PtmfClipBuilder::add(const PtmfEvent& event) {
  std::visit([this](const auto& alternative) { add(alternative); }, event);
}

void PtmfClipBuilder::add(const PtmfPicture& picture) {
  if (frame_rate_ == 0) {
    frame_rate_ = picture.format.frame_rate;
  }
  clip_.pictures.push_back(
      {.key = picture.key,
       .number = pictures_.of(picture.sequence, picture.late,
                              std::exchange(number_is_wrong_, false), lost_before_),
       .time = std::min(picture.time, latest_time),
       .offset = picture.offset + ptmf_header_size,
       .size = static_cast<std::uint32_t>(picture.payload.size())});
}

void PtmfClipBuilder::add(const PtmfSound& sound) {
  clip_.sounds.push_back(
      {.number = sounds_.of(sound.sequence, sound.late, std::exchange(number_is_wrong_, false),
                            lost_before_),
       .time = std::min(sound.time, latest_time),
       .offset = sound.offset + ptmf_header_size + voice_header_size,
       .size = static_cast<std::uint32_t>(sound.a_law.size())});
}

void PtmfClipBuilder::add(const PtmfDamage& damage) {
  pictures_.next += damage.pictures;
  sounds_.next += damage.sounds;
  if (damage.kind == PtmfDamageKind::garbage && damage.offset == 0) {
    lost_before_ = damage.length;
  }
  number_is_wrong_ = number_is_wrong_ || damage.kind == PtmfDamageKind::wrong_number;
  if (clip_.losses.damage.size() < Losses::most_listed) {
    clip_.losses.damage.push_back(damage);
  } else {
    ++clip_.losses.unlisted;
  }
}

Clip PtmfClipBuilder::finish() && {
  auto& clip = clip_;
  clip.period = period_of(frame_rate_);
  put_in_order(clip.pictures);
  put_in_order(clip.sounds);
  // late chunks from before the beginning count neither way
  const auto from_zero = [](const auto& item) { return item.number >= 0; };
  const auto present = std::ranges::count_if(clip.pictures, from_zero);
  clip.losses.missing = static_cast<std::uint64_t>(pictures_.next - present);
  clip.losses.sounds =
      static_cast<std::uint64_t>(sounds_.next - std::ranges::count_if(clip.sounds, from_zero));
  clip.losses.sound_time = clip.losses.sounds * sound_period;
  clip.losses.mended_times =
      mend_times(clip.pictures, clip.period) + mend_times(clip.sounds, sound_period);
  clip.losses.undecodable = drop_undecodable(clip.pictures);
  rebase(clip);
  return std::move(clip);
}

Clip clip_of(const std::vector<AccessUnit>& units, unsigned frame_rate) {
  Clip clip;
  clip.period = period_of(frame_rate);
  for (const auto& unit : units) {
    const auto number = static_cast<std::uint64_t>(clip.pictures.size());
    clip.pictures.push_back({.key = unit.key,
                             .number = static_cast<std::int64_t>(number),
                             .time = number * 1'000'000 / frame_rate,
                             .offset = unit.offset,
                             .size = static_cast<std::uint32_t>(unit.size)});
  }
  clip.losses.undecodable = drop_undecodable(clip.pictures);
  rebase(clip);
  return clip;
}

std::uint32_t silence_between(std::uint64_t end, std::uint64_t next, bool begun) {
  if (next < end + (begun ? microseconds_a_sample : shortest_hole)) {
    return 0;
  }
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>((next - end) / microseconds_a_sample, longest_silence));
}

} // namespace dualcam::convert
