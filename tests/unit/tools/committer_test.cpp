#include "dcam-serve/committer.hpp"

#include <map>
#include <random>
#include <set>

#include "common/units.hpp"
#include "dcam-serve/growing_part.hpp"
#include "dcam-serve/syncer.hpp"
#include "figures.hpp"
#include "storage/memory_disk.hpp"
#include "storage/resumable_testing.hpp"
#include "test_clock.hpp"

namespace dualcam::serve {
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

// --- random schedules on a disk that fails and loses its power ---

constexpr unsigned cameras = 3;

/// A disk on which other things happen while it is being synced, and whose syncs may fail.
class BusyDisk : public MemoryDisk {
public:
  TestClock clock; ///< a sync takes its time
  std::function<void()> meanwhile;
  std::function<bool()> fails_to_sync;

  int fdatasync(int descriptor) override {
    clock.move_on(2ms);
    return fails() ? -1 : MemoryDisk::fdatasync(descriptor);
  }
  int syncfs(int descriptor) override {
    clock.move_on(whole_takes);
    return fails() ? -1 : MemoryDisk::syncfs(descriptor);
  }

  std::chrono::milliseconds whole_takes{5};

private:
  bool fails() {
    if (meanwhile) {
      meanwhile();
    }
    errno = EIO;
    return fails_to_sync && fails_to_sync();
  }
};

FileIdentity identity_of(unsigned camera) {
  auto who = identity();
  who.imei = camera + 1;
  return who;
}

std::string name_of(unsigned camera) { return "/out/" + std::to_string(camera) + "/a.jpg"; }

ByteBuffer content_of(unsigned camera) {
  return random_bytes(packets * full_packet - 100, camera + 1);
}

/// Several cameras whose files come at random.
class Fleet {
public:
  Fleet(std::mt19937& random, BusyDisk& disk) : random_(random), syncer_(disk.clock, {1, 1}) {
    syncer_.open("/out");
  }

  bool is_done() const { return stored.size() == cameras; }

  /// One of the things that may happen between the passes, and during a barrier.
  void act() {
    const auto camera = pick(cameras);
    if (stored.contains(camera)) {
      return;
    }
    auto& part = parts_[camera];
    if (!part) {
      begin(camera);
    } else if (awaited_.contains(camera)) {
      // the connection waits
    } else if (!part->state()) {
      drop(camera); // it is given up; the camera comes again
    } else if (part->data().packets == packets) {
      finish(camera);
    } else if (pick(8) == 0) {
      leave(camera);
    } else {
      grow(camera);
    }
  }

  void pass() {
    now += std::chrono::milliseconds(pick(500));
    auto commits = committer_.begin(now);
    syncer_.sync(commits);
    committer_.end(std::move(commits), now);
    for (auto waiting = awaited_.begin(); waiting != awaited_.end();) {
      waiting = waiting->second() ? awaited_.erase(waiting) : std::next(waiting);
    }
  }

  std::uint64_t whole_syncs() const { return syncer_.whole_syncs(); }

  std::set<unsigned> stored;                 ///< as their cameras know
  std::map<unsigned, std::uint64_t> claimed; ///< bytes, as was told

private:
  void drop(unsigned camera) {
    committer_.forget(*parts_[camera]);
    parts_[camera].reset();
  }

  unsigned pick(unsigned count) { return static_cast<unsigned>(random_() % count); }

  void begin(unsigned camera) {
    const StateFolder state("/out", camera + 1);
    const auto known = state.read();
    REQUIRE(known);
    if (const auto records = state.known(*known, identity_of(camera));
        records && !records->empty()) { // its name came before a sync failed: it is recognised
      auto settling = state;
      if (settling.settle(records->front())) {
        stored.insert(camera);
      }
      return;
    }
    auto found = ResumableFile::find(state, *known, identity_of(camera), name_of(camera));
    Barrier folders;
    auto file = found && *found ? Result<ResumableFile>(std::move(**found))
                : found         ? create(camera, state)
                                : std::unexpected(found.error());
    if (!file) {
      return; // another time
    }
    CHECK(file->data().bytes >= claimed[camera]);
    found_[camera] = file->data().bytes;
    static const ServeOptions options = [] {
      ServeOptions without;
      without.min_free = 0;
      return without;
    }();
    auto part = std::make_shared<GrowingPart>(
        Room{options, FileKind::front_photo, packets, "/out"},
        [this](std::shared_ptr<Job> job, bool hurry) {
          committer_.grew(std::move(job), hurry || pick(4) == 0, now);
        },
        [] {});
    part->file() = std::move(*file);
    parts_[camera] = std::move(part);
  }

  Result<ResumableFile> create(unsigned camera, const StateFolder& state) {
    Barrier folders;
    const auto created = create_folders("/out", fs::path(name_of(camera)).parent_path(), folders);
    return created ? ResumableFile::create(name_of(camera), identity_of(camera), state,
                                           std::move(folders))
                   : std::unexpected(created.error());
  }

  void grow(unsigned camera) {
    const auto bytes = content_of(camera);
    const auto rest = Bytes(bytes).subspan(parts_[camera]->data().bytes);
    const auto packet = rest.first(std::min(rest.size(), full_packet));
    parts_[camera]->append(Block({&packet, 1}),
                           random_() % 3 == 0 ? Tail::written : Tail::held_back);
  }

  void leave(unsigned camera) {
    auto part = parts_[camera];
    const auto bytes = part->data().bytes;
    const auto job = std::make_shared<Leaving>(*part, 0, 0);
    await(camera, job, [this, camera, part, bytes, job] {
      if (job->result && bytes > found_[camera]) { // else nothing was to be done
        claimed[camera] = std::max(claimed[camera], bytes);
      }
      drop(camera);
    });
  }

  void finish(unsigned camera) {
    auto part = parts_[camera];
    const auto bytes = content_of(camera);
    const auto job = std::make_shared<Naming>(*part, [=](Barrier&) -> Result<Finish> {
      return Finish{.name = name_of(camera),
                    .bytes = bytes.size(),
                    .crc = crc16(bytes),
                    .metadata = {},
                    .sidecar = "{}\n"};
    });
    await(camera, job, [this, camera, part, job] {
      if (job->result) {
        stored.insert(camera);
      }
      drop(camera);
    });
  }

  template <class AJob>
  void await(unsigned camera, std::shared_ptr<AJob> job, std::function<void()> done) {
    struct Watch : Job {
      Watch(std::shared_ptr<AJob> watched, bool& over) : job(std::move(watched)), is_over(over) {}
      Result<Step> prepare(Barrier& barrier) override { return job->prepare(barrier); }
      Result<Step> publish(Barrier& barrier) override { return job->publish(barrier); }
      bool repeats() const override { return job->repeats(); }
      Result<void> tell() override { return job->tell(); }
      void fail(const Error& error, bool barrier) override { job->fail(error, barrier); }
      void over() override { is_over = true; }
      std::shared_ptr<AJob> job;
      bool& is_over;
    };
    auto over = std::make_shared<bool>(false);
    committer_.add(std::make_shared<Watch>(std::move(job), *over), now);
    awaited_[camera] = [over, done = std::move(done)] {
      if (*over) {
        done();
      }
      return *over;
    };
  }

  std::mt19937& random_;
  TimePoint now = steady_now();
  Committer committer_;
  Syncer syncer_;
  std::map<unsigned, std::shared_ptr<GrowingPart>> parts_;
  std::map<unsigned, std::function<bool()>> awaited_;
  std::map<unsigned, std::uint64_t> found_; ///< bytes, when they were opened
};

/// Whatever can be read after a cut is true, and what was told is there.
void check_cut(const MemoryDisk& disk, const Fleet& fleet) {
  for (unsigned camera = 0; camera < cameras; ++camera) {
    const auto name = name_of(camera);
    const auto whole = text_of_file(content_of(camera));
    if (disk.has(name)) {
      CHECK(disk.content(name) == whole);
    }
    if (fleet.stored.contains(camera)) {
      CHECK(disk.has(name));
      CHECK(disk.has(name + ".json"));
      continue;
    }
    const auto records = disk.content("/out/.dcam-serve/" + format_imei(camera + 1));
    const bool is_recorded = records.contains("/a.jpg path:");
    std::uint64_t readable = disk.has(name) ? whole.size() : 0;
    for (const auto& path : disk.files("/out/" + std::to_string(camera))) {
      if (is_recorded && disk.content(path) == whole) { // it was about to get its name
        readable = whole.size();
      }
      if (!path.ends_with(".part.checkpoint")) {
        continue;
      }
      const auto text = disk.content(path);
      const auto read = decode_checkpoint(as_bytes(text));
      const auto part = path.substr(0, path.rfind('.'));
      const auto held = disk.has(part) ? disk.content(part) : disk.content(name);
      for (const auto& claim : read ? read->claims : decltype(read->claims)()) {
        if (claim) {
          CHECK(is_true(*claim, held, whole));
          readable = std::max(readable, claim->held.bytes);
        }
      }
    }
    const auto claimed = fleet.claimed.find(camera);
    CHECK((claimed == fleet.claimed.end() || readable >= claimed->second));
  }
}

void run_fleet(unsigned seed, bool failing) {
  std::mt19937 random(seed);
  BusyDisk disk;
  REQUIRE(disk.mkdir("/out", 0777) == 0);
  const FileSystem::Use use(disk);
  REQUIRE(sync_folder("/"));
  Fleet fleet(random, disk);
  disk.meanwhile = [&] {
    for (auto count = random() % 3; count > 0; --count) {
      fleet.act();
    }
  };
  if (failing) {
    disk.fails_to_sync = [&] { return random() % 12 == 0; };
    disk.loses = [&] { return random() % 20 == 0; };
  }
  bool checking = false;
  disk.after_change = [&] {
    if (!std::exchange(checking, true)) {
      const auto mixture = random() % 4;
      const auto keeps = [&] { return mixture == 0 ? false : mixture == 1 || random() % 2 == 0; };
      check_cut(*disk.after_cut(keeps, mixture > 1), fleet);
      checking = false;
    }
  };
  for (unsigned step = 0; step < 4000 && !fleet.is_done(); ++step) {
    fleet.act();
    if (random() % 3 == 0) {
      fleet.pass();
    }
  }
  CHECK(fleet.is_done());
  CHECK(fleet.whole_syncs() > 0);
}

TEST_CASE("committer: of any schedule and wherever the power goes, claims are true and all that "
          "was told is there") {
  for (unsigned seed = 1; seed <= tries(30U); ++seed) {
    INFO("seed " << seed);
    run_fleet(seed, false);
  }
}

TEST_CASE("committer: the same where any sync may fail") {
  for (unsigned seed = 1; seed <= tries(60U); ++seed) {
    INFO("seed " << seed);
    run_fleet(seed, true);
  }
}

} // namespace
} // namespace dualcam::serve
