#include "common/seen_frames.hpp"

#include <algorithm>
#include <functional>
#include <random>
#include <string_view>
#include <utility>

namespace dualcam::inline tools {
namespace {

constexpr std::size_t first_slots = 1024; // a power of two, as all that follow

/// Of this process alone: who made the capture cannot have its frames crowd in a few slots.
std::uint64_t random_key() {
  std::random_device random;
  return std::uint64_t{random()} << 32 | random();
}

/// Not 0. Bits are mixed as in SplitMix64: times differ in the low ones.
std::uint64_t hash_of(const CapturedFrame& frame, std::uint64_t key) {
  auto hash = std::uint64_t{std::hash<std::string_view>()(as_text(frame.bytes))} ^
              frame.time * 0x9E37'79B9'7F4A'7C15 ^ frame.length ^ key;
  hash = (hash ^ hash >> 30) * 0xBF58'476D'1CE4'E5B9;
  hash = (hash ^ hash >> 27) * 0x94D0'49BB'1331'11EB;
  return std::max<std::uint64_t>(hash ^ hash >> 31, 1);
}

} // namespace

SeenFrames::SeenFrames() : key_(random_key()) {}

bool SeenFrames::has_seen(const CapturedFrame& frame) {
  if (frame.time == 0) {
    return false;
  }
  if (count_ * 4 >= slots_.size() * 3 && count_ < most_remembered) {
    grow();
  }
  const auto hash = hash_of(frame, key_);
  auto& slot = slots_[slot_of(hash)];
  if (slot == hash) {
    return true;
  }
  if (count_ < most_remembered) {
    slot = hash;
    ++count_;
  }
  return false;
}

/// Where it is, or would be.
std::size_t SeenFrames::slot_of(std::uint64_t hash) const {
  auto slot = hash & (slots_.size() - 1);
  while (slots_[slot] != 0 && slots_[slot] != hash) {
    slot = (slot + 1) & (slots_.size() - 1);
  }
  return slot;
}

void SeenFrames::grow() {
  const auto larger = std::max(first_slots, slots_.size() * 2);
  for (const auto hash : std::exchange(slots_, std::vector<std::uint64_t>(larger))) {
    if (hash != 0) {
      slots_[slot_of(hash)] = hash;
    }
  }
}

} // namespace dualcam::inline tools
