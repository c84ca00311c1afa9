// Tasks for another thread, handed over many at a time when they come often.
#pragma once

#include <functional>
#include <mutex>
#include <utility>
#include <vector>

#include <asio/io_context.hpp>
#include <asio/post.hpp>

namespace dualcam::serve {

/// May be used by any thread. Tasks are done in their order and must not throw.
class TaskQueue {
public:
  using Task = std::move_only_function<void()>;

  /// `context` is run by one thread and outlives the queue.
  explicit TaskQueue(asio::io_context& context) : context_(context) {}

  /// All or nothing, where memory runs out.
  void push(Task task) {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
    if (scheduled_) {
      return;
    }
    try {
      asio::post(context_, [this] { run(); });
    } catch (...) {
      tasks_.pop_back();
      throw;
    }
    scheduled_ = true;
  }

  /// Nothing of it is done any more.
  void clear() {
    const std::lock_guard lock(mutex_);
    tasks_.clear();
  }

private:
  void run() {
    std::vector<Task> tasks;
    {
      const std::lock_guard lock(mutex_);
      tasks.swap(tasks_);
      scheduled_ = false;
    }
    for (auto& task : tasks) {
      task();
      task = nullptr; // what it holds goes before the next one
    }
  }

  asio::io_context& context_;
  std::mutex mutex_;
  std::vector<Task> tasks_;
  bool scheduled_ = false;
};

} // namespace dualcam::serve
