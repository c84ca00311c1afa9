#include "dualcam/storage/camera_locks.hpp"

#include "dualcam/storage/state_folder.hpp"
#include "hooked_files.hpp"
#include "temporary_folder.hpp"
#include "testing.hpp"

namespace dualcam::camera_locks_test {
namespace {

constexpr std::uint64_t imei = 350612071913857;
constexpr std::uint64_t last_imei = 999'999'999'999'999;

} // namespace

TEST_CASE("camera locks: one process serves a camera, until it gives it up or ends") {
  const TemporaryFolder folder;
  CameraLocks first(folder.path(), folder.path());
  std::optional<CameraLocks> second(std::in_place, folder.path(), folder.path());
  for (const auto camera : {imei, last_imei, std::uint64_t{0}}) {
    CHECK(first.take(camera).value());
    CHECK(first.take(camera).value()); // it is its own
    CHECK_FALSE(second->take(camera).value());
    first.release(camera);
    CHECK(second->take(camera).value());
    CHECK_FALSE(first.take(camera).value());
  }
  second.reset(); // as if it was killed
  CHECK(first.take(imei).value());
}

TEST_CASE("camera locks: who has a camera sees that others want it, as long as they do") {
  const TemporaryFolder folder;
  CameraLocks holder(folder.path(), folder.path());
  CameraLocks second(folder.path(), folder.path());
  std::optional<CameraLocks> third(std::in_place, folder.path(), folder.path());
  CHECK_FALSE(holder.is_wanted(imei).value());
  REQUIRE(holder.take(imei).value());
  CHECK_FALSE(holder.is_wanted(imei).value());
  REQUIRE_FALSE(second.take(imei).value());
  REQUIRE_FALSE(third->take(imei).value());
  CHECK(holder.is_wanted(imei).value());
  CHECK_FALSE(holder.is_wanted(imei + 1).value());
  second.release(imei);
  CHECK(holder.is_wanted(imei).value());
  third.reset();
  CHECK_FALSE(holder.is_wanted(imei).value());
  REQUIRE_FALSE(second.take(imei).value());
  holder.release(imei);
  REQUIRE(second.take(imei).value()); // it has what it wanted
  CHECK_FALSE(holder.is_wanted(imei).value());
}

TEST_CASE("camera locks: they are made where they are missing, and go when nobody has any") {
  const TemporaryFolder folder;
  const auto root = folder.path() / "a" / "b";
  CameraLocks locks(folder.path(), root);
  const auto file = root / state_folder_name / camera_locks_name;
  CHECK_FALSE(std::filesystem::exists(root));
  CHECK(locks.is_new());
  REQUIRE(locks.take(imei).value());
  CHECK(std::filesystem::file_size(file) == 0);
  CHECK_FALSE(locks.is_new());
  remove_old_records(root, std::chrono::seconds(-10));
  CHECK(std::filesystem::exists(file));
  locks.release(imei);
  remove_old_records(root, std::chrono::seconds(-10));
  CHECK(locks.is_new());
  REQUIRE(locks.take(imei).value());
  CHECK(std::filesystem::exists(file));
  std::filesystem::remove_all(root / state_folder_name);
  CameraLocks other(folder.path(), root);
  REQUIRE(locks.take(imei).value());
  CHECK_FALSE(other.take(imei).value());
}

TEST_CASE("camera locks: a folder that is tidied up before the file is in it is made anew") {
  const TemporaryFolder folder;
  HookedFiles files;
  const FileSystem::Use use(files);
  CameraLocks locks(folder.path(), folder.path());
  files.before_open = [&] { std::filesystem::remove(folder.path() / state_folder_name); };
  REQUIRE(locks.take(imei).value());
  CHECK(std::filesystem::exists(folder.path() / state_folder_name / camera_locks_name));
}

TEST_CASE("camera locks: where it is not known which file has the name nothing is kept locked") {
  const TemporaryFolder folder;
  struct Failing : FileSystem {
    int lstat(const char* path, struct stat* status) override {
      errno = EIO;
      return fails ? -1 : FileSystem::lstat(path, status);
    }
    bool fails = false;
  } files;
  const FileSystem::Use use(files);
  CameraLocks locks(folder.path(), folder.path());
  REQUIRE(locks.take(imei).value());
  locks.release(imei);
  files.fails = true;
  CHECK_FALSE(locks.take(imei));
  files.fails = false;
  CHECK(CameraLocks(folder.path(), folder.path()).take(imei).value());
}

TEST_CASE("camera locks: where there can be none that is an error") {
  const TemporaryFolder folder;
  CameraLocks locks(folder.path() / "missing", folder.path() / "missing");
  const auto taken = locks.take(imei);
  REQUIRE_FALSE(taken);
  CHECK(taken.error().category == ErrorCategory::io);
  locks.release(imei);
  CHECK_FALSE(locks.is_wanted(imei).value());
  const auto state = folder.path() / state_folder_name;
  std::filesystem::create_directories(state / camera_locks_name);
  const auto in_the_way = CameraLocks(folder.path(), folder.path()).take(imei);
  REQUIRE_FALSE(in_the_way);
  CHECK(in_the_way.error().message ==
        "cannot create " + (state / camera_locks_name).string() + ": Is a directory");
}

} // namespace dualcam::camera_locks_test
