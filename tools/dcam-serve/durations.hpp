// How long something took, time after time, as a histogram.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>

namespace dualcam::serve {

class Durations {
public:
  /// Seconds; what took longer than all is in the last count.
  static constexpr std::array<double, 12> bounds{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                                 0.1,   0.25,   0.5,   1,    2.5,   5};

  void add(std::chrono::nanoseconds duration) {
    const auto seconds = std::chrono::duration<double>(duration).count();
    const auto place = std::ranges::lower_bound(bounds, seconds) - bounds.begin();
    ++counts_.at(static_cast<std::size_t>(place));
    sum_ += seconds;
  }

  /// Those that somebody else has counted, too.
  void add(const Durations& other) {
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      counts_[i] += other.counts_[i];
    }
    sum_ += other.sum_;
  }

  /// How many took no longer than each bound, but longer than the one before.
  const std::array<std::uint64_t, bounds.size() + 1>& counts() const { return counts_; }
  double seconds() const { return sum_; }

private:
  std::array<std::uint64_t, bounds.size() + 1> counts_{};
  double sum_ = 0;
};

} // namespace dualcam::serve
