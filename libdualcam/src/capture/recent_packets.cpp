#include "capture/recent_packets.hpp"

#include <algorithm>
#include <functional>
#include <string_view>

namespace dualcam {
namespace {

constexpr std::size_t most_runs_looked_at = 64;

std::uint32_t content_of(Bytes payload) {
  return static_cast<std::uint32_t>(std::hash<std::string_view>()(as_text(payload)));
}

std::uint32_t number_of(std::uint64_t ordinal, std::int64_t shift) {
  return static_cast<std::uint32_t>(
      std::clamp<std::int64_t>(static_cast<std::int64_t>(ordinal) + shift, 1, UINT32_MAX));
}

} // namespace

void RecentPackets::add(std::uint64_t ordinal, std::uint32_t number, Bytes payload,
                        std::uint16_t stored) {
  last_ = ordinal;
  packets_.push_back({static_cast<std::uint32_t>(ordinal), content_of(payload),
                      static_cast<std::uint16_t>(payload.size()), stored});
  const auto shift = std::int64_t{number} - static_cast<std::int64_t>(ordinal);
  if (runs_.empty() || runs_.back().shift != shift) {
    runs_.push_back({ordinal, shift});
  }
  if (packets_.size() > most) {
    packets_.pop_front();
    const auto oldest = ordinal_of(packets_.front());
    while (runs_.size() > 1 && runs_[1].first <= oldest) {
      runs_.pop_front();
    }
  }
}

std::optional<std::uint16_t> RecentPackets::stored_crc(std::uint32_t number) const {
  const auto* packet = find(number);
  return packet != nullptr ? std::optional(packet->stored) : std::nullopt;
}

std::optional<bool> RecentPackets::has_content(std::uint32_t number, Bytes payload) const {
  const auto* packet = find(number);
  return packet != nullptr ? std::optional(packet->size == payload.size() &&
                                           packet->content == content_of(payload))
                           : std::nullopt;
}

std::optional<std::uint32_t> RecentPackets::number_with_crc(std::uint16_t stored) const {
  constexpr std::size_t most_looked_at = 16; // more would be alike by chance
  std::size_t count = 0;
  for (auto i = packets_.rbegin(); i != packets_.rend() && count < most_looked_at; ++i, ++count) {
    ++looked_at_;
    if (i->stored == stored) {
      const auto ordinal = ordinal_of(*i);
      return number_of(ordinal, runs_[run_of(ordinal)].shift);
    }
  }
  return std::nullopt;
}

const RecentPackets::Packet* RecentPackets::find(std::uint32_t number) const {
  auto end = static_cast<std::int64_t>(last_) + 1;
  std::size_t count = 0;
  for (auto run = runs_.rbegin(); run != runs_.rend() && count < most_runs_looked_at;
       ++run, ++count) {
    ++looked_at_;
    const auto first = static_cast<std::int64_t>(run->first);
    if (const auto ordinal = number - run->shift; ordinal >= first && ordinal < end) {
      const auto found = lower_bound(static_cast<std::uint64_t>(ordinal));
      if (found != packets_.end() && ordinal_of(*found) == static_cast<std::uint64_t>(ordinal)) {
        return &*found;
      }
    }
    end = first;
  }
  return nullptr;
}

std::optional<std::uint32_t> RecentPackets::only_one_with(Bytes payload, Range range) const {
  const auto content = content_of(payload);
  std::optional<std::uint64_t> ordinal;
  for (auto i = lower_bound(range.first); i != packets_.end() && ordinal_of(*i) < range.end; ++i) {
    ++looked_at_;
    if (i->content == content && i->size == payload.size()) {
      if (ordinal) {
        return std::nullopt;
      }
      ordinal = ordinal_of(*i);
    }
  }
  return ordinal ? std::optional(number_of(*ordinal, runs_[run_of(*ordinal)].shift)) : std::nullopt;
}

std::uint32_t RecentPackets::renumber(Range range, std::int64_t shift) {
  const auto begin = lower_bound(range.first);
  if (begin == packets_.end() || ordinal_of(*begin) >= range.end) {
    return 0;
  }
  const auto first = std::max(range.first, runs_.front().first);
  split_run(first);
  split_run(range.end);
  std::uint32_t highest = 0;
  for (auto i = run_of(first); i < runs_.size() && runs_[i].first < range.end; ++i) {
    ++looked_at_;
    auto& run = runs_[i];
    run.shift += shift;
    const auto end = i + 1 < runs_.size() ? runs_[i + 1].first : last_ + 1;
    highest = std::max(highest, number_of(std::min(end, range.end) - 1, run.shift));
  }
  return highest;
}

std::deque<RecentPackets::Packet>::const_iterator
RecentPackets::lower_bound(std::uint64_t ordinal) const {
  return std::ranges::lower_bound(packets_, ordinal, {}, [this](const Packet& packet) {
    ++looked_at_;
    return ordinal_of(packet);
  });
}

/// The run with this ordinal, which is not before the first.
std::size_t RecentPackets::run_of(std::uint64_t ordinal) const {
  const auto behind = std::ranges::upper_bound(runs_, ordinal, {}, &Run::first);
  return static_cast<std::size_t>(behind - runs_.begin()) - 1;
}

/// A run begins at this ordinal.
void RecentPackets::split_run(std::uint64_t ordinal) {
  const auto run = run_of(ordinal);
  if (ordinal <= last_ && runs_[run].first != ordinal) {
    runs_.insert(runs_.begin() + static_cast<std::ptrdiff_t>(run) + 1, {ordinal, runs_[run].shift});
  }
}

} // namespace dualcam
