// A clock that goes faster when it is told to.
#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <set>

#include <asio/any_io_executor.hpp>
#include <asio/post.hpp>

#include "common/clock.hpp"

namespace dualcam {

/// Waited for on one thread, moved on by any.
class TestClock : public Clock {
public:
  TimePoint now() const override { return steady_now() + moved_.load(); }

  asio::awaitable<void> wait(asio::steady_timer& timer, TimePoint until) override {
    const Waiting waiting(*this, timer);
    timer.expires_at(until == TimePoint::max() ? until : until - moved_.load());
    co_await timer.async_wait(as_values);
  }

  /// While somebody waits, or will.
  void move_on(std::chrono::milliseconds time) {
    moved_ = moved_.load() + time;
    const std::lock_guard lock(mutex_);
    if (executor_) {
      asio::post(*executor_, [this] {
        for (auto* timer : waiting_) {
          timer->cancel();
        }
      });
    }
  }

private:
  class Waiting {
  public:
    Waiting(TestClock& clock, asio::steady_timer& timer) : clock_(clock), timer_(timer) {
      const std::lock_guard lock(clock_.mutex_);
      clock_.executor_ = timer.get_executor();
      clock_.waiting_.insert(&timer_);
    }
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;
    ~Waiting() { clock_.waiting_.erase(&timer_); }

  private:
    TestClock& clock_;
    asio::steady_timer& timer_;
  };

  std::atomic<TimePoint::duration> moved_{};
  std::mutex mutex_; ///< of the executor
  std::optional<asio::any_io_executor> executor_;
  std::set<asio::steady_timer*> waiting_;
};

} // namespace dualcam
