// Which parts are tidied away, and which never.
#include "storage/resumable_testing.hpp"

namespace dualcam::abandoned_test {

using namespace resumable;
namespace {

constexpr std::chrono::hours day{24};
using Paths = std::vector<fs::path>;

/// Of a camera that left two days ago.
fs::path leave_old_part(const fs::path& name) {
  fs::create_directories(name.parent_path());
  leave_part(name, content(), 2);
  for (const auto* suffix : {".part", ".part.checkpoint"}) {
    fs::last_write_time(name.string() + suffix, fs::file_time_type::clock::now() - 2 * day);
  }
  return name.string() + ".part";
}

} // namespace

TEST_CASE("abandoned: folders below are looked at as deep as is asked, the state folder never") {
  for (const unsigned levels : {0U, 1U, 2U, 3U}) {
    CAPTURE(levels);
    const TemporaryFolder folder;
    const auto here = leave_old_part(folder / "a.jpg");
    const auto below = leave_old_part(folder / "1/b.jpg");
    const auto deeper = leave_old_part(folder / "1/2/c.jpg");
    const auto state = leave_old_part(folder / ".dcam-serve/d.jpg");
    auto removed = remove_abandoned({folder.path(), levels}, day);
    std::ranges::sort(removed);
    CHECK(removed == (levels == 0   ? Paths{here}
                      : levels == 1 ? Paths{below, here}
                                    : Paths{deeper, below, here}));
    CHECK(fs::exists(state));
    CHECK(remove_abandoned({folder.path(), levels}, day).empty());
  }
  CHECK(remove_abandoned({"/no/such/folder", 9}, day).empty());
}

TEST_CASE("abandoned: a part is as old as what was last claimed of it") {
  const TemporaryFolder folder;
  const auto part = leave_old_part(folder / "a.jpg");
  for (const auto age :
       {std::chrono::seconds(3 * day), std::chrono::seconds(std::chrono::years(300)),
        std::chrono::seconds::max()}) {
    CHECK(remove_abandoned({folder.path()}, age).empty());
    CHECK(fs::exists(part));
  }
  CHECK(remove_abandoned({folder.path()}, day) == Paths{part});
  CHECK(folder.names() == std::set<std::string>{".dcam-serve"});
}

TEST_CASE("abandoned: with a part goes the sidecar of the file that it did not become, unless some "
          "writer has that, and what did not become its checkpoint") {
  const TemporaryFolder folder;
  const auto a = leave_old_part(folder / "a.jpg");
  const auto b = leave_old_part(folder / "b.jpg");
  for (const auto* name : {"a.jpg.json.part", "b.jpg.json.part", "c.jpg.json.part"}) {
    write_file(folder / name, "{}");
  }
  write_file(folder / "a.jpg.part.new.checkpoint", "");
  const auto other = PartFile::open(folder / "b.jpg.json.part", folder / "b.jpg.json");
  REQUIRE((other && *other));
  auto removed = remove_abandoned({folder.path()}, day);
  std::ranges::sort(removed);
  CHECK(removed == Paths{a, b});
  CHECK(folder.names() ==
        std::set<std::string>{".dcam-serve", "b.jpg.json.part", "c.jpg.json.part"});
}

TEST_CASE("abandoned: a part that has grown since its last claim is as young as that") {
  const TemporaryFolder folder;
  const auto part = leave_old_part(folder / "a.jpg");
  fs::last_write_time(part, fs::file_time_type::clock::now()); // it claims in a table
  CHECK(remove_abandoned({folder.path()}, day).empty());
  CHECK(fs::exists(part));
}

TEST_CASE("abandoned: a checkpoint whose part has gone goes, too; one that is no checkpoint, or "
          "whose part somebody has, stays") {
  const TemporaryFolder folder;
  fs::remove(leave_old_part(folder / "a.jpg"));
  const auto held = leave_old_part(folder / "b.jpg");
  const auto broken = leave_old_part(folder / "c.jpg");
  write_file(broken.string() + ".checkpoint", "something else");
  fs::last_write_time(broken.string() + ".checkpoint", fs::file_time_type::clock::now() - 2 * day);
  const auto camera_is_back = PartFile::open(held, folder / "b.jpg");
  REQUIRE((camera_is_back && *camera_is_back));
  CHECK(remove_abandoned({folder.path()}, day).empty());
  CHECK(folder.names() == std::set<std::string>{".dcam-serve", "b.jpg.part",
                                                "b.jpg.part.checkpoint", "c.jpg.part",
                                                "c.jpg.part.checkpoint"});
}

} // namespace dualcam::abandoned_test
