// The times of one track as they come.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "dcam-convert/clip.hpp"

namespace dualcam::convert {

/// Puts times right as mend_times does. It sees no more than a few of those that follow, and these
/// only where a time is odd.
class LiveClock {
public:
  struct Stamp {
    std::int64_t number; ///< counts from 0; the lost ones have numbers too
    std::uint64_t time;
  };
  /// How many that follow an odd one are wanted.
  static constexpr std::size_t wanted_ahead = 2;

  /// Whether the time does not follow that of the one before as its number says: those behind it
  /// tell which of both is wrong. Of the first they are asked if there are any.
  bool is_odd(Stamp stamp, std::uint64_t period) const;
  /// The time that it gets; they rise. `ahead`: what is known of those behind it.
  std::uint64_t take(Stamp stamp, const std::vector<Stamp>& ahead, std::uint64_t period);
  /// By how much the first one's time, which went out, has just been found to be late, modulo 2^64.
  std::uint64_t first_was_late() { return std::exchange(first_was_late_, 0); }
  bool started() const { return !latest_.empty(); }

  std::uint64_t mended() const { return mended_; }
  void restart();

private:
  std::uint64_t put_right(Stamp stamp, const std::vector<Stamp>& ahead, std::uint64_t period);

  std::vector<ClipSound> latest_; ///< two at most, as they went out; number and time
  std::uint64_t shift_ = 0;       ///< jumps of the clock, modulo 2^64
  std::uint64_t first_was_late_ = 0;
  std::uint64_t mended_ = 0;
};

} // namespace dualcam::convert
