#include "dcam-serve/stop_deadline.hpp"

#include <system_error>

#include <asio/post.hpp>

#include "common/coroutine.hpp"

namespace dualcam::serve {
namespace {

constexpr std::chrono::seconds once_more{1};

} // namespace

void StopDeadline::begin(std::chrono::milliseconds time) {
  if (thread_) {
    return;
  }
  try {
    auto thread = std::make_unique<Workers>(1);
    timer_ = std::make_unique<asio::steady_timer>(thread->context()); // opens descriptors
    thread_ = std::move(thread);
  } catch (const std::system_error&) {
    return;
  }
  asio::co_spawn(thread_->context(), watch(clock_.now() + time), rethrow);
}

asio::awaitable<void> StopDeadline::watch(TimePoint until) {
  for (; !ended_; until = clock_.now() + once_more) {
    while (!ended_ && clock_.now() < until) {
      co_await clock_.wait(*timer_, until);
    }
    if (!ended_) {
      passed_();
    }
  }
}

void StopDeadline::end() {
  if (!thread_) {
    return;
  }
  asio::post(thread_->context(), [this] {
    ended_ = true;
    timer_->cancel();
  });
  thread_->join();
  timer_.reset();
  thread_.reset();
}

} // namespace dualcam::serve
