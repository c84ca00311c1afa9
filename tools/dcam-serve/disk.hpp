// One file system: the threads that call it, so that nobody else ever waits for it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <exception>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <type_traits>

#include <asio/steady_timer.hpp>

#include "common/clock.hpp"
#include "common/workers.hpp"
#include "dcam-serve/committer.hpp"
#include "dcam-serve/durations.hpp"
#include "dcam-serve/syncer.hpp"
#include "dcam-serve/task_queue.hpp"
#include "dualcam/storage/part_file.hpp"

namespace dualcam::serve {

/// What it has cost so far to make things durable, and what is not yet.
struct DiskFigures {
  std::uint64_t passes = 0;       ///< of the committer
  std::uint64_t whole_passes = 0; ///< of them those that synced the file system as one
  std::chrono::nanoseconds passes_took{};
  std::chrono::nanoseconds last_pass{};
  Durations pass_times;               ///< how long those took that had anything to do
  std::chrono::nanoseconds oldest{};  ///< the age of what came first and is not durable
  std::chrono::nanoseconds longest{}; ///< that anything had to wait for that

  /// With those of another disk: sums, and the worst of both.
  void add(const DiskFigures& other);
};

/// Two threads: one that writes, in the order in which it is asked, and one that waits until what
/// was written is durable.
class Disk {
public:
  /// `loop` is the context of who uses it; both outlive it, whatever it does. `name` is for people;
  /// `folder` is anywhere on it. Its threads use the FileSystem that is current now.
  Disk(asio::io_context& loop, Clock& clock, std::filesystem::path name,
       std::filesystem::path folder);
  ~Disk();
  Disk(const Disk&) = delete;
  Disk& operator=(const Disk&) = delete;

  /// Of who uses it.
  asio::io_context& loop() { return loop_; }

  // From any thread.

  const std::filesystem::path& name() const { return name_; }
  /// Whether somebody waits for it.
  bool is_busy() const { return owed_ != 0; }
  DiskFigures figures() const;

  /// Waits until everything is done. Nothing may be asked for from here on.
  void join();

  // On the loop.

  /// Does this on the writing thread; what it returns.
  template <class Work> asio::awaitable<std::invoke_result_t<Work>> run(Work work);
  /// Has it done there some time.
  void post(TaskQueue::Task task) { writing_.push(std::move(task)); }
  /// Until it is over.
  asio::awaitable<void> commit(std::shared_ptr<Job> job);
  /// Appends bytes on the writing thread some time. They count until that is done, and while much
  /// waits `room` does.
  void append(std::size_t bytes, TaskQueue::Task task);
  asio::awaitable<void> room();
  /// Does this on the loop; from any thread.
  void tell(TaskQueue::Task task) { telling_.push(std::move(task)); }

  // On the writing thread.

  /// A part has grown (Committer).
  void grew(std::shared_ptr<Job> job, bool hurry);
  void forget(const Job& job);
  /// What is to become of the end of a part that grows.
  Tail tail() const { return committer_.has_many() ? Tail::held_back : Tail::written; }
  /// Where many parts that grow claim together, below the root of their states; nullptr: there are
  /// few, that is on another disk, or it cannot be now.
  std::shared_ptr<ClaimTable> claims(const std::filesystem::path& root);

private:
  /// A coroutine of the loop waits for an answer from another thread.
  class Answer;

  /// `post` of what counts as owed until it says otherwise.
  void owe(TaskQueue::Task task);
  void add(std::shared_ptr<Job> job);
  asio::awaitable<void> commit_loop();
  asio::awaitable<void> pass();
  void sync(std::span<Commit> commits);
  void note_oldest();

  Clock& clock_;
  std::filesystem::path name_;
  std::filesystem::path folder_;
  FileSystem& files_ = FileSystem::current();
  std::atomic<std::size_t> owed_ = 0; ///< answers, and bytes' ways to the file system
  mutable std::mutex figures_mutex_;
  DiskFigures figures_;
  std::optional<TimePoint> oldest_; ///< for `figures_`
  asio::io_context& loop_;          ///< it may be gone once `join` has been called
  TaskQueue telling_;
  std::size_t queued_ = 0;                                  ///< bytes that wait to be written
  std::deque<std::shared_ptr<asio::steady_timer>> waiting_; ///< for `room`

  Committer committer_; ///< of the writing thread, as is what follows
  Syncer syncer_{clock_};
  std::shared_ptr<ClaimTable> claims_;
  TimePoint claims_tried_ = TimePoint::min(); ///< the last time that it was made
  bool stopping_ = false;
  Workers syncing_thread_{1};
  Workers writing_thread_{1};
  TaskQueue writing_{writing_thread_.context()};
  asio::steady_timer timer_{writing_thread_.context()};
};

class Disk::Answer {
public:
  explicit Answer(Disk& disk)
      : disk_(disk), timer_(std::make_shared<asio::steady_timer>(
                         disk.loop_, asio::steady_timer::time_point::max())) {}

  /// From any thread, once.
  void give() {
    --disk_.owed_;
    disk_.tell([timer = timer_] { timer->expires_at(asio::steady_timer::time_point::min()); });
  }
  /// To be had before the other thread begins: it works on what the coroutine holds, which must not
  /// go then for want of memory.
  asio::awaitable<void> wait();

private:
  Disk& disk_;
  std::shared_ptr<asio::steady_timer> timer_;
};

template <class Work> asio::awaitable<std::invoke_result_t<Work>> Disk::run(Work work) {
  std::optional<std::invoke_result_t<Work>> result;
  std::exception_ptr failure;
  Answer answer(*this);
  auto answered = answer.wait();
  owe([&] {
    try {
      result.emplace(work());
    } catch (...) {
      failure = std::current_exception();
    }
    answer.give();
  });
  co_await std::move(answered);
  if (failure) {
    std::rethrow_exception(failure);
  }
  co_return std::move(*result);
}

} // namespace dualcam::serve
