#include "dcam-convert/stream_clip.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

namespace dualcam::convert {
namespace {

constexpr int most_missing = 10'000; // between two pictures of a stream

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

/// What is wrong with a stream's unit.
PtmfDamage damage_of(const AccessUnit& unit) {
  return {.kind = unit.damaged ? PtmfDamageKind::bad_picture : PtmfDamageKind::garbage,
          .offset = unit.offset + (unit.damaged ? 0 : unit.size),
          .length = unit.damaged ? unit.size : 0,
          .pictures = unit.garbage_behind ? 0U : 1U,
          .message = unit.damaged       ? "a picture is damaged: it holds bytes that none has"
                     : unit.lost_behind ? "a picture has a damaged start code"
                                        : "what precedes a picture has a damaged start code"};
}

/// Those that are not damaged, each with its unit's number.
std::vector<ClipPicture> pictures_of(const std::vector<AccessUnit>& units) {
  std::vector<ClipPicture> pictures;
  for (std::size_t i = 0; i < units.size(); ++i) {
    if (!units[i].damaged) {
      pictures.push_back({.key = units[i].key,
                          .number = static_cast<std::int64_t>(i),
                          .time = 0,
                          .offset = units[i].offset,
                          .size = static_cast<std::uint32_t>(units[i].size)});
    }
  }
  return pictures;
}

/// The two fields of a frame as one unit.
std::vector<AccessUnit> joined_fields(const std::vector<AccessUnit>& units) {
  std::vector<AccessUnit> frames;
  for (const auto& unit : units) {
    if (frames.empty() || !unit.order || !unit.order->second_field) {
      frames.push_back(unit);
      continue;
    }
    auto& frame = frames.back();
    frame.size = unit.offset + unit.size - frame.offset;
    frame.damaged = frame.damaged || frame.lost_behind || frame.garbage_behind || unit.damaged;
    frame.lost_behind = unit.lost_behind;
    frame.garbage_behind = unit.garbage_behind;
  }
  return frames;
}

} // namespace

Clip clip_of(const std::vector<AccessUnit>& fields, double frame_rate, const HeadMender& heads,
             std::vector<PtmfDamage> damage) {
  const auto units = joined_fields(fields);
  Clip clip;
  clip.period = period_of(frame_rate);
  auto& losses = clip.losses;
  auto whole = pictures_of(units);
  std::ranges::move(heads.mend(whole), std::back_inserter(damage));
  const auto all = order_of(units);
  std::vector<Shown> order;
  bool sound = true; // nothing is missing since the latest key picture
  auto next = whole.begin();
  for (std::size_t i = 0; i < units.size(); ++i) {
    const auto& unit = units[i];
    const bool lost = next == whole.end() || next->number != static_cast<std::int64_t>(i);
    sound = (sound || unit.key) && !lost;
    losses.missing += (lost ? 1U : 0U) + (unit.lost_behind ? 1U : 0U);
    const bool too_early = clip.pictures.empty() && !unit.key;
    if (!lost && (too_early || (unit.order && unit.order->skipped))) {
      ++losses.undecodable;
    } else if (!lost) {
      losses.disturbed += sound ? 0 : 1;
      clip.pictures.push_back(*next);
      clip.pictures.back().number = std::ssize(clip.pictures) - 1;
      order.push_back(all.empty() ? Shown(0, static_cast<std::int32_t>(i)) : all[i]);
    }
    next += lost ? 0 : 1;
    sound = sound && !unit.lost_behind;
    if (unit.damaged || unit.lost_behind || unit.garbage_behind) {
      damage.push_back(damage_of(unit));
    }
  }
  std::ranges::sort(damage, {},
                    [](const PtmfDamage& one) { return std::pair(one.offset, one.kind); });
  for (auto& one : damage) {
    losses.list(std::move(one));
  }
  number_as_shown(clip.pictures, order, losses.missing != 0 && !all.empty());
  std::int64_t last = -1;
  for (auto& picture : clip.pictures) {
    picture.time =
        static_cast<std::uint64_t>(static_cast<double>(picture.number) * 1e6 / frame_rate);
    last = std::max(last, picture.number);
  }
  const auto gaps = last + 1 - std::ssize(clip.pictures);
  losses.missing = std::max(losses.missing, static_cast<std::uint64_t>(gaps));
  return clip;
}

} // namespace dualcam::convert
