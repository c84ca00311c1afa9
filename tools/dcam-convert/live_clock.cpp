#include "dcam-convert/live_clock.hpp"

#include <algorithm>

namespace dualcam::convert {
namespace {

ClipSound timed(std::int64_t number, std::uint64_t time) {
  return {.number = number, .time = time, .offset = 0, .size = 0};
}

} // namespace

bool LiveClock::is_odd(Stamp stamp, std::uint64_t period) const {
  if (latest_.empty()) {
    return false;
  }
  constexpr std::uint64_t most_uneven = 2;
  const auto time = stamp.time + shift_;
  const auto steps = static_cast<std::uint64_t>(stamp.number - latest_.back().number);
  return time <= latest_.back().time || time - latest_.back().time > most_uneven * steps * period;
}

std::uint64_t LiveClock::take(Stamp stamp, const std::vector<Stamp>& ahead, std::uint64_t period) {
  const bool doubted = latest_.empty() ? !ahead.empty() : is_odd(stamp, period);
  const auto time = doubted ? put_right(stamp, ahead, period) : stamp.time + shift_;
  if (latest_.size() == 2) {
    latest_.erase(latest_.begin());
  }
  latest_.push_back(timed(stamp.number, time));
  return time;
}

std::uint64_t LiveClock::put_right(Stamp stamp, const std::vector<Stamp>& ahead,
                                   std::uint64_t period) {
  auto times = latest_;
  const auto here = times.size();
  times.push_back(timed(stamp.number, stamp.time + shift_));
  for (const auto& one : ahead) {
    times.push_back(timed(one.number, one.time + shift_));
  }
  const auto told = times;
  mend_times(times, period);
  const auto change = [&](std::size_t i) { return times[i].time - told[i].time; };
  if (!ahead.empty() && change(here) == change(here + 1)) {
    shift_ += change(here); // the clock has jumped
  }
  mended_ += change(here) != 0 ? 1 : 0;
  if (latest_.empty()) {
    return times[here].time;
  }
  mended_ += change(here - 1) != 0 ? 1 : 0;
  if (here == 1) {
    first_was_late_ = 0 - change(0);
    latest_[0].time = times[0].time;
  }
  return std::max(times[here].time, latest_.back().time + 1);
}

void LiveClock::restart() {
  const auto mended = mended_;
  *this = LiveClock();
  mended_ = mended;
}

} // namespace dualcam::convert
