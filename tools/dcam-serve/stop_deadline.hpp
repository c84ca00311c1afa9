// How long a server that is to end waits for its disks.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include <asio/steady_timer.hpp>

#include "common/clock.hpp"
#include "common/workers.hpp"

namespace dualcam::serve {

/// A thread of its own watches, whatever the others wait for.
class StopDeadline {
public:
  /// `passed` is called there when the time is over, and every second from then on until `end`.
  StopDeadline(Clock& clock, std::function<void()> passed)
      : clock_(clock), passed_(std::move(passed)) {}
  ~StopDeadline() { end(); }
  StopDeadline(const StopDeadline&) = delete;
  StopDeadline& operator=(const StopDeadline&) = delete;

  /// Begins to count, the first time. Where no thread is to be had, or no descriptor for its timer,
  /// there is no deadline.
  void begin(std::chrono::milliseconds time);
  /// Everything is done.
  void end();

private:
  asio::awaitable<void> watch(TimePoint until);

  Clock& clock_;
  std::function<void()> passed_;
  std::unique_ptr<Workers> thread_;
  std::unique_ptr<asio::steady_timer> timer_; ///< of the thread
  bool ended_ = false;                        ///< the same
};

} // namespace dualcam::serve
