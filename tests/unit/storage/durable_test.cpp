#include "dualcam/storage/durable.hpp"

#include "storage/hooked_files.hpp"
#include "temporary_folder.hpp"

namespace dualcam::durable_test {

TEST_CASE("durable: a name that is taken is never given, flags or not") {
  for (const bool without_flags : {false, true}) {
    HookedFiles files;
    files.no_rename_flags = without_flags;
    const FileSystem::Use use(files);
    const TemporaryFolder folder;
    write_file(folder / "a.part", "new");
    write_file(folder / "a", "old");
    CHECK(rename_to_free_name(folder / "a.part", folder / "a") == EEXIST);
    CHECK(content_of(folder / "a") == "old");
    CHECK(content_of(folder / "a.part") == "new");
    CHECK(rename_to_free_name(folder / "a.part", folder / "b") == 0);
    CHECK(content_of(folder / "b") == "new");
    CHECK(folder.names() == std::set<std::string>{"a", "b"});
    CHECK(rename_to_free_name(folder / "gone", folder / "c") == ENOENT);
    CHECK(folder.names() == std::set<std::string>{"a", "b"});
  }
}

TEST_CASE("durable: a name that the file has already been linked to is given") {
  HookedFiles files;
  files.no_rename_flags = true;
  const FileSystem::Use use(files);
  const TemporaryFolder folder;
  write_file(folder / "a.part", "new");
  fs::create_hard_link(folder / "a.part", folder / "a"); // so far an earlier attempt has come
  CHECK(rename_to_free_name(folder / "a.part", folder / "a") == 0);
  CHECK(folder.names() == std::set<std::string>{"a"});
  CHECK(content_of(folder / "a") == "new");
}

TEST_CASE("durable: a file keeps its old name until the new one is durable") {
  class Unsynced : public HookedFiles {
    int fsync(int) override { return errno = EIO, -1; }
    int fdatasync(int) override { return errno = EIO, -1; }
  } files;
  files.no_rename_flags = true;
  const FileSystem::Use use(files);
  const TemporaryFolder folder;
  write_file(folder / "a.part", "new");
  CHECK(rename_to_free_name(folder / "a.part", folder / "a") == EIO);
  CHECK(folder.names() == std::set<std::string>{"a", "a.part"});
}

TEST_CASE("durable: a name is free only if it is known to be") {
  const TemporaryFolder folder;
  write_file(folder / "file", "");
  fs::create_symlink("nowhere", folder / "link");
  CHECK_FALSE(is_taken(folder / "free"));
  CHECK(is_taken(folder / "file"));
  CHECK(is_taken(folder / "link"));
  CHECK_FALSE(is_taken(folder / std::string(300, 'x').c_str())); // nothing can have it
  CHECK(is_taken(folder / "file/x"));                            // ENOTDIR
}

TEST_CASE("durable: a small file is read whole, up to a limit, and never through a link") {
  const TemporaryFolder folder;
  write_file(folder / "a", "hello");
  fs::create_symlink("a", folder / "link");
  const auto text = [&](const char* name, std::size_t limit) {
    const auto read = read_small_file(folder / name, limit);
    REQUIRE(read);
    return std::string(as_text(*read));
  };
  CHECK(text("a", 100) == "hello");
  CHECK(text("a", 3) == "hel");
  CHECK(text("none", 100).empty());
  CHECK(text("link", 100).empty());
  CHECK_FALSE(read_small_file(folder.path(), 100)); // a folder
}

TEST_CASE("durable: an error says what to do about it") {
  for (const auto& [error, told] :
       {std::pair{ENOSPC, "No space left on device; make room, then run the same command again"},
        {EDQUOT, "Disk quota exceeded; make room, then run the same command again"},
        {EROFS, "Read-only file system; make it writable or choose another folder, then run the "
                "same command again"},
        {EACCES, "Permission denied; check its permissions, then run the same command again"},
        {EPERM, "Operation not permitted; check its permissions, then run the same command again"},
        {EXDEV, "Invalid cross-device link; a file has to get its name without moving to another "
                "file system"},
        {EIO, "Input/output error; the disk may be failing"},
        {ENOENT, "No such file or directory"}}) {
    const auto failed = io_error("write", "d/a", error);
    CHECK(failed.error().message == std::string("cannot write d/a: ") + told);
    CHECK(failed.error().category == ErrorCategory::io);
  }
}

TEST_CASE("durable: a folder whose path is too long is not made, nor those above it") {
  const TemporaryFolder folder;
  Barrier barrier;
  auto path = folder / "a";
  for (int level = 0; level < 20; ++level) {
    path /= std::string(250, 'x');
  }
  const auto made = create_folders(folder.path(), path, barrier);
  REQUIRE_FALSE(made);
  CHECK(made.error().message.ends_with(": File name too long"));
  CHECK(folder.names().empty());
}

TEST_CASE("file names: two names are those of one file if no link lies between") {
  const TemporaryFolder folder;
  write_file(folder / "a", "");
  write_file(folder / "b", "");
  fs::create_hard_link(folder / "a", folder / "same");
  fs::create_symlink("a", folder / "link");
  CHECK(are_one_file(folder / "a", folder / "a"));
  CHECK(are_one_file(folder / "a", folder / "same"));
  for (const auto* other : {"b", "link", "none"}) {
    CHECK_FALSE(are_one_file(folder / "a", folder / other));
    CHECK_FALSE(are_one_file(folder / other, folder / "a"));
  }
  CHECK_FALSE(are_one_file(folder / "none", folder / "none"));
  CHECK(rename_over(folder / "b", folder / "a") == 0);
  CHECK(rename_over(folder / "b", folder / "a") == ENOENT);
}

TEST_CASE("file names: the lowest free number is found, however many are taken") {
  for (const unsigned taken : {0U, 1U, 2U, 7U, 8U, 9U, 10U, 17U, 100U, 20'000U, 99'999U}) {
    for (const unsigned first : {0U, 1U}) {
      unsigned asked = 0;
      const auto number = free_number(
          "a",
          [&](unsigned each) {
            ++asked;
            return each < taken;
          },
          first);
      REQUIRE(number);
      CHECK(*number == std::max(taken, first));
      CHECK(asked < 45);
    }
  }
  CHECK_FALSE(free_number("a", [](unsigned) { return true; }));
}

TEST_CASE("file names: a single free number is found, and where there is none that is told") {
  for (const unsigned free : {0U, 1U, 50'000U, most_numbers - 1}) {
    CHECK(free_number("a", [&](unsigned each) { return each != free; }) == free);
  }
  const auto none = free_number("d/a.jpg", [](unsigned each) { return each < most_numbers + 5; });
  REQUIRE_FALSE(none);
  CHECK(none.error().message == "cannot find a free name for d/a.jpg: File exists");
}

TEST_CASE("file names: where there are gaps a free number is found all the same") {
  for (unsigned seed = 0; seed < 200; ++seed) {
    const auto is_taken = [&](unsigned each) {
      return (each * 2654435761U ^ seed * 40503U) % 7 != 0;
    };
    const auto number = free_number("a", is_taken);
    REQUIRE(number);
    CHECK_FALSE(is_taken(*number));
  }
  const std::set<unsigned> taken{0, 1, 3};
  CHECK(free_number("a", [&](unsigned each) { return taken.contains(each); }) == 2U);
}

} // namespace dualcam::durable_test
