#include "dualcam/storage/claim_table.hpp"

#include <cerrno>
#include <set>

#include "storage/memory_disk.hpp"
#include "storage/resumable_testing.hpp"

namespace dualcam {
namespace {

/// A folder with a table in it.
struct Tabled {
  Tabled() {
    fs::create_directory(states);
    table = made();
  }

  std::shared_ptr<ClaimTable> made() const {
    auto created = ClaimTable::create(folder.path());
    REQUIRE(created);
    return *created;
  }

  std::vector<fs::path> tables() const {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(states)) {
      if (entry.path().filename().native().starts_with("claims-")) {
        found.push_back(entry.path());
      }
    }
    return found;
  }

  static void prepare(ResumableFile& file) {
    Barrier barrier;
    REQUIRE(file.prepare(barrier));
    REQUIRE(barrier.sync());
  }

  /// One step of growth, and whether it went to the table.
  bool grow(ResumableFile& file) const {
    file.share(table);
    add(file, content(), file.data().packets + 1, file.data().packets + 1);
    prepare(file);
    Barrier barrier;
    file.publish(barrier);
    const bool is_shared = !barrier.shared().empty();
    if (!barrier.sync()) {
      file.publish(barrier); // what is not known to have passed is published again
      REQUIRE(barrier.sync());
    }
    file.confirm();
    return is_shared;
  }

  /// A part with so many packets, all of them claimed, that its server was killed over.
  void leave_killed(const fs::path& name, std::uint32_t count) const {
    auto file = begin(folder.path() / name);
    REQUIRE(file);
    for (std::uint32_t packet = 0; packet < count; ++packet) {
      CHECK(grow(*file) == (packet > 0));
    }
  }

  TemporaryFolder folder;
  fs::path states = folder / ".dcam-serve";
  std::shared_ptr<ClaimTable> table;
};

std::string content_of_row(const fs::path& root, const SharedRow& row, unsigned block) {
  const auto read = ClaimTable::read(root, row);
  REQUIRE(read);
  return std::string(as_text(read->at(block)));
}

} // namespace

TEST_CASE("claim table: blocks of rows lie apart, and those of one turn side by side") {
  std::set<std::uint64_t> offsets;
  for (std::uint32_t row = 0; row < 3000; ++row) {
    for (const unsigned block : {0U, 1U}) {
      const auto offset = ClaimTable::offset_of({7, row}, block);
      CHECK(offset % checkpoint_block == 0);
      CHECK(offsets.insert(offset).second);
    }
  }
  CHECK(*offsets.rbegin() < 4096 * checkpoint_block * 2); // nearly without gaps
  CHECK(ClaimTable::offset_of({7, 9}, 1) == ClaimTable::offset_of({7, 8}, 1) + checkpoint_block);
}

TEST_CASE("claim table: what is written in a row is read there, and nowhere else") {
  const Tabled tabled;
  const auto root = tabled.folder.path();
  std::vector<ClaimTable::Block> blocks;
  std::vector<SharedRow> rows;
  for (const auto* line : {"a\n", "b\n", "c\n", "d\n"}) {
    rows.push_back(tabled.table->take_row());
    blocks.push_back({ClaimTable::offset_of(rows.back(), 0),
                      {line, std::make_shared<const ByteBuffer>(5, std::byte{'t'})}});
  }
  CHECK(tabled.table->write({&blocks[3], &blocks[0], &blocks[1]}));
  for (const auto index : {0U, 1U, 3U}) {
    const auto text = content_of_row(root, rows.at(index), 0);
    CHECK(text.size() == checkpoint_block);
    CHECK(text.starts_with(blocks.at(index).text.line + "ttttt"));
    CHECK(text.find_first_not_of('\0', 7) == text.npos);
  }
  CHECK(content_of_row(root, rows[2], 0).find_first_not_of('\0') == std::string::npos);
  CHECK(content_of_row(root, rows[0], 1).empty()); // behind the end
  CHECK(content_of_row(root, {rows[0].table + 1, 0}, 0).empty());
  CHECK(content_of_row(root / "none", rows[0], 0).empty());
}

TEST_CASE("claim table: it goes with its last owner, unless somebody may look for claims in it") {
  Tabled tabled;
  CHECK(tabled.tables().size() == 1);
  tabled.table.reset();
  CHECK(tabled.tables().empty());

  auto table = tabled.made();
  const auto row = table->take_row();
  CHECK(table->take_row() != row);
  table->give_back(row);
  CHECK(table->take_row() == row);
  table.reset();
  CHECK(tabled.tables().size() == 1);
}

TEST_CASE("claim table: who writes it keeps others from removing it as an old one") {
  Tabled tabled;
  const auto path = tabled.table->file().path();
  (void)tabled.table->take_row();
  remove_old_records(tabled.folder.path(), std::chrono::seconds(0));
  CHECK(fs::exists(path));
  tabled.table.reset();
  remove_old_records(tabled.folder.path(), std::chrono::hours(1));
  CHECK(fs::exists(path));
  remove_old_records(tabled.folder.path(), std::chrono::seconds(0));
  CHECK_FALSE(fs::exists(path));
}

TEST_CASE("claim table: without a folder of states there is none, and a link is not followed") {
  const TemporaryFolder folder;
  CHECK_FALSE(ClaimTable::create(folder.path()));
  const Tabled tabled;
  const SharedRow row{0xabc, 0};
  fs::create_symlink(tabled.table->file().path(), tabled.states / "claims-0000000000000abc");
  CHECK(content_of_row(tabled.folder.path(), row, 0).empty());
}

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

} // namespace dualcam
