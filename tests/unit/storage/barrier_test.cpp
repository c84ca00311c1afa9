#include "dualcam/storage/barrier.hpp"

#include <fcntl.h>

#include "storage/memory_disk.hpp"
#include "testing.hpp"

namespace dualcam::barrier_test {
namespace {

/// A file in a folder, neither of them durable.
struct Unsaved {
  Unsaved() {
    REQUIRE(disk.mkdir("/out", 0777) == 0);
    file = created("/out/file");
  }

  static File created(const char* path, std::string_view bytes = "bytes") {
    auto made = File::open(path, O_RDWR | O_CREAT);
    REQUIRE(made);
    const auto piece = as_bytes(bytes);
    REQUIRE(made->write(0, {&piece, 1}));
    return std::move(*made);
  }

  /// All of them, after the power has gone.
  std::vector<std::string> left() const {
    const auto cut = disk.after_cut([] { return false; }, false);
    auto names = cut->files();
    for (auto& name : names) {
      name += '=' + cut->content(name);
    }
    return names;
  }

  MemoryDisk disk;
  FileSystem::Use use{disk};
  File file;
};

using Names = std::vector<std::string>;

} // namespace

TEST_CASE("barrier: files, those that are written late and folders are durable behind it") {
  Unsaved unsaved;
  bool written = false;
  Barrier barrier;
  barrier.add(unsaved.file);
  barrier.add({.path = "/out/late", .write = [&]() -> Result<File> {
                 written = true;
                 return Unsaved::created("/out/late");
               }});
  Unsaved::created("/out/closed");
  barrier.add({.path = "/out/closed"});
  barrier.add_folder("/out");
  barrier.add_folder("/", "/out");
  CHECK_FALSE(written);
  CHECK(unsaved.left().empty());
  CHECK_FALSE(unsaved.disk.is_durable("/out"));
  REQUIRE(barrier.sync());
  CHECK(unsaved.left() == Names{"/out/closed=bytes", "/out/file=bytes", "/out/late=bytes"});
  CHECK(unsaved.disk.is_durable("/out"));
  const auto calls = unsaved.disk.calls;
  REQUIRE(barrier.sync()); // nothing is left to be done
  CHECK(unsaved.disk.calls == calls);
}

TEST_CASE("barrier: whatever fails is told, and no folder is remembered then") {
  unsigned failures = 0;
  for (unsigned failing = 1; failing < 20; ++failing) {
    CAPTURE(failing);
    Unsaved unsaved;
    Unsaved::created("/out/closed");
    Barrier barrier;
    barrier.add(unsaved.file);
    barrier.add({.path = "/out/closed"});
    barrier.add({.path = "/out/none", .write = []() -> Result<File> {
                   auto file = File::open("/out/file", O_RDONLY);
                   return file ? Result<File>(std::move(*file))
                               : std::unexpected(Error{ErrorCategory::io, 0, "no file"});
                 }});
    barrier.add_folder("/out");
    barrier.add_folder("/", "/out");
    unsaved.disk.failing = unsaved.disk.calls + failing;
    unsaved.disk.error = EIO;
    const auto synced = barrier.sync();
    unsaved.disk.failing = 0;
    CHECK((synced || !unsaved.disk.is_durable("/out")));
    failures += synced ? 0 : 1;
  }
  CHECK(failures == 9); // five syncs, and what is opened for four of them
}

TEST_CASE("barrier: of what another one collected all, or the folders, can be taken over") {
  Unsaved unsaved;
  const auto collected = [&] {
    Barrier barrier;
    barrier.add(unsaved.file);
    barrier.add({.path = "/out/late"});
    barrier.add_folder("/out");
    barrier.add_folder("/", "/out");
    return barrier;
  };
  Barrier all;
  all.add_folder("/out");
  auto other = collected();
  all.take(other);
  CHECK(all.files() == std::vector<const File*>{&unsaved.file});
  REQUIRE(all.late_files().size() == 1);
  CHECK(all.late_files()[0].path == "/out/late");
  CHECK(all.folders() == std::vector<std::filesystem::path>{"/out", "/"}); // each once
  CHECK((other.files().empty() && other.late_files().empty() && other.folders().empty()));
  Barrier folders;
  other = collected();
  folders.take_folders(other);
  CHECK((folders.files().empty() && folders.late_files().empty()));
  CHECK(folders.folders() == std::vector<std::filesystem::path>{"/out", "/"});
  CHECK((other.files().empty() && other.late_files().empty() && other.folders().empty()));
  folders.passed(); // by other means
  CHECK(unsaved.disk.is_durable("/out"));
  CHECK(folders.folders().empty());
}

} // namespace dualcam::barrier_test
