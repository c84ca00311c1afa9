#include "dcam-serve/committer.hpp"

#include <algorithm>
#include <utility>

#include "dcam-serve/guarded.hpp"

namespace dualcam::serve {
namespace {

using namespace std::chrono_literals;

// Promised: what came in the last 1.5 s may be lost, 3 s of 10,000 cameras or where the disk is
// busy with it all the time. How old it may become before it is durable; each pass writes a claim
// of every part that has grown, so of many parts it is to be few passes.
constexpr std::chrono::nanoseconds shortest_age = 900ms;
constexpr std::chrono::nanoseconds longest_age = 2000ms;
constexpr std::chrono::nanoseconds age_per_hundred = 15ms; // parts
constexpr std::chrono::nanoseconds longest_interval = 2500ms;
constexpr std::chrono::nanoseconds longest_company = 50ms;
constexpr std::chrono::nanoseconds company_per_part = 50us;

void fail(Job& job, const Error& error, bool barrier) {
  job.fail(error, barrier);
  job.over();
}

} // namespace

void Committer::add(std::shared_ptr<Job> job, TimePoint now) {
  if (waiting_.empty()) {
    waiting_since_ = now;
  }
  waiting_.push_back(std::move(job));
}

void Committer::grew(std::shared_ptr<Job> job, bool hurry, TimePoint now) {
  if (grown_.empty()) {
    grown_since_ = now;
  }
  const auto* key = job.get();
  auto& growth = grown_.try_emplace(key, Growth{std::move(job), now}).first->second;
  growth.hurry = growth.hurry || hurry;
  hurries_ = hurries_ || (hurry && !growing_.contains(key));
}

// --- when ---

/// Passes take half the time at most.
std::chrono::nanoseconds Committer::interval() const {
  const auto hundreds = static_cast<std::int64_t>(grown_.size() / 100);
  const auto age = std::min(shortest_age + hundreds * age_per_hundred, longest_age);
  const auto both = std::max(passes_[0] + passes_[1], growth_took_[0] + growth_took_[1]);
  return std::min(std::max(age - both, both), longest_interval);
}

/// Where others may come soon it pays to wait for them, as long as a pass would take. Of many that
/// grow each pass writes something, too: then the more may share it.
std::chrono::nanoseconds Committer::company() const {
  const auto growing = static_cast<std::int64_t>(grown_.size() + growing_.size());
  return grown_.empty()
             ? 0ns
             : std::min(std::max(passes_[1], growing * company_per_part), longest_company);
}

TimePoint Committer::due() const {
  if (!prepared_.empty() || hurries_) {
    return TimePoint::min();
  }
  auto due = TimePoint::max();
  if (!waiting_.empty()) {
    due = waiting_since_ + company();
  }
  if (!grown_.empty()) {
    due = std::min(due, grown_since_ + std::chrono::duration_cast<TimePoint::duration>(interval()));
  }
  return due;
}

std::optional<TimePoint> Committer::oldest() const {
  std::optional<TimePoint> oldest;
  for (const auto& [job, since] : growing_) {
    oldest = std::min(oldest.value_or(since), since);
  }
  return oldest ? oldest : grown_.empty() ? std::nullopt : std::optional(grown_since_);
}

// --- a pass ---

std::vector<Commit> Committer::begin(TimePoint now) {
  begun_ = now;
  publishes_all_ = std::exchange(prepares_all_, false);
  std::vector<Commit> pass;
  publish(pass);
  std::size_t opening = 0;
  for (auto& job : std::exchange(waiting_, {})) {
    if (job->opens_more() && ++opening > most_that_open_more) {
      waiting_.push_back(std::move(job));
    } else {
      prepare(std::move(job), pass);
    }
  }
  take_growth(now, pass);
  return pass;
}

void Committer::publish(std::vector<Commit>& pass) {
  for (auto& job : std::exchange(prepared_, {})) {
    Commit commit{job, true};
    const auto next = guarded([&] { return job->publish(commit.barrier); });
    if (!next) {
      settle(*job);
      fail(*job, next.error(), false);
    } else if (*next == Job::Step::wait) {
      pass.push_back(std::move(commit));
    } else if (*next == Job::Step::again) {
      waiting_.push_back(std::move(job));
    } else {
      settle(*job);
      job->over();
    }
  }
}

void Committer::prepare(std::shared_ptr<Job> job, std::vector<Commit>& pass) {
  Commit commit{std::move(job), false};
  const auto next = guarded([&] { return commit.job->prepare(commit.barrier); });
  if (next && *next == Job::Step::wait) {
    pass.push_back(std::move(commit));
    return;
  }
  settle(*commit.job);
  next ? commit.job->over() : fail(*commit.job, next.error(), false);
}

/// All of it when it is time, else what hurries. What is under way has its next turn later.
void Committer::take_growth(TimePoint now, std::vector<Commit>& pass) {
  prepares_all_ = !grown_.empty() && now >= grown_since_ + interval();
  std::vector<std::shared_ptr<Job>> taken;
  auto left_since = TimePoint::max();
  for (auto grown = grown_.begin(); grown != grown_.end();) {
    if ((prepares_all_ || grown->second.hurry) && !growing_.contains(grown->first)) {
      growing_.emplace(grown->first, grown->second.since);
      taken.push_back(std::move(grown->second.job));
      grown = grown_.erase(grown);
    } else {
      left_since = std::min(left_since, grown->second.since);
      ++grown;
    }
  }
  grown_since_ = left_since;
  hurries_ = false;
  for (auto& job : taken) {
    prepare(std::move(job), pass);
  }
}

void Committer::end(std::vector<Commit> pass, TimePoint now) {
  passes_[0] = std::exchange(passes_[1], now - begun_);
  if (prepares_all_) {
    growth_took_[0] = passes_[1];
  }
  if (publishes_all_) {
    growth_took_[1] = passes_[1];
  }
  for (auto& commit : pass) {
    finish(commit, now);
  }
}

/// Its growth is not under way any more.
void Committer::settle(const Job& job) {
  growing_.erase(&job);
  const auto grown = grown_.find(&job);
  hurries_ = hurries_ || (grown != grown_.end() && grown->second.hurry);
}

void Committer::finish(Commit& commit, TimePoint now) {
  auto& job = commit.job;
  if (!commit.error && !commit.unknown) {
    commit.barrier.passed();
  }
  if (!commit.error && (commit.unknown || !commit.published)) {
    prepared_.push_back(std::move(job));
    return;
  }
  if (const auto grown = growing_.find(job.get()); grown != growing_.end()) {
    longest_ = std::max<std::chrono::nanoseconds>(longest_, now - grown->second);
  }
  settle(*job);
  if (commit.error) {
    return fail(*job, *commit.error, true);
  }
  const auto told = guarded([&] { return job->tell(); });
  told ? job->over() : fail(*job, told.error(), false);
}

} // namespace dualcam::serve
