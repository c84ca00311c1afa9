// Randomness that does not depend on when it is asked for.
#pragma once

#include <cstdint>
#include <initializer_list>

namespace dualcam::sim {

/// SplitMix64 from a state that follows from a key: equal keys, equal numbers.
class Random {
public:
  explicit Random(std::initializer_list<std::uint64_t> key) {
    for (const auto part : key) {
      state_ = mixed(state_ + step) ^ part;
    }
  }

  std::uint64_t next() { return mixed(state_ += step); }
  std::uint64_t below(std::uint64_t limit) { return next() % limit; }
  /// From 0 to less than 1.
  double share() { return static_cast<double>(next() >> 11) * 0x1p-53; }

private:
  static constexpr std::uint64_t step = 0x9E3779B97F4A7C15;

  static std::uint64_t mixed(std::uint64_t bits) {
    bits = (bits ^ bits >> 30) * 0xBF58476D1CE4E5B9;
    bits = (bits ^ bits >> 27) * 0x94D049BB133111EB;
    return bits ^ bits >> 31;
  }

  std::uint64_t state_ = 0;
};

} // namespace dualcam::sim
