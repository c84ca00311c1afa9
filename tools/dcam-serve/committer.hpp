// What becomes durable when: of many files together, so that it costs a disk little more than one.
//
// A job has two steps. What `prepare` did has to be durable before `publish` may be seen, and that
// before anybody is told. A pass publishes what the last one prepared and prepares what is next;
// then one barrier covers both. So three things hold, whatever fails and wherever the power goes:
//  1. A job is published only after a barrier that began when `prepare` had returned, and that
//     failed for none of its files.
//  2. It is told only after such a barrier behind `publish`.
//  3. What a barrier has failed for is never synced again.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "dualcam/session/deadlines.hpp"
#include "dualcam/storage/barrier.hpp"

namespace dualcam::serve {

/// Its calls come from one thread. What `barrier` was given stays open and as it is until the next
/// call.
class Job {
public:
  enum class Step {
    wait,  ///< for the barrier
    again, ///< `prepare` once more, in the next pass
    done,  ///< nothing is to be waited for, or told
  };
  Job() = default;
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;
  virtual ~Job() = default;

  virtual Result<Step> prepare(Barrier& barrier) = 0;
  virtual Result<Step> publish(Barrier& barrier) = 0;
  /// Whether it may be published again where nobody knows if a barrier has passed.
  virtual bool repeats() const { return false; }
  /// Whether it has more files open meanwhile: of many such jobs some have to wait.
  virtual bool opens_more() const { return false; }
  /// Both barriers have passed.
  virtual Result<void> tell() = 0;
  /// A step, `tell` included, or a barrier has failed. `barrier`: the latter, so what is in the
  /// files is not to be relied on any more.
  virtual void fail(const Error& error, bool barrier) = 0;
  /// Its end, whichever it is: the last call.
  virtual void over() {}
};

/// What a barrier is to cover of one job, and what came of that.
struct Commit {
  std::shared_ptr<Job> job;
  bool published; ///< by the second step
  Barrier barrier{};
  std::optional<Error> error{}; ///< it failed
  bool unknown = false;         ///< of a job that `repeats`
};

/// So many jobs that open more files are begun in a pass, and as many are at their second step.
inline constexpr std::size_t most_that_open_more = 64;

/// Below that a part is as long as what has come of it, for whoever reads it while it grows.
inline constexpr std::size_t many_parts = 100;

/// The order of it all; it has neither threads nor files of its own.
class Committer {
public:
  /// As soon as may be.
  void add(std::shared_ptr<Job> job, TimePoint now);
  /// A part has grown: `job` makes that durable within a second or so. `hurry`: much has come.
  void grew(std::shared_ptr<Job> job, bool hurry, TimePoint now);
  /// It need not be made durable any more, unless that is under way.
  void forget(const Job& job) { grown_.erase(&job); }

  /// When the next pass is to begin; while none is under way.
  TimePoint due() const;
  /// Begins it: what the barrier is to cover. Jobs may be added and parts grow meanwhile.
  std::vector<Commit> begin(TimePoint now);
  /// The barrier has come back.
  void end(std::vector<Commit> pass, TimePoint now);

  /// Whether so many parts grow that each pass is to write few blocks of each.
  bool has_many() const { return grown_.size() + growing_.size() >= many_parts; }
  /// Whether anything has come that is not durable.
  bool grows() const { return !grown_.empty() || !growing_.empty(); }
  /// Nothing waits but growth.
  bool idle() const { return prepared_.empty() && waiting_.empty(); }
  /// How long the last pass took.
  std::chrono::nanoseconds last_pass() const { return passes_[1]; }
  /// When the oldest bytes came that are not durable; nothing: there are none.
  std::optional<TimePoint> oldest() const;
  /// How long it took at the most until what came was durable, and that claimed.
  std::chrono::nanoseconds longest() const { return longest_; }

private:
  struct Growth {
    std::shared_ptr<Job> job;
    TimePoint since; ///< when its oldest bytes came
    bool hurry = false;
  };

  std::chrono::nanoseconds interval() const;
  std::chrono::nanoseconds company() const;
  void publish(std::vector<Commit>& pass);
  void prepare(std::shared_ptr<Job> job, std::vector<Commit>& pass);
  void take_growth(TimePoint now, std::vector<Commit>& pass);
  void finish(Commit& commit, TimePoint now);
  void settle(const Job& job);

  std::vector<std::shared_ptr<Job>> prepared_; ///< and covered: to be published
  std::vector<std::shared_ptr<Job>> waiting_;
  TimePoint waiting_since_;
  std::unordered_map<const Job*, Growth> grown_;
  TimePoint grown_since_;
  bool hurries_ = false; ///< one of them whose last growth is durable
  std::unordered_map<const Job*, TimePoint>
      growing_;                          ///< those taken and not told; since when they grew
  std::chrono::nanoseconds passes_[2]{}; ///< what the last ones took
  bool prepares_all_ = false;            ///< the pass: all growth
  bool publishes_all_ = false;           ///< what the one before prepared
  /// Both steps of all growth, the last time: passes with a few files may have come since.
  std::chrono::nanoseconds growth_took_[2]{};
  std::chrono::nanoseconds longest_{};
  TimePoint begun_;
};

} // namespace dualcam::serve
