#include <cerrno>

#include "storage/memory_disk.hpp"
#include "storage/tabled.hpp"

namespace dualcam::shared_claims_test {

using namespace resumable;
using namespace tabled;

TEST_CASE("shared claims: the first one of a part is its own, those behind it are in the table") {
  Tabled tabled;
  auto file = begin(tabled.folder / "a.jpg");
  REQUIRE(file);
  CHECK_FALSE(tabled.grow(*file));
  CHECK(tabled.grow(*file));
  CHECK(tabled.grow(*file));
  const auto path = tabled.folder / "a.jpg.part.checkpoint";
  const auto alone = CheckpointFile::read(path);
  REQUIRE((alone && *alone && (*alone)->newest()));
  CHECK((*alone)->claims.at(*(*alone)->newest())->held.packets == 1);
  const auto all = CheckpointFile::read(path, tabled.folder.path());
  REQUIRE((all && *all));
  CHECK((*all)->shared.size() == 2);
}

TEST_CASE("shared claims: until the first one is durable there is none in the table") {
  const Tabled tabled;
  auto file = begin(tabled.folder / "a.jpg");
  REQUIRE(file);
  file->share(tabled.table);
  add(*file, content(), 1, 1);
  Tabled::prepare(*file);
  for (int attempt = 0; attempt < 3; ++attempt) {
    Barrier again;
    file->publish(again);
    CHECK(again.shared().empty());
    CHECK(again.late_files().size() == 1);
    CHECK(again.folders() == std::vector{tabled.states}); // where the table's name is
  }
}

TEST_CASE("shared claims: what a killed server claimed is gone on with, by whoever has no table") {
  const Tabled tabled;
  for (const std::uint32_t count : {1U, 2U, 3U, 4U, 7U}) {
    const auto folder = tabled.folder.path() / std::to_string(count);
    const auto who = FileIdentity{count, FileKind::front_photo, packets, 0, {}};
    const StateFolder state(tabled.folder.path(), count);
    fs::create_directory(folder);
    {
      auto file = ResumableFile::create(folder / "a.jpg", who, state);
      REQUIRE(file);
      for (std::uint32_t packet = 0; packet < count; ++packet) {
        CHECK(tabled.grow(*file) == (packet > 0));
      }
    }
    for (const bool is_second : {false, true}) { // the same once more, after nothing was added
      auto again = ResumableFile::find(state, read(state), who, folder / "b.jpg");
      REQUIRE((again && *again));
      CHECK((*again)->data().packets == count);
      if (is_second) {
        add(**again, content(), count + 1, packets);
        CHECK(finish(**again, folder / "a.jpg", content()));
        CHECK(content_of(folder / "a.jpg") == as_text(content()));
      }
    }
  }
}

TEST_CASE("shared claims: a part that was gone on with is found again at each claim after that") {
  Tabled tabled;
  tabled.leave_killed("a.jpg", 3);
  for (std::uint32_t count = 3; count < packets - 1; ++count) {
    auto file = found(tabled.folder.path());
    REQUIRE(file);
    REQUIRE(file->data().packets == count);
    if (count % 2 == 0) {
      tabled.table = tabled.made();
    }
    CHECK_FALSE(tabled.grow(*file)); // the first of each process is in the checkpoint
    if (count % 3 == 0) {
      ++count;
      CHECK(tabled.grow(*file));
    }
  }
}

TEST_CASE("shared claims: without the table a part goes on from the first claim, or the last own") {
  for (const bool leaves : {false, true}) {
    Tabled tabled;
    {
      auto file = begin(tabled.folder / "a.jpg");
      REQUIRE(file);
      for (int packet = 0; packet < 4; ++packet) {
        tabled.grow(*file);
      }
      add(*file, content(), 5, 5);
      if (leaves) {
        CHECK(file->leave());
        CHECK(file->save());
      }
    }
    fs::remove(tabled.table->file().path());
    const auto file = found(tabled.folder.path());
    REQUIRE(file);
    CHECK(file->data().packets == (leaves ? 5 : 1));
  }
}

TEST_CASE("shared claims: a row that another part has now tells nothing of the one before") {
  Tabled tabled;
  tabled.leave_killed("a.jpg", 3);
  tabled.table->give_back({0, 0}); // which nobody does
  auto other =
      ResumableFile::create(tabled.folder / "b.jpg", {2, FileKind::front_photo, packets, 0, {}},
                            state_in(tabled.folder.path(), 2));
  REQUIRE(other);
  for (int packet = 0; packet < 6; ++packet) {
    tabled.grow(*other);
  }
  const auto file = found(tabled.folder.path());
  REQUIRE(file);
  CHECK(file->data().packets == 1);
}

TEST_CASE("shared claims: a row is free once the part has left, is stored, or is discarded") {
  for (const int end : {0, 1, 2}) {
    Tabled tabled;
    {
      auto file = begin(tabled.folder / "a.jpg");
      REQUIRE(file);
      while (file->data().packets < packets) {
        tabled.grow(*file);
      }
      if (end == 0) {
        CHECK(file->leave());
        Tabled::prepare(*file);
        Barrier barrier;
        file->publish(barrier);
        CHECK(barrier.shared().empty());
        REQUIRE(barrier.sync());
        CHECK(tabled.table->take_row().row == 1); // not before the claim is durable
        tabled.table->give_back({0, 1});
        file->confirm();
      } else if (end == 1) {
        CHECK(finish(*file, tabled.folder / "a.jpg", content()));
      } else {
        file->discard();
      }
    }
    tabled.table.reset();
    CHECK(tabled.tables().empty());
  }
}

TEST_CASE("shared claims: where nothing has come since, the last claim comes to the checkpoint") {
  for (const std::uint32_t count : {1U, 2U, 3U}) {
    Tabled tabled;
    {
      auto file = begin(tabled.folder / "a.jpg");
      REQUIRE(file);
      while (file->data().packets < count) {
        tabled.grow(*file);
      }
      CHECK(file->leave());
      Barrier barrier;
      const auto prepared = file->prepare_last(barrier);
      CHECK(prepared == true);
      REQUIRE(barrier.sync());
      file->publish(barrier);
      REQUIRE(barrier.sync());
      file->confirm();
      CHECK(file->prepare_last(barrier) == false); // it is there
    }
    tabled.table.reset();
    CHECK(tabled.tables().empty());
    const auto again = found(tabled.folder.path());
    REQUIRE(again);
    CHECK(again->data().packets == count);
  }
}

TEST_CASE("shared claims: a part that has claimed nothing has no row") {
  Tabled tabled;
  {
    auto file = begin(tabled.folder / "a.jpg");
    REQUIRE(file);
    file->share(tabled.table);
    add(*file, content(), 1, 1);
    Barrier barrier;
    REQUIRE(file->prepare(barrier));
    CHECK(file->prepare_last(barrier) == false);
  }
  tabled.table.reset();
  CHECK(tabled.tables().empty());
}

TEST_CASE("shared claims: once a table fails a part claims by itself") {
  const Tabled tabled;
  auto file = begin(tabled.folder / "a.jpg");
  REQUIRE(file);
  tabled.grow(*file);
  CHECK(tabled.grow(*file));
  tabled.table->set_broken();
  CHECK_FALSE(tabled.grow(*file));
  CHECK_FALSE(tabled.grow(*file));
  fs::remove(tabled.table->file().path());
  {
    const auto closed = std::move(*file);
  }
  const auto again = found(tabled.folder.path());
  REQUIRE(again);
  CHECK(again->data().packets == 4);
}

TEST_CASE("shared claims: a sync that fails breaks the table, and the claim is made elsewhere") {
  struct : MemoryDisk {
    int fdatasync(int descriptor) override {
      errno = EIO;
      return fails ? -1 : MemoryDisk::fdatasync(descriptor);
    }
    bool fails = false;
  } disk;
  const FileSystem::Use use(disk);
  REQUIRE(disk.mkdir("/out", 0777) == 0);
  REQUIRE(disk.mkdir("/out/.dcam-serve", 0777) == 0);
  REQUIRE(sync_folder("/"));
  const auto table = ClaimTable::create("/out");
  REQUIRE(table);
  auto file = begin("/out/a.jpg");
  REQUIRE(file);
  (*file).share(*table);
  add(*file, content(), 1, 1);
  REQUIRE(file->save());
  add(*file, content(), 2, 2);
  Tabled::prepare(*file);
  Barrier barrier;
  file->publish(barrier);
  REQUIRE(barrier.shared().size() == 1);
  disk.fails = true;
  CHECK_FALSE(barrier.sync());
  CHECK((*table)->is_broken());
  disk.fails = false;
  Barrier again;
  file->publish(again);
  CHECK(again.shared().empty());
  CHECK(again.late_files().size() == 1);
  REQUIRE(again.sync());
  file->confirm();
  const auto cut = disk.after_cut([] { return false; }, false);
  const auto checkpoint = decode_checkpoint(as_bytes(cut->content("/out/a.jpg.part.checkpoint")));
  REQUIRE((checkpoint && checkpoint->newest()));
  CHECK(checkpoint->claims.at(*checkpoint->newest())->held.packets == 2);
}

} // namespace dualcam::shared_claims_test
