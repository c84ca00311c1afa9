#include "dcam-serve/disks.hpp"

#include <latch>

#include "common/coroutine.hpp"
#include "temporary_folder.hpp"
#include "tools/dcam-serve/loop.hpp"

namespace dualcam::serve::disks_test {
namespace {

/// A folder on another file system than the others; none: the machine has no such.
class Elsewhere {
public:
  explicit Elsewhere(const fs::path& here) {
    std::string pattern = "/dev/shm/dualcam-test-XXXXXX";
    if (::mkdtemp(pattern.data()) != nullptr) {
      path_ = pattern;
      is_other_ = device_of(path_) != device_of(here);
    }
  }
  ~Elsewhere() {
    if (!path_.empty()) {
      fs::remove_all(path_);
    }
  }
  Elsewhere(const Elsewhere&) = delete;
  Elsewhere& operator=(const Elsewhere&) = delete;

  bool is_other() const { return is_other_; }
  const fs::path& path() const { return path_; }

private:
  fs::path path_;
  bool is_other_ = false;
};

} // namespace

TEST_CASE("disks: folders of one file system have one disk, whatever leads to them") {
  const TemporaryFolder folder;
  fs::create_directory(folder / "a");
  fs::create_directory_symlink("a", folder / "link");
  Loop loop;
  loop.root = folder.path();
  const auto* root = &loop.disks.root();
  for (const auto* path : {"", "a", "a/b/c", "link/b", "none"}) {
    CAPTURE(path);
    CHECK(loop.result_of(loop.disks.of(folder.path() / path)) == root);
  }
  CHECK(loop.disks.busy().empty());
}

TEST_CASE("disks: each other file system has one disk, named as it was first come by") {
  const TemporaryFolder folder;
  const Elsewhere elsewhere(folder.path());
  if (!elsewhere.is_other()) {
    SUCCEED("this machine has one file system");
    return;
  }
  fs::create_directory_symlink(elsewhere.path(), folder / "one");
  fs::create_directory_symlink(elsewhere.path(), folder / "two");
  fs::create_directory_symlink(folder.path(), elsewhere.path() / "back");
  Loop loop;
  loop.root = folder.path();
  auto& root = loop.disks.root();
  auto* other = loop.result_of(loop.disks.of(folder.path() / "one/a"));
  CHECK(other != &root);
  CHECK(loop.result_of(loop.disks.of(folder.path() / "one")) == other);
  CHECK(loop.result_of(loop.disks.of(folder.path() / "two/b/c")) == other);
  CHECK(loop.result_of(loop.disks.of(folder.path() / "a")) == &root);
  CHECK(loop.result_of(loop.disks.of(folder.path() / "one/back/a")) == &root);
  CHECK(other->name() == folder.path() / "one/a");
}

TEST_CASE("disks: while much waits to be written all who would bring more wait, and then go on") {
  Loop loop;
  auto& disk = loop.disks.root();
  std::latch hung(1);
  unsigned written = 0;
  unsigned went_on = 0;
  const auto bring = [&]() -> asio::awaitable<void> {
    co_await disk.room();
    ++went_on;
  };
  asio::co_spawn(loop.context, bring(), rethrow);
  loop.context.poll();
  CHECK(went_on == 1); // there is room
  for (int i = 0; i < 3; ++i) {
    disk.append(std::size_t{40} << 20, [&] {
      hung.wait();
      ++written;
    });
  }
  CHECK(disk.is_busy());
  for (int i = 0; i < 3; ++i) {
    asio::co_spawn(loop.context, bring(), rethrow);
  }
  loop.context.restart();
  loop.context.poll();
  CHECK(went_on == 1);
  hung.count_down();
  loop.context.restart();
  while (went_on < 4) {
    REQUIRE(loop.context.run_one_for(std::chrono::minutes(1)) == 1);
  }
  CHECK(written >= 2);
  disk.join();
  CHECK(written == 3);
  CHECK_FALSE(disk.is_busy());
}

} // namespace dualcam::serve::disks_test
