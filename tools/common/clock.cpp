#include "common/clock.hpp"

#include "common/coroutine.hpp"

namespace dualcam::inline tools {

asio::awaitable<void> Clock::wait(asio::steady_timer& timer, TimePoint until) {
  timer.expires_at(until);
  co_await timer.async_wait(as_values);
}

} // namespace dualcam::inline tools
