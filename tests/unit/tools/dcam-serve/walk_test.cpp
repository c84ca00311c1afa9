#include "dcam-serve/walk.hpp"

#include "temporary_folder.hpp"

namespace dualcam::serve::walk_test {
namespace {

/// Where the walk from `folder` to `path` ends, file system by file system.
std::vector<fs::path> stages(const fs::path& folder, const fs::path& path) {
  Walk walk(folder, path);
  std::vector<fs::path> result;
  for (auto device = device_of(folder / "."); device; device = walk.go_on(*device)) {
    result.push_back(walk.reached());
  }
  result.push_back(walk.reached());
  return result;
}

TEST_CASE("walk: on one file system it goes to the end, or to where nothing is yet") {
  const TemporaryFolder folder;
  fs::create_directories(folder / "a/b");
  fs::create_directory_symlink("a", folder / "link");
  fs::create_directory_symlink("../link/b", folder / "a/back");
  const auto& root = folder.path();
  CHECK(stages(root, "a/b").back() == root / "a/b");
  CHECK(stages(root, "a/b").size() == 2);
  CHECK(stages(root, "a/c/d").back() == root / "a");
  CHECK(stages(root, "link/b").back() == root / "a/b");
  CHECK(fs::equivalent(stages(root, "a/back").back(), root / "a/b"));
  CHECK(stages(root, "").back() == root);
}

TEST_CASE("walk: a link to another file system is entered there") {
  const TemporaryFolder folder;
  fs::create_directory_symlink("/proc/self", folder / "camera");
  const auto found = stages(folder.path(), "camera/fd");
  REQUIRE(found.size() >= 3);
  CHECK(found[found.size() - 2] == "/proc");
  CHECK(found.back() == fs::path("/proc") / fs::read_symlink("/proc/self") / "fd");
  CHECK(device_of("/proc") != device_of(folder.path()));
}

TEST_CASE("walk: links that lead nowhere end it") {
  const TemporaryFolder folder;
  fs::create_directory_symlink("loop", folder / "loop");
  fs::create_directory_symlink("/nowhere/at/all", folder / "gone");
  CHECK(stages(folder.path(), "loop/a").back() == folder.path());
  CHECK(stages(folder.path(), "gone/a").back() == "/");
  CHECK(device_of(folder / "none") == std::nullopt);
}

} // namespace
} // namespace dualcam::serve::walk_test
