#include "dcam-serve/untold.hpp"

#include <fstream>

#include "dualcam/storage/file_names.hpp"
#include "temporary_folder.hpp"
#include "testing.hpp"

namespace dualcam::serve::untold_test {
namespace {

constexpr std::uint64_t imei = 350612071913857;

/// A folder with one file that has its name, but was not told.
struct Stored {
  Stored() {
    record.identity = {imei, FileKind::front_photo, 1, 0,
                       from_hex("0104 00000192d84dac31 00 0000")};
    record.name = "a.jpg";
    record.part = "a.jpg.part";
    record.data = {1, 9, 9, 0};
    record.tail = {1, 0, 9, 0};
    record.id = 5;
    StateFolder state{folder.path(), imei};
    Barrier barrier;
    REQUIRE(state.add(record, barrier));
    write("a.jpg", "123456789");
    REQUIRE(state.settle(record).has_value());
  }

  /// The power went before it was on the disk that the file has its name.
  void forget_the_name() {
    StateFolder state{folder.path(), imei};
    Barrier barrier;
    REQUIRE(state.forget(record.id));
    REQUIRE(state.add(record, barrier));
  }

  void write(const std::string& name, std::string_view text) const {
    std::ofstream(folder.path() / name) << text;
  }
  bool has(const std::string& name) const { return is_taken(folder.path() / name); }

  /// As at a start of dcam-serve.
  Untold look(bool wants_sha256 = false) {
    auto found = find_untold(folder.path(), Wishes::all(), unsaid);
    REQUIRE(found.size() == 1);
    REQUIRE(look_at(found.front(), wants_sha256));
    return std::move(found.front());
  }

  FileRecord record;
  TemporaryFolder folder;
  Unsaid unsaid{folder.path()};
};

TEST_CASE("untold: a file that was not told gets the sidecar that a cut has taken") {
  Stored stored;
  const auto untold = stored.look(true);
  CHECK(untold.is_there);
  CHECK(untold.sha256 == "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225");
  CHECK(stored.has("a.jpg.json"));
  CHECK_FALSE(stored.has("a.jpg.json.part"));
}

// One server dies between the two names and the power goes after its successor has given both: the
// first one's sidecar has the name, the second one's still waits for it.
TEST_CASE("untold: no part of a sidecar stays beside the whole one") {
  Stored stored;
  stored.look();
  stored.write("a.jpg.json.part", "{}");
  stored.look();
  CHECK(stored.has("a.jpg.json"));
  CHECK_FALSE(stored.has("a.jpg.json.part"));
}

TEST_CASE("untold: a file has its name, whether or not that was noted") {
  Stored stored;
  stored.forget_the_name();
  stored.write("a.jpg.json.part", "{}");
  CHECK(stored.look().is_there);
  CHECK_FALSE(stored.has("a.jpg.json.part"));
}

TEST_CASE("untold: a name is another file's while the part is there") {
  Stored stored;
  stored.forget_the_name();
  stored.write("a.jpg.part", "123456789");
  CHECK(find_untold(stored.folder.path(), Wishes::all(), stored.unsaid).empty());
}

TEST_CASE("untold: of a file that has moved on nothing is written") {
  Stored stored;
  std::filesystem::remove(stored.folder.path() / "a.jpg");
  CHECK_FALSE(stored.look().is_there);
  CHECK_FALSE(stored.has("a.jpg.json"));
}

TEST_CASE("untold: a camera's state is read twice, however many of its files were not told") {
  struct Reads : FileSystem {
    std::uintmax_t bytes = 0;
    ssize_t pread(int descriptor, void* into, std::size_t count, off_t offset) override {
      bytes += count;
      return FileSystem::pread(descriptor, into, count, offset);
    }
  };
  constexpr unsigned files = 2001;
  Reads disk; // what is opened while it is in use keeps to it
  Stored stored;
  CameraState state;
  for (unsigned i = 1; i <= files; ++i) {
    state.records.push_back(stored.record);
    state.records.back().id = i;
    state.records.back().named = true;
    state.records.back().said = i % 3 == 0;
  }
  const auto text = encode_camera_state(state);
  stored.write(".dcam-serve/350612071913857", text);
  const FileSystem::Use use(disk);
  CHECK(find_untold(stored.folder.path(), Wishes::all(), stored.unsaid).size() == files / 3 * 2);
  CHECK(disk.bytes == 2 * text.size());
}

} // namespace
} // namespace dualcam::serve::untold_test
