#include "dualcam/storage/claim_table.hpp"

#include <array>
#include <cerrno>
#include <random>

#include "dualcam/wire/crc64.hpp"
#include "figures.hpp"
#include "storage/memory_disk.hpp"
#include "storage/tabled.hpp"

namespace dualcam::claim_table_test {

using namespace resumable;
using namespace tabled;
namespace {

std::string content_of_group(const fs::path& root, const SharedRow& row) {
  const auto read = ClaimTable::read(root, row);
  REQUIRE(read);
  return std::string(as_text(*read));
}

constexpr std::size_t area_size = 16 * checkpoint_block;

/// What is in both areas of a group, without the NUL behind it.
std::array<std::string, 2> areas_of(const fs::path& root, const SharedRow& row) {
  auto text = content_of_group(root, row);
  CHECK(text.size() % checkpoint_block == 0);
  text.resize(2 * area_size);
  std::array areas{text.substr(0, area_size), text.substr(area_size)};
  for (auto& area : areas) {
    area.resize(area.find_last_not_of('\0') + 1);
  }
  return areas;
}

/// Entries that live as long as it does.
class Entries {
public:
  explicit Entries(std::initializer_list<std::pair<std::uint32_t, std::string>> claims) {
    for (const auto& [row, line] : claims) {
      entries_.push_back(
          {row, {line + '\n', std::make_shared<const ByteBuffer>(2, std::byte{'t'})}});
    }
  }
  std::vector<const ClaimTable::Entry*> all() const {
    std::vector<const ClaimTable::Entry*> result;
    for (const auto& entry : entries_) {
      result.push_back(&entry);
    }
    return result;
  }

private:
  std::vector<ClaimTable::Entry> entries_;
};

} // namespace

TEST_CASE("claim table: a group has its newest claims in one area, those before in the other") {
  const Tabled tabled;
  const auto root = tabled.folder.path();
  std::vector<SharedRow> rows;
  for (int row = 0; row < 20; ++row) {
    rows.push_back(tabled.table->take_row());
  }
  const auto write = [&](const Entries& entries) {
    CHECK(tabled.table->write(entries.all()));
    tabled.table->confirm();
  };
  write(Entries({{3, "d"}, {0, "a"}, {17, "r"}, {1, "b"}}));
  CHECK(areas_of(root, rows[0]) == std::array<std::string, 2>{"", "a\nttb\nttd\ntt"});
  CHECK(content_of_group(root, rows[15]) == content_of_group(root, rows[0]));
  CHECK(areas_of(root, rows[16])[1] == "r\ntt");
  write(Entries({{1, "longer"}, {2, "c"}}));
  CHECK(areas_of(root, rows[0]) ==
        std::array<std::string, 2>{"a\nttlonger\nttc\nttd\ntt", "a\nttb\nttd\ntt"});
  tabled.table->give_back(rows[0]);
  tabled.table->give_back(rows[3]);
  write(Entries({{2, "C"}}));
  CHECK(areas_of(root, rows[0])[1] == "longer\nttC\ntt");
  CHECK(content_of_group(root, {rows[0].table, 32}).empty()); // behind the end
  CHECK(content_of_group(root, {rows[0].table + 1, 0}).empty());
  CHECK(content_of_group(root / "none", rows[0]).empty());
}

TEST_CASE("claim table: the longest claims of a group fill an area, and no more") {
  const Tabled tabled;
  const auto tail = std::make_shared<const ByteBuffer>(longest_tail, std::byte{'t'});
  std::vector<ClaimTable::Entry> claims;
  std::uint64_t table_id = 0;
  for (int number = 0; number < 32; ++number) {
    const auto row = tabled.table->take_row();
    table_id = row.table;
    auto line =
        std::string(checkpoint_block - longest_tail - 1, static_cast<char>('a' + number)) + '\n';
    claims.push_back({row.row, {std::move(line), tail}});
  }
  std::vector<const ClaimTable::Entry*> entries;
  for (const auto& claim : claims) {
    entries.push_back(&claim);
  }
  for (int turn = 0; turn < 2; ++turn) {
    CHECK(tabled.table->write(entries));
    tabled.table->confirm();
  }
  CHECK(tabled.table->write({entries[5]})); // the others as they were
  tabled.table->confirm();
  entries.erase(entries.begin() + 5); // and so is a single one
  CHECK(tabled.table->write(entries));
  const auto root = tabled.folder.path();
  for (const std::uint32_t row : {0U, 16U}) {
    const auto areas = areas_of(root, {table_id, row});
    CHECK(areas[0] == areas[1]);
    CHECK(areas[0].size() == area_size);
  }
}

namespace {

/// A part whose claims are in a row.
struct Row {
  explicit Row(ClaimTable& table, unsigned number) : place(table.take_row()), bytes(number) {
    checkpoint.part = number + 1;
    checkpoint.identity = identity();
    header = crc64(as_bytes(checkpoint_header(checkpoint.part, checkpoint.identity)));
  }

  ClaimTable::Entry next(std::mt19937& random) {
    const auto tail = random() % 3 == 0 ? 0 : 1 + random() % longest_tail;
    bytes += 1 + tail;
    claim.sequence = ++written;
    claim.held = {packets, bytes, 1, 0};
    claim.from = {};
    claim.tail = random_bytes(tail, static_cast<unsigned>(random()));
    return {place.row,
            {claim_line(claim, header),
             claim.tail.empty() ? nullptr : std::make_shared<const ByteBuffer>(claim.tail)}};
  }

  SharedRow place;
  Checkpoint checkpoint{};
  std::uint64_t header = 0;
  std::uint64_t bytes;
  Claim claim{};
  std::uint64_t written = 0; ///< sequences
  std::uint64_t durable = 0;
};

void check_rows(const MemoryDisk& disk, const std::string& path, const std::vector<Row>& rows) {
  const auto text = disk.has(path) ? disk.content(path) : "";
  for (const auto& row : rows) {
    const auto begin = std::min(2 * area_size * (row.place.row / 16), text.size());
    std::uint64_t newest = 0;
    const auto group = std::string_view(text).substr(begin, 2 * area_size);
    for (const auto& claim : claims_among(as_bytes(group), row.checkpoint)) {
      newest = std::max(newest, claim.sequence);
    }
    CHECK(newest >= row.durable);
    CHECK(newest <= row.written);
  }
}

} // namespace

TEST_CASE("claim table: wherever the power goes, the newest durable claim of each row is there") {
  for (unsigned seed = 1; seed <= tries(full(8, 200)); ++seed) {
    INFO("seed " << seed);
    std::mt19937 random(seed);
    MemoryDisk disk;
    const FileSystem::Use use(disk);
    REQUIRE(disk.mkdir("/out", 0777) == 0);
    REQUIRE(disk.mkdir("/out/.dcam-serve", 0777) == 0);
    auto table = ClaimTable::create("/out");
    REQUIRE(table);
    const auto path = (*table)->file().path().native();
    REQUIRE((sync_folder("/") && sync_folder("/out") && sync_folder("/out/.dcam-serve")));
    std::vector<Row> rows;
    for (unsigned number = 0; number < 20; ++number) {
      rows.emplace_back(**table, number);
    }
    auto parts = static_cast<unsigned>(rows.size());
    const auto others_come = [&] {
      for (auto& row : rows) {
        if (random() % 16 == 0) {
          (*table)->give_back(row.place);
          row = Row(**table, parts++);
        }
      }
    };
    disk.after_change = [&] {
      const auto mixture = random() % 4;
      const auto keeps = [&] { return mixture == 0 ? false : mixture == 1 || random() % 2 == 0; };
      check_rows(*disk.after_cut(keeps, mixture > 1), path, rows);
    };
    for (int turn = 0; turn < 20; ++turn) {
      const auto share = 1 + random() % 4; // of them that claim
      Barrier barrier;
      for (auto& row : rows) {
        if (random() % share == 0) {
          barrier.add(Barrier::Shared{*table, row.next(random)});
        }
      }
      std::vector<const ClaimTable::Entry*> entries;
      for (const auto& claim : barrier.shared()) {
        entries.push_back(&claim.entry);
      }
      REQUIRE((*table)->write(entries));
      REQUIRE((*table)->file().sync());
      (*table)->confirm();
      for (auto& row : rows) {
        row.durable = row.written;
      }
      others_come();
      check_rows(*disk.after_cut([] { return false; }, false), path, rows);
    }
    disk.after_change = {};
  }
}

TEST_CASE("claim table: what is not confirmed keeps others from being written") {
  const Tabled tabled;
  const auto row = tabled.table->take_row();
  const Entries first({{row.row, "first"}});
  const Entries second({{row.row, "second"}});
  CHECK(tabled.table->write(first.all()));
  CHECK_FALSE(tabled.table->write(second.all()));
  tabled.table->confirm();
  CHECK(tabled.table->write(second.all()));
  CHECK(areas_of(tabled.folder.path(), row) ==
        std::array<std::string, 2>{"second\ntt", "first\ntt"});
}

TEST_CASE("claim table: where the claims of others cannot be read nothing is written") {
  MemoryDisk disk;
  const FileSystem::Use use(disk);
  REQUIRE(disk.mkdir("/out", 0777) == 0);
  REQUIRE(disk.mkdir("/out/.dcam-serve", 0777) == 0);
  const auto table = ClaimTable::create("/out");
  REQUIRE(table);
  const std::array rows{(*table)->take_row(), (*table)->take_row()};
  REQUIRE((*table)->write(Entries({{0, "a"}, {1, "b"}}).all()));
  (*table)->confirm();
  const Entries longer({{1, "longer"}});
  disk.failing = disk.calls + 1;
  disk.error = EIO;
  CHECK_FALSE((*table)->write(longer.all()));
  CHECK(areas_of("/out", rows[0]) == std::array<std::string, 2>{"", "a\nttb\ntt"});
  for (const unsigned call : {1U, 2U}) { // a read, or a write, that does half of it
    disk.failing = disk.calls + call;
    disk.error = 0;
    CHECK((*table)->write(longer.all()));
    (*table)->confirm();
    CHECK(areas_of("/out", rows[0])[call - 1] == "a\nttlonger\ntt");
  }
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
  CHECK(content_of_group(tabled.folder.path(), row).empty());
}

} // namespace dualcam::claim_table_test
