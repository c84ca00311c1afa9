/// \file
/// What a session waits for, each wait under its name. A value; used by one thread at a time.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>

namespace dualcam {

/// Only the type: no session reads a clock.
using TimePoint = std::chrono::steady_clock::time_point;
/// Every wait is given in these.
using Milliseconds = std::chrono::milliseconds;

/// The end of a wait, of 0 or more, that begins at `now`; TimePoint::max() if no clock gets there.
constexpr TimePoint after(TimePoint now, Milliseconds wait) {
  const auto left = std::chrono::floor<Milliseconds>(TimePoint::max().time_since_epoch()) -
                    std::chrono::floor<Milliseconds>(now.time_since_epoch());
  return wait < left ? now + wait : TimePoint::max();
}

/// A wait. Of several that are over, the first of this list counts.
enum class Timer {
  idle,          ///< progress of any kind
  path,          ///< PATH
  metadata,      ///< METADATA
  metadata_byte, ///< the last byte of a METADATA that is one too short
  start,         ///< START, or the right one behind one that says that nothing is there
  sync,          ///< SYNC, behind RESUME
  packet,        ///< the file's next command
  more,          ///< the next packet of a file that may be whole
  repeat_init,   ///< the INIT that answers REPEAT INIT
};

/// Timers by name. One that does not run is due never: TimePoint::max().
class Deadlines {
public:
  /// Nothing runs.
  Deadlines() { stop_all(); }

  /// From now on `timer` is due at `when`, whatever was before.
  void start(Timer timer, TimePoint when) { slot(timer) = when; }
  /// None is due any more.
  void stop_all() { due_.fill(TimePoint::max()); }
  /// As `stop_all`, but `timer` goes on if it runs.
  void stop_all_but(Timer timer);

  /// When `timer` is due.
  TimePoint at(Timer timer) const { return due_[static_cast<std::size_t>(timer)]; }
  /// When the first of all is due.
  TimePoint next() const;
  /// The timer that is due at `now`, the first of them; nullopt: none.
  std::optional<Timer> due(TimePoint now) const;

private:
  TimePoint& slot(Timer timer) { return due_[static_cast<std::size_t>(timer)]; }

  std::array<TimePoint, static_cast<std::size_t>(Timer::repeat_init) + 1> due_;
};

} // namespace dualcam
