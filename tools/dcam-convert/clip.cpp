#include "dcam-convert/clip.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace dualcam {
namespace {

constexpr unsigned usual_frame_rate = 25;
constexpr std::uint64_t sound_period = 40'000;
constexpr std::uint64_t longest_pause = 10'000'000;
constexpr std::uint32_t longest_silence = 320;

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

/// Whether `next` may follow `previous`: later, but not by much more than the numbers say.
template <class Item>
bool may_follow(const Item& previous, const Item& next, std::uint64_t period) {
  const auto steps = static_cast<std::uint64_t>(next.number - previous.number);
  return next.time > previous.time &&
         next.time - previous.time <= longest_pause + 2 * steps * period;
}

/// Whether item `i` has a credible time, given the last one before it that has.
template <class Item>
bool is_credible(const std::vector<Item>& items, std::size_t last, std::size_t i,
                 std::uint64_t period) {
  const auto follows = [&](std::size_t a, std::size_t b) {
    return b < items.size() && may_follow(items[a], items[b], period);
  };
  if (follows(last, i)) { // unless it is this one that keeps the next from following
    return !follows(last, i + 1) || follows(i, i + 1);
  }
  return items[i].time > items[last].time && follows(i, i + 1) && follows(i + 1, i + 2);
}

} // namespace

template <class Item> std::uint64_t mend_times(std::vector<Item>& items, std::uint64_t period) {
  if (items.size() < 2) {
    return 0;
  }
  std::size_t anchor = 0;
  while (anchor + 1 < items.size() && !may_follow(items[anchor], items[anchor + 1], period)) {
    ++anchor;
  }
  anchor = anchor + 1 < items.size() ? anchor : 0;
  const auto steps = [&](std::size_t from, std::size_t to) {
    return static_cast<std::uint64_t>(items[to].number - items[from].number);
  };
  for (auto i = anchor; i-- > 0;) {
    const auto back = period * steps(i, i + 1);
    items[i].time = items[i + 1].time - std::min(items[i + 1].time, back);
  }
  std::uint64_t mended = anchor;
  const auto fill = [&](std::size_t last, std::size_t next) {
    const bool open = next == items.size();
    for (auto i = last + 1; i < next; ++i) {
      items[i].time = items[last].time + (open ? period * steps(last, i)
                                               : (items[next].time - items[last].time) *
                                                     steps(last, i) / steps(last, next));
      ++mended;
    }
  };
  auto last = anchor;
  for (auto i = anchor + 1; i < items.size(); ++i) {
    if (is_credible(items, last, i, period)) {
      fill(last, i);
      last = i;
    }
  }
  fill(last, items.size());
  return mended;
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
       .time = picture.time,
       .offset = picture.offset + ptmf_header_size,
       .size = static_cast<std::uint32_t>(picture.payload.size())});
}

void PtmfClipBuilder::add(const PtmfSound& sound) {
  clip_.sounds.push_back(
      {.number = sounds_.of(sound.sequence, sound.late, std::exchange(number_is_wrong_, false),
                            lost_before_),
       .time = sound.time,
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

std::vector<Silence> silences(const std::vector<ClipSound>& sounds) {
  std::vector<Silence> result;
  for (std::size_t i = 1; i < sounds.size(); ++i) {
    auto time = sounds[i - 1].end();
    if (sounds[i].time < time + shortest_hole) {
      continue;
    }
    while (time + 125 <= sounds[i].time) {
      const auto bytes = std::min<std::uint64_t>((sounds[i].time - time) / 125, longest_silence);
      result.push_back({i, time, static_cast<std::uint32_t>(bytes)});
      time += bytes * 125;
    }
  }
  return result;
}

} // namespace dualcam
