#include "dcam-convert/ptmf_clip.hpp"

#include <algorithm>
#include <type_traits>
#include <utility>

namespace dualcam::convert {
namespace {

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

} // namespace

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
                   .time = believable(picture.time),
                   .offset = picture.payload_offset,
                   .size = static_cast<std::uint32_t>(picture.payload.size())};
  if (picture.key) {
    heads_.add(item.offset, head_of(picture), picture.damaged_head != 0, picture.codec,
               note_size(picture));
    clip_.codec = std::exchange(has_codec_, true) ? clip_.codec : picture.codec;
  } else {
    item.offset += picture.damaged_head;
    item.size -= static_cast<std::uint32_t>(picture.damaged_head);
  }
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

/// Of a key picture: whether its size is another one than that of the first, which its chunk's
/// header confirms.
bool PtmfClipBuilder::note_size(const PtmfPicture& picture) {
  const auto size = confirmed_size(picture);
  if (!size) {
    return false;
  }
  first_size_ = first_size_.value_or(*size);
  sizes_[picture.payload_offset] = *size;
  return *size != *first_size_;
}

void PtmfClipBuilder::add(const PtmfSound& sound) {
  ClipSound item{.number = 0,
                 .time = believable(sound.time),
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
  clip_.losses.list(damage);
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
  for (auto& damage : heads_.mend(pictures)) {
    clip_.losses.list(std::move(damage));
  }
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
  clip_.size_changes = size_changes_in(clip_.pictures, sizes_);
  clip_.losses.sound_time = clip_.losses.sounds * sound_period;
  return std::move(clip_);
}

} // namespace dualcam::convert
