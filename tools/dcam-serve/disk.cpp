#include "dcam-serve/disk.hpp"

#include <algorithm>
#include <utility>

#include "common/coroutine.hpp"
#include "dcam-serve/guarded.hpp"
#include "dcam-serve/walk.hpp"

namespace dualcam::serve {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_queued = std::size_t{64} << 20;

/// Tells when it is over.
class Watched : public Job {
public:
  Watched(std::shared_ptr<Job> job, TaskQueue::Task over)
      : job_(std::move(job)), over_(std::move(over)) {}

  Result<Step> prepare(Barrier& barrier) override { return job_->prepare(barrier); }
  Result<Step> publish(Barrier& barrier) override { return job_->publish(barrier); }
  bool repeats() const override { return job_->repeats(); }
  bool opens_more() const override { return job_->opens_more(); }
  Result<void> tell() override { return job_->tell(); }
  void fail(const Error& error, bool barrier) override { job_->fail(error, barrier); }
  void over() override {
    job_->over();
    over_();
  }

private:
  std::shared_ptr<Job> job_;
  TaskQueue::Task over_;
};

} // namespace

void DiskFigures::add(const DiskFigures& other) {
  passes += other.passes;
  whole_passes += other.whole_passes;
  passes_took += other.passes_took;
  pass_times.add(other.pass_times);
  last_pass = std::max(last_pass, other.last_pass);
  oldest = std::max(oldest, other.oldest);
  longest = std::max(longest, other.longest);
}

asio::awaitable<void> Disk::Answer::wait() {
  try {
    while (timer_->expiry() != asio::steady_timer::time_point::min()) {
      co_await timer_->async_wait(as_values);
    }
  } catch (...) {
    std::terminate(); // which says why (run_tool)
  }
}

Disk::Disk(asio::io_context& loop, Clock& clock, std::filesystem::path name,
           std::filesystem::path folder)
    : clock_(clock), name_(std::move(name)), folder_(std::move(folder)), loop_(loop),
      telling_(loop) {
  asio::co_spawn(writing_thread_.context(), commit_loop(), rethrow);
}

Disk::~Disk() { join(); }

void Disk::join() {
  post([this] {
    stopping_ = true;
    timer_.cancel();
  });
  writing_thread_.join();
  syncing_thread_.join();
  telling_.clear();
  waiting_.clear();
}

// --- on the loop ---

asio::awaitable<void> Disk::commit(std::shared_ptr<Job> job) {
  Answer answer(*this);
  auto answered = answer.wait();
  owe([this, &answer, job = std::move(job)]() mutable {
    add(std::make_shared<Watched>(std::move(job), [&answer] { answer.give(); }));
  });
  co_await std::move(answered);
}

void Disk::owe(TaskQueue::Task task) {
  ++owed_;
  try {
    post(std::move(task));
  } catch (...) {
    --owed_;
    throw;
  }
}

void Disk::append(std::size_t bytes, TaskQueue::Task task) {
  owe([this, bytes, task = std::move(task)]() mutable {
    task();
    --owed_;
    tell([this, bytes] {
      queued_ -= bytes;
      while (!waiting_.empty() && queued_ <= most_queued) {
        waiting_.front()->cancel();
        waiting_.pop_front();
      }
    });
  });
  queued_ += bytes;
}

asio::awaitable<void> Disk::room() {
  while (queued_ > most_queued) {
    auto timer = std::make_shared<asio::steady_timer>(loop_, asio::steady_timer::time_point::max());
    waiting_.push_back(timer);
    co_await timer->async_wait(as_values);
  }
}

// --- on the writing thread ---

void Disk::grew(std::shared_ptr<Job> job, bool hurry) {
  const auto before = committer_.due();
  committer_.grew(std::move(job), hurry, clock_.now());
  if (committer_.due() < before) {
    timer_.cancel();
  }
  if (!oldest_) {
    note_oldest();
  }
}

void Disk::forget(const Job& job) {
  committer_.forget(job);
  if (oldest_ && !committer_.grows()) { // there may be no further pass to say so
    note_oldest();
  }
}

void Disk::add(std::shared_ptr<Job> job) {
  committer_.add(std::move(job), clock_.now());
  timer_.cancel();
}

asio::awaitable<void> Disk::commit_loop() {
  const FileSystem::Use use(files_); // of the thread
  syncer_.open(folder_);
  while (!stopping_ || !committer_.idle()) {
    if (const auto due = committer_.due(); due > clock_.now()) {
      co_await clock_.wait(timer_, due);
    } else {
      co_await pass();
    }
  }
  claims_.reset();
}

std::shared_ptr<ClaimTable> Disk::claims(const std::filesystem::path& root) {
  if (!committer_.has_many()) {
    return nullptr;
  }
  const bool is_good = claims_ && !claims_->is_broken();
  if (!is_good && (claims_tried_ == TimePoint::min() || clock_.now() - claims_tried_ >= 1min)) {
    claims_tried_ = clock_.now();
    claims_ = device_of(root / ".") == device_of(folder_ / ".")
                  ? ClaimTable::create(root).value_or(nullptr)
                  : nullptr;
  }
  return claims_;
}

asio::awaitable<void> Disk::pass() {
  auto commits = committer_.begin(clock_.now());
  const bool is_empty = commits.empty();
  if (!is_empty) {
    co_await run_on(syncing_thread_.context(), [&] { return sync(commits), true; });
  }
  committer_.end(std::move(commits), clock_.now());
  const std::lock_guard lock(figures_mutex_);
  if (!is_empty) {
    figures_.pass_times.add(committer_.last_pass());
  }
  ++figures_.passes;
  figures_.whole_passes = syncer_.whole_syncs();
  figures_.last_pass = committer_.last_pass();
  figures_.passes_took += figures_.last_pass;
  figures_.longest = committer_.longest();
  oldest_ = committer_.oldest();
}

/// On its own thread.
void Disk::sync(std::span<Commit> commits) {
  const FileSystem::Use use(files_);
  const auto synced = guarded([&] {
    syncer_.sync(commits);
    return Result<void>();
  });
  for (auto& commit : commits) {
    if (!synced) { // nobody knows how far it came
      commit.error = synced.error();
    }
  }
}

void Disk::note_oldest() {
  const std::lock_guard lock(figures_mutex_);
  oldest_ = committer_.oldest();
}

DiskFigures Disk::figures() const {
  const std::lock_guard lock(figures_mutex_);
  auto figures = figures_;
  figures.oldest = oldest_ ? clock_.now() - *oldest_ : std::chrono::nanoseconds(0);
  return figures;
}

} // namespace dualcam::serve
