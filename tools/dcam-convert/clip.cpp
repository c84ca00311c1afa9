#include "dcam-convert/clip.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <type_traits>
#include <utility>

namespace dualcam::convert {
namespace {

constexpr std::uint64_t sound_period = 40'000;
constexpr std::uint64_t longest_pause = 10'000'000;
constexpr int most_missing = 10'000; // between two pictures of a stream
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

/// Of the `late` items only those stay that have found no place among `items`.
template <class Late, class Item>
void keep_repeats(std::vector<Late>& late, const std::vector<Item>& items) {
  std::erase_if(late, [&](const Late& one) {
    const auto placed = std::ranges::lower_bound(items, one.item.number, {}, &Item::number);
    return placed != items.end() && placed->offset == one.item.offset;
  });
}

/// Drops the pictures that no key picture precedes; returns how many.
std::uint64_t drop_undecodable(std::vector<ClipPicture>& pictures) {
  const auto first_key = std::ranges::find_if(pictures, &ClipPicture::key);
  const auto dropped = first_key - pictures.begin();
  pictures.erase(pictures.begin(), first_key);
  return static_cast<std::uint64_t>(dropped);
}

/// How many pictures build on one that is missing.
std::uint64_t count_disturbed(const std::vector<ClipPicture>& pictures) {
  std::uint64_t count = 0;
  bool sound = true;
  std::int64_t expected = 0;
  for (const auto& picture : pictures) {
    sound = picture.key || (sound && picture.number == expected);
    expected = picture.number + 1;
    count += sound ? 0 : 1;
  }
  return count;
}

/// Appends the items of the recording that follows at `time`, with numbers from `number` on.
template <class Item>
void append_items(std::vector<Item>& items, const std::vector<Item>& more, std::int64_t number,
                  std::uint64_t time) {
  const auto before_first = more.empty() ? 0 : std::max<std::int64_t>(0, -more.front().number);
  for (auto item : more) {
    item.number += number + before_first;
    item.time += time;
    items.push_back(item);
  }
}

template <class Item> std::int64_t end_of(const std::vector<Item>& items) {
  return items.empty() ? 0 : items.back().number + 1;
}

/// Makes them begin at 0.
void rebase(std::vector<ClipPicture>& pictures, std::vector<ClipSound>& sounds) {
  auto start = pictures.empty() ? latest_time : pictures.front().time;
  start = sounds.empty() ? start : std::min(start, sounds.front().time);
  for (auto& picture : pictures) {
    picture.time -= start;
  }
  for (auto& sound : sounds) {
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
  const auto latest = std::ranges::max_element(pictures, {}, &ClipPicture::time);
  const auto pictures_end = pictures.empty() ? 0 : latest->time + period;
  return std::max(pictures_end, sounds.empty() ? 0 : sounds.back().end());
}

std::int64_t PtmfClipBuilder::Places::of(std::uint32_t sequence, bool late, bool number_is_wrong,
                                         std::uint64_t lost_before) {
  if (std::exchange(resumes, false) && !late) {
    skip_to(sequence);
  }
  const auto most_lost = static_cast<std::int64_t>(lost_before / ptmf_header_size) + next;
  if (!started && sequence <= most_lost) {
    next = std::max<std::int64_t>(next, sequence);
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

void PtmfClipBuilder::Places::skip_to(std::uint32_t sequence) {
  constexpr std::int32_t most_skipped = 1000;
  const auto skipped =
      static_cast<std::int32_t>(sequence - (origin + static_cast<std::uint32_t>(next)));
  next += started && skipped > 0 && skipped <= most_skipped ? skipped : 0;
}

/// Where another recording begins with `next`, gives it the late chunks before if it goes on from
/// them.
template <class Item>
void PtmfClipBuilder::begin_with_late(std::uint32_t sequence, const Item& next) {
  const auto goes_on_from = [&](const auto& late) {
    return !late.empty() && late.back().sequence < sequence && late.back().item.time < next.time &&
           next.time - late.back().item.time <= longest_pause;
  };
  bool goes_on = false;
  if constexpr (std::is_same_v<Item, ClipPicture>) {
    goes_on = goes_on_from(late_pictures_);
  } else {
    goes_on = goes_on_from(late_sounds_);
  }
  const auto place = [](auto& late, Places& places, auto& items) {
    for (auto& [item, number] : late) {
      item.number = places.of(number, false, false, 0);
      places.resumes = true;
      items.push_back(item);
    }
  };
  if (goes_on) {
    place(late_pictures_, recording_.picture_places, recording_.pictures);
    place(late_sounds_, recording_.sound_places, recording_.sounds);
  }
  late_pictures_.clear();
  late_sounds_.clear();
}

void PtmfClipBuilder::add(const PtmfEvent& event) {
  std::visit([this](const auto& alternative) { add(alternative); }, event);
}

void PtmfClipBuilder::add(const PtmfPicture& picture) {
  if (recording_.frame_rate == 0) {
    recording_.frame_rate = picture.format.frame_rate;
  }
  ClipPicture item{.key = picture.key,
                   .number = 0,
                   .time = std::min(picture.time, latest_time),
                   .offset = picture.payload_offset,
                   .size = static_cast<std::uint32_t>(picture.payload.size())};
  if (picture.headless) {
    recording_.head = item;
    return;
  }
  place_head(picture.sequence, item.time);
  if (!picture.late && std::exchange(restarted_, false)) {
    begin_with_late(picture.sequence, item);
  } else if (!picture.late) {
    late_pictures_.clear();
  }
  item.number =
      recording_.picture_places.of(picture.sequence, picture.late,
                                   std::exchange(number_is_wrong_, false), recording_.lost_before);
  recording_.pictures.push_back(item);
  if (picture.late) {
    late_pictures_.push_back({item, picture.sequence});
  }
  garbage_ = 0;
}

void PtmfClipBuilder::add(const PtmfSound& sound) {
  ClipSound item{.number = 0,
                 .time = std::min(sound.time, latest_time),
                 .offset = sound.payload_offset,
                 .size = static_cast<std::uint32_t>(sound.a_law.size())};
  if (!sound.late && std::exchange(restarted_, false)) {
    begin_with_late(sound.sequence, item);
  } else if (!sound.late) {
    late_sounds_.clear();
  }
  item.number = recording_.sound_places.of(
      sound.sequence, sound.late, std::exchange(number_is_wrong_, false), recording_.lost_before);
  recording_.sounds.push_back(item);
  if (sound.late) {
    late_sounds_.push_back({item, sound.sequence});
  }
  garbage_ = 0;
}

void PtmfClipBuilder::add(const PtmfDamage& damage) {
  if (damage.kind == PtmfDamageKind::garbage) {
    garbage_ += damage.length;
    if (recording_.picture_places.next == 0 && recording_.sound_places.next == 0) {
      recording_.lost_before = garbage_;
    }
  }
  if (damage.kind == PtmfDamageKind::restart) {
    finish_recording();
    recording_.lost_before = garbage_;
    restarted_ = true;
  }
  recording_.picture_places.next += damage.pictures;
  recording_.sound_places.next += damage.sounds;
  number_is_wrong_ = number_is_wrong_ || damage.kind == PtmfDamageKind::wrong_number;
  if (clip_.losses.damage.size() < Losses::most_listed) {
    clip_.losses.damage.push_back(damage);
  } else {
    ++clip_.losses.unlisted;
  }
}

/// The picture without header is the one before the first that has one.
void PtmfClipBuilder::place_head(std::uint32_t next_sequence, std::uint64_t next_time) {
  if (auto head = std::exchange(recording_.head, {})) {
    head->number = recording_.picture_places.of(next_sequence - 1, false, false, 0);
    head->time = next_time - std::min(next_time, period_of(recording_.frame_rate));
    recording_.pictures.push_back(*head);
  }
}

/// Puts the recording in order and appends it to the clip.
void PtmfClipBuilder::finish_recording() {
  const auto period = period_of(recording_.frame_rate);
  place_head(1, recording_.sounds.empty() ? 0 : recording_.sounds.front().time);
  auto [pictures, sounds, picture_places, sound_places, head, frame_rate, lost_before] =
      std::exchange(recording_, {});
  put_in_order(pictures);
  put_in_order(sounds);
  keep_repeats(late_pictures_, pictures);
  keep_repeats(late_sounds_, sounds);
  // late chunks from before the beginning count neither way
  const auto from_zero = [](const auto& item) { return item.number >= 0; };
  auto& losses = clip_.losses;
  losses.missing +=
      static_cast<std::uint64_t>(picture_places.next - std::ranges::count_if(pictures, from_zero));
  losses.sounds +=
      static_cast<std::uint64_t>(sound_places.next - std::ranges::count_if(sounds, from_zero));
  losses.mended_times += mend_times(pictures, period) + mend_times(sounds, sound_period);
  losses.undecodable += drop_undecodable(pictures);
  losses.disturbed += count_disturbed(pictures);
  rebase(pictures, sounds);
  clip_.period = clip_.period != 0 ? clip_.period : period;
  const auto start = clip_.duration();
  append_items(clip_.pictures, pictures, numbers_, start);
  append_items(clip_.sounds, sounds, sound_numbers_, start);
  numbers_ = std::max(numbers_ + picture_places.next, end_of(clip_.pictures));
  sound_numbers_ = std::max(sound_numbers_ + sound_places.next, end_of(clip_.sounds));
}

Clip PtmfClipBuilder::finish() && {
  finish_recording();
  clip_.losses.sound_time = clip_.losses.sounds * sound_period;
  return std::move(clip_);
}

namespace {

/// When a picture is shown: in which sequence, and its count there.
using Shown = std::pair<std::size_t, std::int32_t>;

/// Of every unit; empty if one does not tell.
std::vector<Shown> order_of(const std::vector<AccessUnit>& units) {
  std::vector<Shown> order;
  std::size_t sequence = 0;
  for (const auto& unit : units) {
    if (!unit.order) {
      return {};
    }
    sequence += unit.order->restarts ? 1 : 0;
    order.emplace_back(sequence, unit.order->count);
  }
  return order;
}

/// The least difference between counts: that of neighbours, if none is missing.
std::int32_t step_of(const std::vector<Shown>& sorted) {
  std::int32_t step = 0;
  for (std::size_t i = 1; i < sorted.size(); ++i) {
    const auto difference = sorted[i].second - sorted[i - 1].second;
    if (sorted[i].first == sorted[i - 1].first && difference > 0) {
      step = step == 0 ? difference : std::min(step, difference);
    }
  }
  return std::max(step, 1);
}

/// Numbers the pictures as they are shown; with `gaps` the missing ones have numbers too.
void number_as_shown(std::vector<ClipPicture>& pictures, const std::vector<Shown>& order,
                     bool gaps) {
  auto sorted = order;
  std::ranges::sort(sorted);
  const auto step = step_of(sorted);
  std::map<Shown, std::int64_t> numbers;
  std::int64_t number = 0;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    const bool follows = i != 0 && sorted[i].first == sorted[i - 1].first;
    const auto steps = follows && gaps ? (sorted[i].second - sorted[i - 1].second) / step : 1;
    number += i == 0 ? 0 : std::clamp(steps, 1, most_missing);
    numbers[sorted[i]] = number;
  }
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    pictures[i].number = numbers[order[i]];
  }
}

/// What is wrong with a stream's units.
std::vector<PtmfDamage> damage_of(const std::vector<AccessUnit>& units) {
  std::vector<PtmfDamage> damage;
  for (const auto& unit : units) {
    if (damage.size() < Losses::most_listed && (unit.damaged || unit.lost_behind)) {
      damage.push_back(
          {.kind = unit.damaged ? PtmfDamageKind::bad_picture : PtmfDamageKind::garbage,
           .offset = unit.offset + (unit.damaged ? 0 : unit.size),
           .length = unit.damaged ? unit.size : 0,
           .pictures = 1,
           .message = unit.damaged ? "a picture is damaged: it holds bytes that none has"
                                   : "a picture has a damaged start code"});
    }
  }
  return damage;
}

} // namespace

Clip clip_of(const std::vector<AccessUnit>& units, unsigned frame_rate) {
  Clip clip;
  clip.period = period_of(frame_rate);
  auto& losses = clip.losses;
  losses.damage = damage_of(units);
  const auto all = order_of(units);
  std::vector<Shown> order;
  bool sound = true; // nothing is missing since the latest key picture
  for (std::size_t i = 0; i < units.size(); ++i) {
    const auto& unit = units[i];
    sound = (sound || unit.key) && !unit.damaged;
    losses.missing += (unit.damaged ? 1U : 0U) + (unit.lost_behind ? 1U : 0U);
    const bool too_early = clip.pictures.empty() && !unit.key;
    if (!unit.damaged && (too_early || (unit.order && unit.order->skipped))) {
      ++losses.undecodable;
    } else if (!unit.damaged) {
      losses.disturbed += sound ? 0 : 1;
      clip.pictures.push_back({.key = unit.key,
                               .number = static_cast<std::int64_t>(clip.pictures.size()),
                               .time = 0,
                               .offset = unit.offset,
                               .size = static_cast<std::uint32_t>(unit.size)});
      order.push_back(all.empty() ? Shown(0, static_cast<std::int32_t>(i)) : all[i]);
    }
    sound = sound && !unit.lost_behind;
  }
  number_as_shown(clip.pictures, order, losses.missing != 0 && !all.empty());
  std::int64_t last = -1;
  for (auto& picture : clip.pictures) {
    picture.time = static_cast<std::uint64_t>(picture.number) * 1'000'000 / frame_rate;
    last = std::max(last, picture.number);
  }
  const auto gaps = last + 1 - std::ssize(clip.pictures);
  losses.missing = std::max(losses.missing, static_cast<std::uint64_t>(gaps));
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
