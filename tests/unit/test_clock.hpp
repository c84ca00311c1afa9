// A clock that goes faster when it is told to.
#pragma once

#include <atomic>
#include <mutex>
#include <set>

#include <asio/post.hpp>

#include "common/clock.hpp"

namespace dualcam {

/// Waited for, and moved on, by any thread.
class TestClock : public Clock {
public:
  TimePoint now() const override { return steady_now() + moved_.load(); }
  SystemTime wall() const override {
    return system_now() + std::chrono::floor<std::chrono::milliseconds>(moved_.load()) +
           put_forward_.load();
  }

  asio::awaitable<void> wait(asio::steady_timer& timer, TimePoint until) override;

  /// The clock on the wall alone.
  void put_forward(std::chrono::milliseconds time) { put_forward_ = put_forward_.load() + time; }

  /// While somebody waits, or will.
  void move_on(std::chrono::milliseconds time) {
    moved_ = moved_.load() + time;
    const std::lock_guard lock(mutex_);
    for (auto* timer : waiting_) {
      asio::post(timer->get_executor(), [this, timer] { // which may be gone by then
        const std::lock_guard relock(mutex_);
        if (waiting_.contains(timer)) {
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
      clock_.waiting_.insert(&timer_);
    }
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;
    ~Waiting() {
      const std::lock_guard lock(clock_.mutex_);
      clock_.waiting_.erase(&timer_);
    }

  private:
    TestClock& clock_;
    asio::steady_timer& timer_;
  };

  std::atomic<TimePoint::duration> moved_{};
  std::atomic<std::chrono::milliseconds> put_forward_{};
  std::mutex mutex_; ///< of those waiting
  std::set<asio::steady_timer*> waiting_;
};

} // namespace dualcam
