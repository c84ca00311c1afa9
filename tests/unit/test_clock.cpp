#include "test_clock.hpp"

#include "common/coroutine.hpp"

namespace dualcam {

asio::awaitable<void> TestClock::wait(asio::steady_timer& timer, TimePoint until) {
  const Waiting waiting(*this, timer);
  timer.expires_at(until == TimePoint::max() ? until : until - moved_.load());
  co_await timer.async_wait(as_values);
}

} // namespace dualcam
