#include "capture/recent_packets.hpp"

#include <algorithm>

namespace dualcam {
namespace {

constexpr std::size_t most_runs_looked_at = 64;

} // namespace

void RecentPackets::add(std::uint64_t ordinal, std::uint32_t number, std::uint16_t received_crc) {
  last_ = ordinal;
  packets_.push_back({static_cast<std::uint32_t>(ordinal), received_crc});
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

std::optional<std::uint16_t> RecentPackets::received_crc(std::uint32_t number) const {
  const auto* packet = find(number);
  return packet != nullptr ? std::optional(packet->received_crc) : std::nullopt;
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

std::deque<RecentPackets::Packet>::const_iterator
RecentPackets::lower_bound(std::uint64_t ordinal) const {
  return std::ranges::lower_bound(packets_, ordinal, {}, [this](const Packet& packet) {
    ++looked_at_;
    return ordinal_of(packet);
  });
}

} // namespace dualcam
