// The time that a program goes by. Tests have one that they move on.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/steady_timer.hpp>

#include "common/units.hpp"
#include "dualcam/session/deadlines.hpp"

namespace dualcam::inline tools {

class Clock {
public:
  Clock() = default;
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;
  virtual ~Clock() = default;

  virtual TimePoint now() const { return steady_now(); }
  /// May be set, by a person or NTP, at any time.
  virtual SystemTime wall() const { return system_now(); }

  /// Until then, or until `timer` is cancelled; a test's clock may come back sooner.
  virtual asio::awaitable<void> wait(asio::steady_timer& timer, TimePoint until);

  /// The real one.
  static Clock& system() {
    static Clock clock;
    return clock;
  }
};

} // namespace dualcam::inline tools
