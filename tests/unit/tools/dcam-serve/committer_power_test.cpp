// Random schedules of several cameras on a disk that fails and loses its power.
#include "dcam-serve/committer.hpp"

#include <map>
#include <random>
#include <set>

#include <fmt/format.h>

#include "common/units.hpp"
#include "dcam-serve/growing_part.hpp"
#include "dcam-serve/syncer.hpp"
#include "figures.hpp"
#include "storage/memory_disk.hpp"
#include "storage/resumable_testing.hpp"
#include "test_clock.hpp"

namespace dualcam::serve::committer_power_test {

using namespace resumable;
namespace {

using namespace std::chrono_literals;

constexpr unsigned cameras = 3;
// So many that parts claim several times in a table, beside claims of others.
constexpr std::uint32_t packets = 24;

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
  who.announced = packets;
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
    } else if (pick(16) == 0) {
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

  /// What has been claimed of its part since that was opened, in bytes of the file.
  std::uint64_t saved(unsigned camera) const {
    const auto part = parts_.find(camera);
    if (part == parts_.end() || !part->second || !part->second->file()) {
      return 0;
    }
    const auto& file = *part->second->file();
    const auto bytes = file.data().bytes - file.unsaved();
    return bytes > found_.at(camera) ? bytes : 0;
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
        Room{options, FileKind::front_photo, packets, false, fs::path("/out")},
        [this](std::shared_ptr<Job> job, bool hurry) {
          committer_.grew(std::move(job), hurry || pick(4) == 0, now);
        },
        [this] { return claims(); }, [] {});
    part->file() = std::move(*file);
    parts_[camera] = std::move(part);
  }

  /// As a server with many parts has it, and sometimes another server.
  std::shared_ptr<ClaimTable> claims() {
    if (pick(4) == 0) {
      return nullptr;
    }
    if (!table_ || table_->is_broken() || pick(50) == 0) {
      table_ = ClaimTable::create("/out").value_or(nullptr);
    }
    return table_;
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
  std::shared_ptr<ClaimTable> table_;
  std::map<unsigned, std::shared_ptr<GrowingPart>> parts_;
  std::map<unsigned, std::function<bool()>> awaited_;
  std::map<unsigned, std::uint64_t> found_; ///< bytes, when they were opened
};

/// Where such a row and those of its group are, as dualcam(7) has it.
Bytes group_of(const std::string& table, const SharedRow& row) {
  constexpr std::size_t size = 32 * checkpoint_block;
  const auto begin = std::min(row.row / 16 * size, table.size());
  return as_bytes(table).subspan(begin, std::min(size, table.size() - begin));
}

/// Those in a table, too.
std::vector<Claim> claims_of(const MemoryDisk& disk, const Checkpoint& checkpoint) {
  std::vector<Claim> result;
  for (const auto& claim : checkpoint.claims) {
    if (!claim) {
      continue;
    }
    result.push_back(*claim);
    const auto row = claim->shared.value_or(SharedRow());
    const auto path = "/out/.dcam-serve/claims-" + fmt::format("{:016x}", row.table);
    if (claim->shared && disk.has(path)) {
      const auto table = disk.content(path);
      std::ranges::copy(claims_among(group_of(table, row), checkpoint), std::back_inserter(result));
    }
  }
  return result;
}

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
      for (const auto& claim : read ? claims_of(disk, *read) : std::vector<Claim>()) {
        CHECK(is_true(claim, held, whole));
        readable = std::max(readable, claim.held.bytes);
      }
    }
    const auto claimed = fleet.claimed.find(camera);
    CHECK((claimed == fleet.claimed.end() || readable >= claimed->second));
    CHECK(readable >= fleet.saved(camera));
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
    if (random() % 2 == 0) {
      fleet.pass();
    }
  }
  disk.after_change = {}; // what ends now needs no check
  CHECK(fleet.is_done());
  CHECK(fleet.whole_syncs() > 0);
}

TEST_CASE("committer: of any schedule and wherever the power goes, claims are true and all that "
          "was told is there") {
  for (unsigned seed = 1; seed <= tries(full(16, 30)); ++seed) {
    INFO("seed " << seed);
    run_fleet(seed, false);
  }
}

TEST_CASE("committer: the same where any sync may fail") {
  for (unsigned seed = 1; seed <= tries(full(24, 60)); ++seed) {
    INFO("seed " << seed);
    run_fleet(seed, true);
  }
}

} // namespace
} // namespace dualcam::serve::committer_power_test
