#include <atomic>
#include <thread>

#include "dualcam/wire/crc64.hpp"
#include "storage/hooked_files.hpp"
#include "storage/resumable_testing.hpp"

namespace dualcam::resumable_aside_test {

using namespace resumable;

TEST_CASE("resumable file: a part that somebody writes is left alone") {
  const TemporaryFolder folder;
  auto first = begin(folder / "a.jpg");
  REQUIRE(first);
  add(*first, content(), 1, 3);
  REQUIRE(first->save());
  CHECK_FALSE(found(folder.path()));
  auto second = begin(folder / "a.jpg");
  REQUIRE(second);
  CHECK(second->path() == folder / "a_1.jpg.part");
  CHECK(content_of(folder / "a.jpg.part").size() == 3072);
}

TEST_CASE("resumable file: another file of the same name gets the name, the old part is kept") {
  const TemporaryFolder folder;
  const auto bytes = content();
  leave_part(folder / "a.jpg", bytes, 3);
  auto other = identity();
  other.announced = 2;
  auto file = begin(folder / "a.jpg", other);
  REQUIRE(file);
  CHECK(file->path() == folder / "a.jpg.part");
  CHECK(content_of(folder / "a_1.jpg.part").size() == 3072);
  const auto again = found(folder.path());
  REQUIRE(again);
  CHECK(again->path() == folder / "a_1.jpg.part");
}

TEST_CASE("resumable file: what the camera has replaced is kept, and never gone on with") {
  const TemporaryFolder folder;
  leave_part(folder / "a.jpg", content(), 3);
  {
    auto old = found(folder.path());
    REQUIRE(old);
    CHECK(old->set_aside() == folder / "a_1.jpg.part");
  }
  CHECK(folder.names() ==
        std::set<std::string>{".dcam-serve", "a_1.jpg.part", "a_1.jpg.part.checkpoint"});
  CHECK(content_of(folder / "a_1.jpg.part").size() == 3072);
  CHECK_FALSE(found(folder.path()));
}

TEST_CASE("resumable file: what was set aside makes way for a file of its new name, and is no part "
          "of the camera's for that") {
  const TemporaryFolder folder;
  leave_part(folder / "a.jpg", content(), 3);
  REQUIRE(found(folder.path())->set_aside() == folder / "a_1.jpg.part");
  const auto file = begin(folder / "a_1.jpg");
  REQUIRE(file);
  CHECK(file->path() == folder / "a_1.jpg.part");
  CHECK(content_of(folder / "a_1_1.jpg.part").size() == 3072);
  CHECK(read(state_in(folder.path())).parts.size() == 1);
}

TEST_CASE("resumable file: what is set aside takes no other's name, and no other's checkpoint") {
  const TemporaryFolder folder;
  leave_part(folder / "a.jpg", content(), 3);
  write_file(folder / "a_1.jpg.part.checkpoint", "another's");
  write_file(folder / "a_2.jpg.part", "another's");
  auto old = found(folder.path());
  REQUIRE(old);
  CHECK(old->set_aside() == folder / "a_3.jpg.part");
  CHECK(content_of(folder / "a_1.jpg.part.checkpoint") == "another's");
  CHECK(content_of(folder / "a_2.jpg.part") == "another's");
  CHECK(content_of(folder / "a_3.jpg.part").size() == 3072);
  CHECK(content_of(folder / "a_3.jpg.part.checkpoint").contains("replaced "));
}

TEST_CASE("resumable file: what lies in its place is another's, and is not set aside") {
  const TemporaryFolder folder;
  leave_part(folder / "a.jpg", content(), 3);
  auto old = found(folder.path());
  REQUIRE(old);
  fs::rename(folder / "a.jpg.part", folder / "elsewhere");
  CHECK_FALSE(old->check_named());
  write_file(folder / "a.jpg.part", "another's");
  CHECK_FALSE(old->check_named());
  CHECK_FALSE(old->set_aside());
  CHECK(content_of(folder / "a.jpg.part") == "another's");
}

TEST_CASE("resumable file: a name that another takes at the last moment is left to it") {
  const TemporaryFolder folder;
  HookedFiles files;
  const FileSystem::Use use(files);
  leave_part(folder / "a.jpg", content(), 3);
  auto old = found(folder.path());
  REQUIRE(old);
  std::optional<ResumableFile> other; // in another process it would be
  files.before_lock = [&] {           // a_1.jpg.part is created, not yet locked
    auto created = begin(folder / "a_1.jpg");
    REQUIRE(created);
    other = std::move(*created);
  };
  CHECK(old->set_aside() == folder / "a_2.jpg.part");
  REQUIRE(other);
  add(*other, content(), 1, 2);
  REQUIRE(other->save());
  other.reset();
  CHECK(found(folder.path())->path() == folder / "a_1.jpg.part");
  CHECK(content_of(folder / "a_2.jpg.part").size() == 3072);
}

TEST_CASE("resumable file: many that set aside at once mix nothing up") {
  const TemporaryFolder folder;
  std::vector<std::thread> writers;
  std::atomic<unsigned> done = 0;
  for (std::uint32_t writer = 0; writer < 4; ++writer) {
    writers.emplace_back([&, writer] {
      for (std::uint32_t round = 0; round < 25; ++round) {
        auto who = identity();
        who.imei = 1000 * writer + round; // whose content is all of this number
        const auto number = static_cast<std::byte>(who.imei);
        const ByteBuffer packet(1024, number);
        auto file = begin(folder / "a.jpg", who);
        done +=
            file && file->append(std::array{Bytes(packet)}) && file->save() && file->set_aside();
      }
    });
  }
  for (auto& writer : writers) {
    writer.join();
  }
  CHECK(done == 100);
  std::size_t parts = 0;
  for (const auto& name : folder.names()) {
    if (!name.ends_with(".part")) {
      continue;
    }
    ++parts;
    const auto text = content_of(folder / (name + ".checkpoint").c_str());
    const auto checkpoint = decode_checkpoint(as_bytes(text));
    REQUIRE(checkpoint);
    CHECK(checkpoint->is_replaced());
    const auto number = static_cast<char>(checkpoint->identity.imei);
    CHECK(content_of(folder / name.c_str()) == std::string(1024, number));
  }
  CHECK(parts == 100);
}

TEST_CASE("resumable file: a checkpoint that changes before its part is locked is read again") {
  const TemporaryFolder folder;
  HookedFiles files;
  const FileSystem::Use use(files);
  leave_part(folder / "a.jpg", content(), 3);
  const auto path = folder / "a.jpg.part.checkpoint";
  const auto left = content_of(path);
  files.before_lock = [&] { // its last holder has replaced it meanwhile
    const auto header = left.substr(0, checkpoint_block);
    write_file(path, header + claim_block({.sequence = 9, .proved = {}, .replaced = true},
                                          crc64(as_bytes(header))));
  };
  CHECK_FALSE(found(folder.path()));

  write_file(path, left);
  files.before_lock = [&] { // or gone on with it
    const auto other = folder / "other";
    fs::create_directory(other);
    leave_part(other / "a.jpg", content(), 5);
    std::ofstream(folder / "a.jpg.part", std::ios::app)
        << content_of(other / "a.jpg.part").substr(3072);
    fs::rename(other / "a.jpg.part.checkpoint", path);
  };
  CHECK(found(folder.path())->data().packets == 5);
}

TEST_CASE("resumable file: abandoned parts are removed when they are old, those of others never") {
  const TemporaryFolder folder;
  leave_part(folder / "old.jpg", content(), 2);
  leave_part(folder / "new.jpg", content(), 2);
  write_file(folder / "browser.zip.part", "not ours");
  write_file(folder / "odd.part.checkpoint", "not ours");
  const auto long_ago = fs::file_time_type::clock::now() - std::chrono::hours(48);
  for (const auto* name :
       {"old.jpg.part", "old.jpg.part.checkpoint", "browser.zip.part", "odd.part.checkpoint"}) {
    fs::last_write_time(folder / name, long_ago);
  }
  const auto removed = remove_abandoned({folder.path()}, std::chrono::hours(24));
  CHECK(removed == std::vector<fs::path>{folder / "old.jpg.part"});
  CHECK(folder.names() == std::set<std::string>{".dcam-serve", "browser.zip.part", "new.jpg.part",
                                                "new.jpg.part.checkpoint", "odd.part.checkpoint"});
}

} // namespace dualcam::resumable_aside_test
