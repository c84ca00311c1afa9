#include "dcam-serve/committer.hpp"

#include "common/clock.hpp"
#include "testing.hpp"

namespace dualcam::serve::committer_test {
namespace {

using namespace std::chrono_literals;

const Error broken{ErrorCategory::io, 0, "broken"};

/// What was called, and when.
struct Recorded : Job {
  enum class State { fresh, prepared, published, told, failed };

  Result<Step> prepare(Barrier&) override {
    CHECK((state == State::fresh || repeats_prepare));
    state = State::prepared;
    return prepares;
  }
  Result<Step> publish(Barrier&) override {
    CHECK((state == State::prepared || (repeats() && state == State::published)));
    CHECK(covered);
    covered = false;
    ++publications;
    state = State::published;
    return std::exchange(publishes, Step::wait);
  }
  bool repeats() const override { return true; }
  Result<void> tell() override {
    CHECK(state == State::published);
    CHECK(covered);
    state = State::told;
    return {};
  }
  void fail(const Error&, bool barrier) override {
    CHECK_FALSE(is_over);
    state = State::failed;
    by_barrier = barrier;
  }
  void over() override {
    CHECK_FALSE(is_over);
    is_over = true;
  }

  State state = State::fresh;
  Result<Step> prepares = Step::wait;
  Result<Step> publishes = Step::wait;
  bool covered = false; ///< a barrier has passed since the last step
  bool repeats_prepare = false;
  bool by_barrier = false;
  bool is_over = false;
  unsigned publications = 0;
};

Recorded& recorded(const Commit& commit) { return dynamic_cast<Recorded&>(*commit.job); }

/// A pass without trouble.
void pass(Committer& committer, TimePoint& now, std::chrono::milliseconds takes = 0ms) {
  auto commits = committer.begin(now);
  now += takes;
  for (const auto& commit : commits) {
    recorded(commit).covered = true;
  }
  committer.end(std::move(commits), now);
}

TEST_CASE("committer: a job is published behind one barrier, and told behind the next") {
  Committer committer;
  auto now = steady_now();
  const auto job = std::make_shared<Recorded>();
  CHECK(committer.due() == TimePoint::max());
  committer.add(job, now);
  CHECK(committer.due() <= now); // nobody else may come
  pass(committer, now);
  CHECK(job->state == Recorded::State::prepared);
  CHECK(committer.due() <= now);
  CHECK_FALSE(committer.idle());
  pass(committer, now);
  CHECK(job->state == Recorded::State::told);
  CHECK(job->is_over);
  CHECK(committer.due() == TimePoint::max());
  CHECK(committer.idle());
}

TEST_CASE("committer: a step that says so is over, or is done once more") {
  Committer committer;
  auto now = steady_now();
  const auto skipped = std::make_shared<Recorded>();
  skipped->prepares = Job::Step::done;
  const auto refused = std::make_shared<Recorded>();
  refused->prepares = std::unexpected(broken);
  const auto taken = std::make_shared<Recorded>();
  taken->publishes = Job::Step::again;
  taken->repeats_prepare = true;
  const auto lost = std::make_shared<Recorded>();
  lost->publishes = std::unexpected(broken);
  for (const auto& job : {skipped, refused, taken, lost}) {
    committer.add(job, now);
  }
  pass(committer, now);
  CHECK(skipped->is_over);
  CHECK(refused->state == Recorded::State::failed);
  CHECK_FALSE(refused->by_barrier);
  pass(committer, now);
  CHECK(lost->state == Recorded::State::failed);
  CHECK(taken->state == Recorded::State::prepared); // in the same pass
  pass(committer, now);
  CHECK(taken->state == Recorded::State::told);
}

TEST_CASE("committer: what a barrier fails for is neither published nor told; the others are") {
  for (const bool published : {false, true}) {
    Committer committer;
    auto now = steady_now();
    const auto unlucky = std::make_shared<Recorded>();
    const auto lucky = std::make_shared<Recorded>();
    committer.add(unlucky, now);
    committer.add(lucky, now);
    if (published) {
      pass(committer, now);
    }
    auto commits = committer.begin(now);
    for (auto& commit : commits) {
      recorded(commit).covered = true;
      commit.error = commit.job == unlucky ? std::optional(broken) : std::nullopt;
    }
    committer.end(std::move(commits), now);
    CHECK(unlucky->state == Recorded::State::failed);
    CHECK(unlucky->by_barrier);
    CHECK(unlucky->is_over);
    while (!committer.idle()) {
      pass(committer, now);
    }
    CHECK(lucky->state == Recorded::State::told);
    CHECK(unlucky->publications == (published ? 1 : 0));
  }
}

TEST_CASE("committer: where nobody knows whether the barrier passed a claim is published again") {
  Committer committer;
  auto now = steady_now();
  const auto job = std::make_shared<Recorded>();
  committer.add(job, now);
  pass(committer, now);
  auto commits = committer.begin(now);
  recorded(commits[0]).covered = true; // for `publish`, which may come again
  commits[0].unknown = true;
  committer.end(std::move(commits), now);
  CHECK(job->state == Recorded::State::published);
  pass(committer, now);
  CHECK(job->publications == 2);
  CHECK(job->state == Recorded::State::told);
}

TEST_CASE("committer: of many jobs that open more files some are begun in a pass") {
  struct Opening : Recorded {
    bool opens_more() const override { return true; }
  };
  Committer committer;
  auto now = steady_now();
  std::vector<std::shared_ptr<Recorded>> jobs;
  for (std::size_t i = 0; i < most_that_open_more + 10; ++i) {
    jobs.push_back(std::make_shared<Opening>());
    committer.add(jobs.back(), now);
  }
  const auto last = std::make_shared<Recorded>(); // which opens none
  committer.add(last, now);
  pass(committer, now);
  const auto in = [&](Recorded::State state) {
    return static_cast<std::size_t>(
        std::ranges::count(jobs, state, [](const auto& job) { return job->state; }));
  };
  CHECK(in(Recorded::State::prepared) == most_that_open_more);
  CHECK(last->state == Recorded::State::prepared);
  pass(committer, now);
  CHECK(in(Recorded::State::told) == most_that_open_more);
  CHECK(in(Recorded::State::prepared) == 10);
  pass(committer, now);
  CHECK(committer.idle());
}

TEST_CASE("committer: growth waits for a second less two passes, or longer where they are long") {
  const std::tuple<std::chrono::milliseconds, std::chrono::milliseconds> cases[] = {
      {0ms, 900ms}, {100ms, 700ms}, {300ms, 600ms}, {1000ms, 2000ms}, {5000ms, 2500ms}};
  for (const auto& [takes, interval] : cases) {
    Committer committer;
    auto now = steady_now();
    const auto first = std::make_shared<Recorded>();
    committer.add(first, now);
    pass(committer, now, takes);
    pass(committer, now, takes);
    const auto grown = std::make_shared<Recorded>();
    committer.grew(grown, false, now);
    CHECK(committer.due() == now + interval);
    CHECK(committer.oldest() == now);
    now += interval / 2;
    committer.grew(grown, false, now); // its oldest bytes count
    CHECK(committer.due() == now + interval / 2);
    now += interval / 2;
    pass(committer, now, takes);
    CHECK(grown->state == Recorded::State::prepared);
    CHECK(committer.oldest() == now - takes - interval);
    pass(committer, now, takes);
    CHECK(grown->state == Recorded::State::told);
    CHECK(committer.oldest() == std::nullopt);
  }
}

namespace {

/// A committer whose passes took so long, and for which so many parts have grown since.
struct Busy {
  Committer committer;
  TimePoint now = steady_now();

  Busy(std::size_t parts, std::chrono::milliseconds pass_takes) {
    committer.add(std::make_shared<Recorded>(), now);
    pass(committer, now, pass_takes);
    pass(committer, now, pass_takes);
    for (std::size_t i = 0; i < parts; ++i) {
      committer.grew(std::make_shared<Recorded>(), false, now);
    }
  }
};

} // namespace

TEST_CASE("committer: the more parts grow, the longer they wait, as what is promised allows") {
  const std::tuple<std::size_t, std::chrono::milliseconds, std::chrono::milliseconds> cases[] = {
      {1, 0ms, 900ms},         {1'000, 0ms, 1050ms},     {1'000, 100ms, 850ms},
      {5'000, 200ms, 1250ms},  {10'000, 250ms, 1500ms},  {10'000, 600ms, 1200ms},
      {10'000, 900ms, 1800ms}, {100'000, 250ms, 1500ms},
  };
  for (const auto& [parts, takes, interval] : cases) {
    const Busy busy(parts, takes);
    CHECK(busy.committer.due() == busy.now + interval);
  }
}

TEST_CASE("committer: short passes do not hide how long one with all growth takes") {
  Busy busy(10'000, 100ms);
  auto& [committer, now] = busy;
  now += 1800ms;
  REQUIRE(committer.due() == now);
  pass(committer, now, 600ms);
  pass(committer, now, 400ms);
  for (std::size_t i = 0; i < 10'000; ++i) {
    committer.grew(std::make_shared<Recorded>(), false, now);
  }
  const auto since = now;
  committer.add(std::make_shared<Recorded>(), now);
  now = committer.due();
  pass(committer, now, 10ms);
  pass(committer, now, 10ms);
  CHECK(committer.due() == since + 1000ms);
}

TEST_CASE("committer: a part that has grown much does not wait, but for its last claim") {
  Committer committer;
  auto now = steady_now();
  const auto part = std::make_shared<Recorded>();
  const auto other = std::make_shared<Recorded>();
  committer.grew(other, false, now);
  committer.grew(part, true, now);
  CHECK(committer.due() <= now);
  pass(committer, now);
  CHECK(other->state == Recorded::State::fresh); // has time
  committer.grew(part, true, now);
  part->repeats_prepare = true;
  pass(committer, now);
  CHECK(part->state == Recorded::State::told);
  CHECK(committer.due() <= now);
}

TEST_CASE("committer: what is left when another part hurries is as old as it was") {
  Committer committer;
  auto now = steady_now();
  const auto begun = now;
  const std::vector others{std::make_shared<Recorded>(), std::make_shared<Recorded>(),
                           std::make_shared<Recorded>()};
  for (const auto& other : others) {
    committer.grew(other, false, now);
    now += 100ms;
  }
  const auto hurried = std::make_shared<Recorded>();
  committer.grew(hurried, true, now);
  pass(committer, now);
  pass(committer, now);
  CHECK(hurried->state == Recorded::State::told);
  CHECK(committer.oldest() == begun);
  CHECK(committer.due() == begun + 900ms);
}

TEST_CASE("committer: a part that needs no second barrier is not under way any more") {
  Committer committer;
  auto now = steady_now();
  const auto part = std::make_shared<Recorded>();
  part->publishes = Job::Step::done;
  committer.grew(part, true, now);
  pass(committer, now);
  CHECK(committer.oldest() == now);
  pass(committer, now);
  CHECK(part->is_over);
  CHECK(committer.oldest() == std::nullopt);
  part->is_over = false;
  part->repeats_prepare = true;
  committer.grew(part, true, now); // it has its turn again
  pass(committer, now);
  pass(committer, now);
  CHECK(part->state == Recorded::State::told);
}

TEST_CASE("committer: where others grow a file that is finished waits for company as long as a "
          "pass takes, longer where they are many, at most 50 ms") {
  const std::tuple<std::size_t, std::chrono::milliseconds, std::chrono::milliseconds> cases[] = {
      {1, 20ms, 20ms}, {1, 400ms, 50ms}, {200, 0ms, 10ms}, {200, 20ms, 20ms}, {10'000, 0ms, 50ms},
  };
  for (const auto& [parts, takes, wait] : cases) {
    Busy busy(parts, takes);
    busy.committer.add(std::make_shared<Recorded>(), busy.now);
    CHECK(busy.committer.due() == busy.now + wait);
  }
}

} // namespace
} // namespace dualcam::serve::committer_test
