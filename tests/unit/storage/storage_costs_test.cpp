// What a START and a finish cost in calls, whatever lies about.
#include <fcntl.h>

#include "dualcam/storage/held_file.hpp"
#include "figures.hpp"
#include "storage/memory_disk.hpp"
#include "storage/record_testing.hpp"
#include "storage/resumable_testing.hpp"

namespace dualcam::storage_costs_test {

using namespace resumable;
namespace {

const fs::path folder = "/out/cam";

struct Reads : MemoryDisk {
  std::size_t bytes = 0;
  ssize_t pread(int descriptor, void* into, std::size_t count, off_t offset) override {
    bytes += count;
    return MemoryDisk::pread(descriptor, into, count, offset);
  }
  /// Each name counts as a call.
  int list(const fs::path& where, std::vector<std::string>& names) override {
    const auto failed = MemoryDisk::list(where, names);
    calls += static_cast<unsigned>(names.size());
    return failed;
  }
};

void write(MemoryDisk& disk, const fs::path& path) {
  const FileSystem::Use use(disk);
  auto file = File::open(path, O_RDWR | O_CREAT);
  REQUIRE(file);
  const auto piece = as_bytes("x");
  REQUIRE(file->write(0, {&piece, 1}));
}

struct Costs {
  unsigned start = 0;
  unsigned finish = 0;
};

/// Of one file that arrives at once.
Costs costs(Reads& disk) {
  const FileSystem::Use use(disk);
  const StateFolder state("/out", identity().imei);
  Costs result;
  disk.calls = 0;
  const auto known = state.read();
  REQUIRE(known);
  const auto found = ResumableFile::find(state, *known, identity(), folder / "a.jpg");
  REQUIRE(found);
  CHECK_FALSE(*found);
  CHECK(state.known(*known, identity())->empty());
  result.start = disk.calls;
  auto file = ResumableFile::create(folder / "a.jpg", identity(), state);
  REQUIRE(file);
  add(*file, content(), 1, packets);
  disk.calls = 0;
  REQUIRE(finish(*file, folder / "a.jpg", content(), IfExists::number));
  result.finish = disk.calls;
  return result;
}

/// The name is taken `names` times, and there are so many parts and files of other names.
std::unique_ptr<Reads> disk_with(unsigned names, unsigned parts, unsigned files = 0) {
  auto disk = std::make_unique<Reads>();
  REQUIRE(disk->mkdir("/out", 0777) == 0);
  REQUIRE(disk->mkdir(folder.c_str(), 0777) == 0);
  for (unsigned i = 0; i < names; ++i) {
    write(*disk, numbered(folder / "a.jpg", i));
  }
  for (unsigned i = 0; i < parts; ++i) {
    for (const auto* suffix : {".part", ".part.checkpoint"}) {
      write(*disk, folder / ("x" + std::to_string(i) + ".jpg" + suffix));
    }
  }
  for (unsigned i = 0; i < files; ++i) {
    write(*disk, folder / ("x" + std::to_string(i) + ".jpg"));
  }
  return disk;
}

} // namespace

TEST_CASE("storage costs: other parts and files cost a START and a finish nothing") {
  const auto alone = costs(*disk_with(0, 0));
  CHECK(alone.start <= 4);
  for (const auto& [parts, files] :
       {std::pair(tries(10'000U), tries(10'000U)), {0U, tries(100'000U)}}) {
    const auto among = costs(*disk_with(0, parts, files));
    CHECK(among.start == alone.start);
    CHECK(among.finish == alone.finish);
  }
}

TEST_CASE("storage costs: a claim reads the block it is written to, and the end of the part") {
  Reads disk;
  REQUIRE(disk.mkdir("/out", 0777) == 0);
  REQUIRE(disk.mkdir(folder.c_str(), 0777) == 0);
  const FileSystem::Use use(disk);
  auto who = identity();
  who.metadata = random_bytes(65'533, 1); // which is in the header of the checkpoint
  const StateFolder state("/out", who.imei);
  auto file = ResumableFile::create(folder / "a.jpg", who, state);
  REQUIRE(file);
  for (std::uint32_t packet = 1; packet < packets; ++packet) {
    add(*file, content(), packet, packet);
    disk.bytes = 0;
    REQUIRE(file->save());
    CHECK(disk.bytes <= checkpoint_block + 2 * full_packet);
  }
}

TEST_CASE("storage costs: nor do the camera's own") {
  const auto alone = costs(*disk_with(0, 0));
  const auto disk = disk_with(0, 0);
  {
    const FileSystem::Use use(*disk);
    for (unsigned i = 0; i < tries(10'000U); ++i) {
      auto who = identity();
      who.announced = 100 + i;
      REQUIRE(ResumableFile::create(folder / ("x" + std::to_string(i) + ".jpg"), who,
                                    StateFolder("/out", who.imei)));
    }
  }
  const auto among = costs(*disk);
  CHECK(among.start <= alone.start + 2);    // there is a state to read
  CHECK(among.finish <= alone.finish + 12); // maybe to be written anew
}

namespace {

void store(StateFolder& state, std::uint64_t id, bool said) {
  auto record = recorded::record(std::to_string(id), id);
  Barrier barrier;
  REQUIRE(state.add(part_entry(id, record.identity, record.part), barrier));
  REQUIRE(state.add(record, barrier));
  REQUIRE(state.mark_gone(id));
  REQUIRE(state.mark_named(id));
  REQUIRE((!said || state.mark_said(id)));
}

/// Of a START.
void check_start(Reads& disk, const StateFolder& state, unsigned calls) {
  disk.calls = 0;
  disk.bytes = 0;
  const auto held = find_held(state, identity(), folder / "a.jpg");
  REQUIRE(held);
  CHECK(held->known.empty());
  CHECK(disk.calls <= calls);
  CHECK(disk.bytes <= 8192);
}

} // namespace

TEST_CASE("storage costs: nor do the files that were stored of the same camera, said or not") {
  for (const bool said : {true, false}) {
    Reads disk;
    REQUIRE(disk.mkdir("/out", 0777) == 0);
    const FileSystem::Use use(disk);
    StateFolder state("/out", recorded::imei);
    check_start(disk, state, 4);
    for (unsigned id = 1; id <= 1000; ++id) {
      disk.bytes = 0;
      store(state, id, said);
      CHECK(disk.bytes <= 1'000'000); // once in a while it is written anew
      if (id % 10 == 1) {
        CAPTURE(id, said);
        check_start(disk, state, 4 + 3); // there is a state to read
      }
    }
  }
}

TEST_CASE("storage costs: nor do 20,000 files that nobody was told of") {
  Reads disk;
  REQUIRE(disk.mkdir("/out", 0777) == 0);
  const FileSystem::Use use(disk);
  StateFolder state("/out", recorded::imei);
  CameraState before;
  auto record = recorded::record();
  record.named = true;
  for (record.id = 1; record.id <= 20'000; ++record.id) {
    before.records.push_back(record);
  }
  store(state, 0, true);
  {
    auto file = File::open("/out/.dcam-serve/350612071913857", O_RDWR | O_APPEND);
    REQUIRE(file);
    REQUIRE(file->truncate(0));
    REQUIRE(file->append(as_bytes(encode_camera_state(before))));
  }
  for (unsigned id = 20'001; id <= 20'100; ++id) {
    disk.bytes = 0;
    store(state, id, false);
    CHECK(disk.bytes <= 65'536);
    check_start(disk, state, 4 + 3);
  }
  CHECK(state.read()->records.size() == 20'100);
}

TEST_CASE("storage costs: a name that is taken 20,000 times is soon found out") {
  const auto alone = costs(*disk_with(0, 0));
  const auto taken = costs(*disk_with(20'000, 0));
  CHECK(taken.start == alone.start);
  CHECK(taken.finish <= alone.finish + 40);
}

} // namespace dualcam::storage_costs_test
