// Looks after what is stored already: a thread for what no camera waits for.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include <asio/post.hpp>
#include <asio/steady_timer.hpp>

#include "common/coroutine.hpp"
#include "common/workers.hpp"

namespace dualcam::serve {

class Keeper {
public:
  /// Does this on the thread; what it returns.
  template <class Work> asio::awaitable<std::invoke_result_t<Work>> run(Work work) {
    const Asked asked(asked_);
    auto result = co_await run_on(worker_.context(), std::move(work));
    co_return result;
  }

  /// Has it done there some time.
  void post(std::move_only_function<void()> work) {
    asio::post(worker_.context(), std::move(work));
  }

  /// Whether somebody waits for it; from any thread.
  bool is_busy() const { return asked_ != 0; }
  void join() { worker_.join(); }

private:
  class Asked {
  public:
    explicit Asked(std::atomic<std::size_t>& count) : count_(count) { ++count_; }
    Asked(const Asked&) = delete;
    Asked& operator=(const Asked&) = delete;
    ~Asked() { --count_; }

  private:
    std::atomic<std::size_t>& count_;
  };

  std::atomic<std::size_t> asked_ = 0;
  Workers worker_{1};
};

/// Work that may never end, because it looks at whatever disk there is, on a thread of its own that
/// nobody has to wait for. It keeps what it needs.
template <class T> class Errand {
public:
  Errand(asio::io_context& loop, std::function<T()> work) {
    state_->done =
        std::make_shared<asio::steady_timer>(loop, asio::steady_timer::time_point::max());
    try {
      std::thread([&loop, state = state_, work = std::move(work)] {
        auto result = work();
        const std::lock_guard lock(state->mutex);
        if (state->done) { // otherwise the loop may be gone
          state->result = std::move(result);
          asio::post(loop, [done = state->done] { finish(*done); });
        }
      }).detach();
    } catch (const std::system_error&) { // no thread is to be had: another time
      finish(*state_->done);
    }
  }
  ~Errand() {
    const std::lock_guard lock(state_->mutex);
    state_->done.reset();
  }
  Errand(const Errand&) = delete;
  Errand& operator=(const Errand&) = delete;

  /// Waits for it, or until it is given up; nullopt then.
  asio::awaitable<std::optional<T>> result() {
    const auto done = state_->done;
    while (done->expiry() > asio::steady_timer::clock_type::now()) {
      co_await done->async_wait(as_values);
    }
    const std::lock_guard lock(state_->mutex);
    co_return std::move(state_->result);
  }
  /// From then on nobody waits for it.
  void give_up_in(std::chrono::milliseconds time) {
    const auto then = asio::steady_timer::clock_type::now() + time;
    state_->done->expires_at(std::min(state_->done->expiry(), then));
  }

private:
  struct State {
    std::mutex mutex;
    std::shared_ptr<asio::steady_timer> done; ///< of the loop; null: nobody wants it
    std::optional<T> result;
  };
  static void finish(asio::steady_timer& done) {
    done.expires_at(asio::steady_timer::time_point::min());
  }

  std::shared_ptr<State> state_ = std::make_shared<State>();
};

} // namespace dualcam::serve
