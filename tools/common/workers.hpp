// Threads for work that may block.
#pragma once

#include <thread>
#include <vector>

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>

namespace dualcam::inline tools {

/// As asio::thread_pool, whose constructor hangs where the machine has fewer threads to give.
class Workers {
public:
  explicit Workers(std::size_t count) {
    threads_.reserve(count);
    try {
      while (threads_.size() < count) {
        threads_.emplace_back([this] { context_.run(); });
      }
    } catch (...) {
      context_.stop();
      join();
      throw;
    }
  }
  ~Workers() { join(); }
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  /// What is posted to it runs on one of the threads, and must not throw.
  asio::io_context& context() { return context_; }

  /// Waits until all that was posted is done. Nothing may be posted from here on.
  void join() {
    work_.reset();
    for (auto& thread : threads_) {
      if (thread.joinable()) {
        thread.join();
      }
    }
  }

private:
  asio::io_context context_;
  asio::executor_work_guard<asio::io_context::executor_type> work_{context_.get_executor()};
  std::vector<std::thread> threads_;
};

} // namespace dualcam::inline tools
