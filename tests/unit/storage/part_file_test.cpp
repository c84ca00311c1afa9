#include "dualcam/storage/part_file.hpp"

#include <csignal>

#include <sys/resource.h>

#include "temporary_folder.hpp"

namespace dualcam {
namespace {

namespace fs = std::filesystem;

PartFile part_with(const fs::path& name, std::string_view content) {
  auto part = PartFile::create(name);
  REQUIRE(part);
  const std::array pieces{as_bytes(content)};
  REQUIRE(part->append(pieces));
  return std::move(*part);
}

} // namespace

TEST_CASE("part file: appears under its name when it is finished, not before") {
  const TemporaryFolder folder;
  auto part = part_with(folder / "a.jpg", "hello");
  CHECK(folder.names() == std::set<std::string>{"a.jpg.part"});
  CHECK(part.finish(IfExists::number) == folder / "a.jpg");
  CHECK(folder.names() == std::set<std::string>{"a.jpg"});
  CHECK(content_of(folder / "a.jpg") == "hello");
}

TEST_CASE("part file: many pieces are written in their order") {
  const TemporaryFolder folder;
  auto part = PartFile::create(folder / "a");
  REQUIRE(part);
  std::string expected;
  std::vector<std::string> texts;
  for (int i = 0; i < 3000; ++i) {
    texts.push_back(std::to_string(i));
    expected += texts.back();
  }
  const std::vector<Bytes> pieces = [&] {
    std::vector<Bytes> result;
    for (const auto& text : texts) {
      result.push_back(as_bytes(text));
    }
    return result;
  }();
  REQUIRE(part->append(pieces));
  REQUIRE(part->finish(IfExists::fail));
  CHECK(content_of(folder / "a") == expected);
}

TEST_CASE("part file: a taken name is numbered, kept, refused or replaced") {
  const TemporaryFolder folder;
  write_file(folder / "a.jpg", "old");
  CHECK(part_with(folder / "a.jpg", "1").finish(IfExists::number) == folder / "a_1.jpg");
  CHECK(part_with(folder / "a.jpg", "2").finish(IfExists::number) == folder / "a_2.jpg");
  CHECK(part_with(folder / "a.jpg", "3").finish(IfExists::skip) == std::nullopt);
  CHECK(content_of(folder / "a.jpg") == "old");
  CHECK(folder.names() == std::set<std::string>{"a.jpg", "a_1.jpg", "a_2.jpg"});
  const auto refused = part_with(folder / "a.jpg", "4").finish(IfExists::fail);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("a.jpg: File exists") != std::string::npos);
  CHECK(folder.names().contains("a.jpg.part"));
  CHECK(part_with(folder / "a.jpg", "5").finish(IfExists::replace) == folder / "a.jpg");
  CHECK(content_of(folder / "a.jpg") == "5");
}

TEST_CASE("part file: two writers of one name never share a part") {
  const TemporaryFolder folder;
  auto first = part_with(folder / "a.jpg", "first");
  auto second = part_with(folder / "a.jpg", "second");
  CHECK(first.path() != second.path());
  REQUIRE(second.finish(IfExists::number));
  REQUIRE(first.finish(IfExists::number));
  CHECK(content_of(folder / "a.jpg") == "second");
  CHECK(content_of(folder / "a_1.jpg") == "first");
}

TEST_CASE("part file: a name is reserved only if there is nothing of it") {
  const TemporaryFolder folder;
  write_file(folder / "a.part", "another's");
  const auto taken = PartFile::reserve(folder / "a.part");
  REQUIRE(taken);
  CHECK_FALSE(*taken);
  CHECK(content_of(folder / "a.part") == "another's");
  const auto reserved = PartFile::reserve(folder / "b.part");
  REQUIRE((reserved && *reserved));
  const auto again = PartFile::open(folder / "b.part", folder / "b"); // somebody holds it
  REQUIRE(again);
  CHECK_FALSE(*again);
  CHECK_FALSE(PartFile::reserve(folder / "none/c.part"));
}

TEST_CASE("part file: an abandoned part stays and is started over") {
  const TemporaryFolder folder;
  (void)part_with(folder / "a.jpg", "long old content");
  CHECK(folder.names() == std::set<std::string>{"a.jpg.part"});
  REQUIRE(part_with(folder / "a.jpg", "new").finish(IfExists::number));
  CHECK(content_of(folder / "a.jpg") == "new");
}

TEST_CASE("part file: a discarded part leaves nothing") {
  const TemporaryFolder folder;
  part_with(folder / "a.jpg", "x").discard();
  CHECK(folder.names().empty());
}

TEST_CASE("part file: a missing folder and a symbolic link are errors that name the path") {
  const TemporaryFolder folder;
  const auto missing = PartFile::create(folder / "missing/a.jpg");
  REQUIRE_FALSE(missing);
  CHECK(missing.error().category == ErrorCategory::io);
  CHECK(missing.error().message.find("missing/a.jpg.part: No such file") != std::string::npos);
  fs::create_symlink("elsewhere", folder / "b.jpg.part");
  CHECK_FALSE(PartFile::create(folder / "b.jpg"));
}

TEST_CASE("part file: a write that does not fit is an error that names the path") {
  const TemporaryFolder folder;
  auto part = PartFile::create(folder / "a");
  REQUIRE(part);
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  const rlimit small{10, before.rlim_max};
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  const std::array pieces{as_bytes("more than ten bytes")};
  const auto written = part->append(pieces);
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  REQUIRE_FALSE(written);
  CHECK(written.error().message.find("a.part: File too large") != std::string::npos);
}

TEST_CASE("part file: errors say what to do") {
  CHECK(io_error("write", "/x", ENOSPC).error().message ==
        "cannot write /x: No space left on device; make room, then run the same command again");
  CHECK(io_error("write", "/x", EBADF).error().message == "cannot write /x: Bad file descriptor");
}

TEST_CASE("part file: a part that is to be kept is not emptied") {
  const TemporaryFolder folder;
  (void)part_with(folder / "a.jpg", "old");
  const auto part = PartFile::create(folder / "a.jpg", Leftover::keep);
  REQUIRE(part);
  CHECK(part->path() == folder / "a_1.jpg.part");
  CHECK(content_of(folder / "a.jpg.part") == "old");
}

TEST_CASE("part file: one that exists is opened as it is, unless it is held or has gone") {
  const TemporaryFolder folder;
  CHECK_FALSE(PartFile::open(folder / "a.part", folder / "a").value());
  auto first = part_with(folder / "a", "hello");
  CHECK_FALSE(PartFile::open(folder / "a.part", folder / "a").value());
  first = part_with(folder / "b", "");
  auto again = PartFile::open(folder / "a.part", folder / "a").value();
  REQUIRE(again);
  CHECK(again->size() == 5U);
  ByteBuffer into(3);
  CHECK(as_text(again->read(1, into).value()) == "ell");
  CHECK(as_text(again->read(4, into).value()) == "o");
  REQUIRE(again->truncate(2));
  const std::array pieces{as_bytes("y")};
  REQUIRE(again->append(pieces));
  REQUIRE(again->finish(IfExists::fail));
  CHECK(content_of(folder / "a") == "hey");
}

TEST_CASE("folders: what is missing of a path is created, what is in the way is an error") {
  const TemporaryFolder folder;
  const auto create = [&](const fs::path& path) {
    Barrier barrier;
    const auto created = create_folders(folder.path(), path, barrier);
    return created ? barrier.sync() : created;
  };
  REQUIRE(create(folder / "a/b/c"));
  REQUIRE(create(folder / "a/b/c"));
  REQUIRE(create(folder.path()));
  CHECK(fs::is_directory(folder / "a/b/c"));
  write_file(folder / "f", "");
  const auto refused = create(folder / "f/g");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("f/g: Not a directory") != std::string::npos);
  std::string deep = "deep";
  for (int i = 0; i < 2500; ++i) {
    deep += "/x";
  }
  CHECK_FALSE(create(folder.path() / deep));
  CHECK_FALSE(fs::exists(folder / "deep"));
}

TEST_CASE("folders: a name is made durable once, and again when it is another folder's") {
  const TemporaryFolder folder;
  const auto unsynced = [&] {
    Barrier barrier;
    REQUIRE(create_folders(folder.path(), folder / "a/b", barrier));
    auto folders = barrier.folders();
    REQUIRE(barrier.sync());
    return folders;
  };
  CHECK(unsynced() == std::vector<fs::path>{folder.path(), folder / "a"});
  CHECK(unsynced().empty());
  fs::rename(folder / "a/b", folder / "a/c");
  CHECK(unsynced() == std::vector<fs::path>{folder / "a"});
  fs::rename(folder / "a/c", folder / "a/d");
  fs::rename(folder / "a/b", folder / "a/c"); // another process makes it anew
  fs::rename(folder / "a/d", folder / "a/b");
  CHECK(unsynced() == std::vector<fs::path>{folder / "a"});
}

} // namespace dualcam
