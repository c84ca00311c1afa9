#include "capture/packet_index.hpp"

#include <algorithm>
#include <utility>

namespace dualcam {
namespace {

bool is_good(const CapturedPacket* packet) {
  return packet != nullptr && packet->verdict == DumpVerdict::good;
}

bool is_certain(const CapturedPacket* packet) {
  return is_good(packet) && packet->numbering == DumpNumbering::stated;
}

const CapturedPacket* better(const CapturedPacket* a, const CapturedPacket* b) {
  return a == nullptr || (b != nullptr && !is_good(a) && is_good(b)) ? b : a;
}

} // namespace

PacketIndex::PacketIndex(const CapturedTransfer& transfer)
    : in_bytes_(transfer.in_bytes), levels_{transfer.best()} {
  good_ = static_cast<std::uint64_t>(std::ranges::count_if(levels_[0], is_good));
}

const CapturedPacket* PacketIndex::find(std::uint64_t place) const {
  const CapturedPacket* best = nullptr;
  for (const auto& level : levels_) {
    const auto found = std::ranges::lower_bound(
        level, place, {}, [this](const CapturedPacket* packet) { return place_of(packet); });
    if (found != level.end() && place_of(*found) == place) {
      best = better(best, *found);
    }
  }
  return best;
}

PacketIndex::Level PacketIndex::merge(const Level& a, const Level& b) const {
  Level all;
  all.reserve(a.size() + b.size());
  auto i = a.begin();
  for (const auto* packet : b) {
    while (i != a.end() && place_of(*i) < place_of(packet)) {
      all.push_back(*i++);
    }
    const bool both = i != a.end() && place_of(*i) == place_of(packet);
    all.push_back(both ? better(*i++, packet) : packet);
  }
  all.insert(all.end(), i, a.end());
  return all;
}

std::size_t PacketIndex::size() const {
  std::size_t size = 0;
  for (const auto& level : levels_) {
    size += level.size();
  }
  return size;
}

PacketIndex::Overlap PacketIndex::overlap(const PacketIndex& other) const {
  if (size() > other.size()) {
    return other.overlap(*this);
  }
  Overlap overlap{};
  for (const auto& level : levels_) {
    for (const auto* packet : level) {
      const auto* counterpart = is_certain(packet) ? other.find(place_of(packet)) : nullptr;
      if (is_certain(counterpart)) {
        const bool equal = counterpart->content == packet->content &&
                           counterpart->crc == packet->crc && counterpart->size == packet->size;
        ++(equal ? overlap.equal : overlap.differ);
      }
    }
  }
  return overlap;
}

void PacketIndex::add(PacketIndex&& other) {
  if (other.size() > size()) {
    std::swap(*this, other);
  }
  for (auto& level : other.levels_) {
    if (level.empty()) {
      continue;
    }
    for (const auto* packet : level) {
      good_ += is_good(packet) && !is_good(find(place_of(packet)));
    }
    levels_.push_back(std::move(level));
    std::ranges::sort(levels_, std::ranges::greater(), &Level::size);
    while (levels_.size() > 1 && levels_.end()[-2].size() < 2 * levels_.back().size()) {
      auto last = std::move(levels_.back());
      levels_.pop_back();
      levels_.back() = merge(levels_.back(), last);
      merged_ += levels_.back().size();
    }
  }
}

} // namespace dualcam
