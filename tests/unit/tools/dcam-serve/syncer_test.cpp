#include "dcam-serve/syncer.hpp"

#include <latch>
#include <new>

#include <fcntl.h>
#include <linux/magic.h>

#include "storage/memory_disk.hpp"
#include "test_clock.hpp"
#include "testing.hpp"

namespace dualcam::serve::syncer_test {
namespace {

using namespace std::chrono_literals;

struct Nothing : Job {
  Result<Step> prepare(Barrier&) override { return Step::wait; }
  Result<Step> publish(Barrier&) override { return Step::wait; }
  bool repeats() const override { return is_growth; }
  Result<void> tell() override { return {}; }
  void fail(const Error&, bool) override {}

  bool is_growth = true;
};

/// Files on a disk that counts what is asked of it, and whose syncs take their time.
class CountingDisk : public MemoryDisk {
public:
  TestClock clock;
  unsigned files = 0; ///< synced
  unsigned wholes = 0;
  std::chrono::milliseconds file_takes{10};
  std::chrono::milliseconds whole_takes{50};
  bool whole_fails = false;
  long type = EXT4_SUPER_MAGIC;
  dev_t device = 0; ///< of files and folders, not of the anchor

  int fdatasync(int descriptor) override {
    ++files;
    clock.move_on(file_takes);
    return MemoryDisk::fdatasync(descriptor);
  }
  int syncfs(int descriptor) override {
    ++wholes;
    clock.move_on(whole_takes);
    if (!whole_fails) {
      MemoryDisk::syncfs(descriptor); // does not tell what it has lost
    }
    errno = EIO;
    return whole_fails ? -1 : 0;
  }
  int fstatfs(int descriptor, struct statfs* status) override {
    MemoryDisk::fstatfs(descriptor, status);
    status->f_type = type;
    return 0;
  }
  int fstat(int descriptor, struct stat* status) override {
    const int result = MemoryDisk::fstat(descriptor, status);
    status->st_dev = S_ISDIR(status->st_mode) ? 0 : device;
    return result;
  }
};

class Files {
public:
  explicit Files(std::size_t count) : use_(disk) {
    REQUIRE(disk.mkdir("/out", 0777) == 0);
    REQUIRE(sync_folder("/"));
    disk.files = 0;
    syncer_.open("/out");
    for (std::size_t i = 0; i < count; ++i) {
      auto file = File::open("/out/" + std::to_string(i), O_RDWR | O_CREAT);
      REQUIRE(file);
      files_.push_back(std::move(*file));
    }
  }

  /// Each has grown; what comes of that.
  std::vector<Commit> sync(bool published = false) {
    std::vector<Commit> commits;
    for (auto& file : files_) {
      const std::array pieces{as_bytes("x")};
      REQUIRE(file.write(written_, pieces));
      auto& commit = commits.emplace_back(std::make_shared<Nothing>(), published);
      commit.barrier.add(file);
      commit.barrier.add_folder("/out");
    }
    ++written_;
    disk.files = disk.wholes = 0;
    syncer_.sync(commits);
    return commits;
  }
  /// How many bytes of each are durable.
  std::vector<std::size_t> durable() const {
    const auto after = disk.after_cut([] { return false; }, false);
    std::vector<std::size_t> sizes;
    for (std::size_t i = 0; i < files_.size(); ++i) {
      sizes.push_back(after->content("/out/" + std::to_string(i)).size());
    }
    return sizes;
  }

  CountingDisk disk;

private:
  FileSystem::Use use_;
  Syncer syncer_{disk.clock, {1, 2}};
  std::vector<File> files_;
  std::uint64_t written_ = 0;
};

TEST_CASE("syncer: a few files are synced one by one, many as one once that is cheaper") {
  Files few(1);
  few.sync();
  few.sync();
  CHECK(few.disk.wholes == 0);
  CHECK(few.disk.files == 2); // and the folder

  Files many(10);
  many.sync();
  CHECK(many.disk.files == 11); // nothing was measured yet
  many.sync();
  CHECK(many.disk.files == 0);
  CHECK(many.disk.wholes == 1);
  CHECK(many.durable() == std::vector<std::size_t>(10, 2));
}

TEST_CASE("syncer: where all at once has become dearer than each file is synced, until that is "
          "long ago") {
  Files many(10);
  many.sync();
  many.disk.whole_takes = 1s;
  many.sync();
  CHECK(many.disk.wholes == 1);
  unsigned by_file = 0;
  for (many.sync(); many.disk.wholes == 0; many.sync()) {
    CHECK(many.disk.files == 11);
    REQUIRE(++by_file < 1000);
  }
  CHECK(by_file > 20);
}

TEST_CASE("syncer: all at once only where that is a barrier") {
  for (const auto& [type, may] : {std::pair(long{EXT4_SUPER_MAGIC}, true),
                                  {long{0x58465342}, true},
                                  {long{BTRFS_SUPER_MAGIC}, true},
                                  {long{OVERLAYFS_SUPER_MAGIC}, false},
                                  {long{FUSE_SUPER_MAGIC}, false},
                                  {long{TMPFS_MAGIC}, false},
                                  {long{NFS_SUPER_MAGIC}, false}}) {
    CountingDisk disk;
    disk.type = type;
    const FileSystem::Use use(disk);
    REQUIRE(disk.mkdir("/out", 0777) == 0);
    Syncer syncer(disk.clock, {1, 0});
    syncer.open("/out");
    auto file = File::open("/out/a", O_RDWR | O_CREAT);
    REQUIRE(file);
    for (int pass = 0; pass < 3; ++pass) {
      std::vector<Commit> commits;
      commits.push_back({std::make_shared<Nothing>(), false});
      commits.back().barrier.add(*file);
      syncer.sync(commits);
    }
    CHECK((disk.wholes > 0) == may);
  }
}

TEST_CASE("syncer: each file tells for itself whether it was written, once") {
  Files many(10);
  many.sync();
  unsigned asked = 0;
  many.disk.loses = [&] { return ++asked == 4; };
  const auto commits = many.sync();
  CHECK(many.disk.wholes == 1);
  CHECK(many.disk.files == 0); // nothing is synced twice
  CHECK(std::ranges::count_if(commits, [](const auto& each) { return each.error.has_value(); }) ==
        1);
}

TEST_CASE("syncer: where all at once fails each file is asked, and claims are not known to be "
          "durable") {
  for (const bool published : {false, true}) {
    Files many(10);
    many.sync();
    many.disk.whole_fails = true;
    const auto commits = many.sync(published);
    CHECK(many.disk.wholes == 1);
    CHECK(many.disk.files == 11);
    for (const auto& commit : commits) {
      CHECK_FALSE(commit.error);
      CHECK(commit.unknown == published);
    }
    CHECK(many.durable() == std::vector<std::size_t>(10, 2));
  }
}

TEST_CASE("syncer: a file on another file system is synced by itself") {
  Files many(10);
  many.sync();
  many.disk.device = 7;
  many.sync();
  CHECK(many.disk.wholes == 1);
  CHECK(many.disk.files == 10);
}

TEST_CASE("syncer: what is thrown on whatever thread is the error of whose it is") {
  TestClock clock;
  Syncer syncer(clock, {2, 2});
  std::latch both(2); // threads
  std::vector<Commit> commits;
  for (int i = 0; i < 2; ++i) {
    auto& commit = commits.emplace_back(std::make_shared<Nothing>(), false);
    commit.barrier.add(Barrier::Late{"/out/a", [&]() -> Result<File> {
                                       both.arrive_and_wait();
                                       throw std::bad_alloc();
                                     }});
  }
  syncer.sync(commits);
  for (const auto& commit : commits) {
    REQUIRE(commit.error);
    CHECK_THAT(commit.error->message, ContainsSubstring("memory"));
  }
}

TEST_CASE("syncer: it holds the folder that it syncs as a whole, and no longer than it lives") {
  struct Counted : CountingDisk {
    int held = 0;
    int open(const char* path, int flags, mode_t mode) override {
      const int descriptor = CountingDisk::open(path, flags, mode);
      held += descriptor >= 0 ? 1 : 0;
      return descriptor;
    }
    int close(int descriptor) override {
      --held;
      return CountingDisk::close(descriptor);
    }
  };
  for (const auto& [type, holds] : {std::pair(EXT4_SUPER_MAGIC, 1), {NFS_SUPER_MAGIC, 0}}) {
    Counted disk;
    disk.type = type;
    REQUIRE(disk.mkdir("/out", 0777) == 0);
    const FileSystem::Use use(disk);
    {
      Syncer syncer(disk.clock, {1, 1});
      syncer.open("/out");
      CHECK(disk.held == holds);
    }
    CHECK(disk.held == 0);
  }
}

} // namespace
} // namespace dualcam::serve::syncer_test
