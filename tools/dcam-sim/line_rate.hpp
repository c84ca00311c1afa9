// When a line of so many bytes a second is free for the next ones.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace dualcam::sim {

class LineRate {
public:
  using TimePoint = std::chrono::steady_clock::time_point;
  using Duration = std::chrono::steady_clock::duration;

  /// How late a sleep may end to be made up for; who comes later had nothing to send.
  static constexpr Duration most_late = std::chrono::milliseconds(100);

  /// 0: as fast as it goes.
  explicit LineRate(std::uint64_t bytes_a_second) : bytes_a_second_(bytes_a_second) {}

  /// How long to sleep until so many bytes more are through.
  Duration wait_for(std::uint64_t bytes, TimePoint now) {
    if (bytes_a_second_ == 0) {
      return {};
    }
    if (!free_at_ || now - *free_at_ > most_late) {
      free_at_ = now;
    }
    *free_at_ += std::chrono::nanoseconds(1'000'000'000 * bytes / bytes_a_second_);
    return std::max(*free_at_ - now, Duration());
  }

private:
  std::uint64_t bytes_a_second_;
  std::optional<TimePoint> free_at_;
};

} // namespace dualcam::sim
