#include "dualcam/storage/part_file.hpp"

#include <fcntl.h>

#include "dualcam/storage/camera_locks.hpp"
#include "dualcam/storage/checkpoint.hpp"
#include "dualcam/storage/file_names.hpp"
#include "dualcam/storage/name_length.hpp"
#include "figures.hpp"
#include "full_disk.hpp"
#include "temporary_folder.hpp"

namespace dualcam::part_file_test {
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

TEST_CASE(
    "part file: what is held back goes to the file in whole blocks, and is read as the rest") {
  const TemporaryFolder folder;
  const auto random = random_bytes(40'000, 1);
  for (const auto piece_size : std::vector<std::size_t>{1, 100, 512, 1024, 4096, 5000, 9000}) {
    const auto steps = is_sanitized() ? 4'500 : 9'000; // more than one block, two blocks
    const auto bytes = Bytes(random).first(std::min(random.size(), steps * piece_size));
    auto part = PartFile::create(folder / "a");
    REQUIRE(part);
    const auto written = [&] { return content_of(folder / "a.part"); };
    for (std::size_t end = 0; end < bytes.size();) {
      const auto half = bytes.subspan(end, std::min(piece_size, bytes.size() - end) / 2);
      const auto rest =
          bytes.subspan(end + half.size(), std::min(piece_size, bytes.size() - end) - half.size());
      const std::array pieces{half, rest};
      REQUIRE(part->append(pieces, Tail::held_back));
      end += half.size() + rest.size();
      INFO(piece_size << ", " << end);
      const auto held = part->tail() ? part->tail()->size() : 0;
      CHECK(held <= longest_tail);
      const auto in_file = written();
      REQUIRE(in_file == as_text(bytes.first(end - held)));
      CHECK((in_file.size() % 4096 == 0 || held == 0));
      CHECK(part->size() == end);
      for (const auto begin :
           {std::size_t{0}, end / 2, end - std::min(end, std::size_t{3}), end, end + 1}) {
        ByteBuffer into(end - std::min(begin, end) + 5);
        const auto read = part->read(begin, into);
        REQUIRE(read);
        const auto expected = as_text(bytes.first(end).subspan(std::min(begin, end)));
        CHECK((as_text(*read) == expected)); // 120,000 times: by bytes that would take long
        ByteBuffer all;
        REQUIRE(
            part->read_each(std::min(begin, end), end, [&](Bytes block) { append(all, block); }));
        CHECK((as_text(all) == expected));
      }
    }
    REQUIRE(part->sync());
    CHECK(written() == as_text(bytes));
    CHECK_FALSE(part->tail());
    REQUIRE(part->append(std::array{bytes.first(10)}, Tail::held_back));
    REQUIRE(part->truncate(bytes.size()));
    CHECK(part->size() == bytes.size());
    part->discard();
  }
}

TEST_CASE("part file: reading it is not noted with it, where that may be asked for") {
  class OthersFiles : public FileSystem {
  public:
    int refused = 0;
    int open(const char* path, int flags, mode_t mode) override {
      if ((flags & O_NOATIME) != 0) {
        ++refused;
        errno = EPERM; // as for whoever does not own the file
        return -1;
      }
      return FileSystem::open(path, flags, mode);
    }
  };
  OthersFiles files;
  const FileSystem::Use use(files);
  const TemporaryFolder folder;
  const auto part = part_with(folder / "a", "hello");
  std::array<std::byte, 5> bytes{};
  const auto read = part.read(0, bytes);
  REQUIRE(read);
  CHECK(std::ranges::equal(*read, as_bytes(std::string_view("hello"))));
  CHECK(files.refused == 1);
}

TEST_CASE("part file: room for what is to come is asked for, and given back") {
  class Calls : public FileSystem {
  public:
    std::vector<std::pair<off_t, off_t>> asked;
    std::vector<off_t> cut;
    int fallocate(int, int mode, off_t offset, off_t count) override {
      CHECK(mode == FALLOC_FL_KEEP_SIZE);
      asked.emplace_back(offset, count);
      errno = EOPNOTSUPP; // which is no matter
      return -1;
    }
    int ftruncate(int descriptor, off_t size) override {
      cut.push_back(size);
      return FileSystem::ftruncate(descriptor, size);
    }
  };
  using Asked = decltype(Calls::asked);
  constexpr std::uint64_t step = 131'072;
  Calls calls;
  const FileSystem::Use use(calls);
  const TemporaryFolder folder;
  auto part = part_with(folder / "a", std::string(1000, 'x'));
  part.make_room(0, 10'000'000);
  CHECK(calls.asked == Asked{{0, 1000 + step}});
  REQUIRE(part.append(std::array{as_bytes(std::string_view("more"))}));
  part.make_room(1000, 10'000'000);
  CHECK(calls.asked.size() == 1); // there is still some
  const std::string much(step, 'y');
  REQUIRE(part.append(std::array{as_bytes(much)}));
  part.make_room(1004, 10'000'000);
  CHECK(calls.asked.size() == 1); // it grows fast
  part.make_room(1005, 10'000'000);
  CHECK(calls.asked == Asked{{0, 1000 + step}, {1005, step + 1004 + step - 1005}});
  REQUIRE(part.give_room_back());
  CHECK(calls.cut == std::vector<off_t>{1004 + step});
  REQUIRE(part.give_room_back());
  CHECK(calls.cut.size() == 1);
  part.make_room(step, step + 2000); // no more than the whole file
  CHECK(calls.asked.back() == std::pair<off_t, off_t>{step, 2000});
  REQUIRE(part.append(std::array{as_bytes(std::string(996, 'z'))}));
  part.make_room(step, step + 2000);
  CHECK(calls.asked.size() == 3);
  REQUIRE(part.give_room_back());
  CHECK(calls.cut.size() == 1);
  CHECK(part.size() == step + 2000);
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

TEST_CASE("part file: a numbered name is cut where it would be too long, between characters") {
  const auto name_of = [](const std::string& name, unsigned number) {
    return numbered("folder/" + name, number).filename().string();
  };
  const std::string letters(251, 'm');
  CHECK(name_of(letters + ".mp4", 0) == letters + ".mp4");
  CHECK(name_of(letters + ".mp4", 7) == std::string(249, 'm') + "_7.mp4");
  CHECK(name_of(letters + ".mp4", 12345) == std::string(245, 'm') + "_12345.mp4");
  const std::string around(248, 'm');
  CHECK(name_of(around + "\u00e9.mp4", 1) == around + "_1.mp4");
  CHECK(name_of(std::string(251, '\x80') + ".mp4", 1).size() >= 252); // no UTF-8
  CHECK(cut_name(std::string(9, '\x80'), 2).empty());
  CHECK(name_of("a." + std::string(253, 'x'), 1) == "_1." + std::string(253, 'x'));
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

TEST_CASE("part file: a missing folder is an error that names the path") {
  const TemporaryFolder folder;
  const auto missing = PartFile::create(folder / "missing/a.jpg");
  REQUIRE_FALSE(missing);
  CHECK(missing.error().category == ErrorCategory::io);
  CHECK(missing.error().message.find("missing/a.jpg.part: No such file") != std::string::npos);
  fs::create_symlink("loop", folder / "loop");
  const auto loop = PartFile::create(folder / "loop/a.jpg");
  REQUIRE_FALSE(loop);
  CHECK(loop.error().message.contains("loop/a.jpg.part: Too many levels of symbolic links"));
}

TEST_CASE("part file: a symbolic link keeps its name and is not followed") {
  const TemporaryFolder folder;
  fs::create_symlink("elsewhere", folder / "a.jpg.part");
  const auto opened = PartFile::open(folder / "a.jpg.part", folder / "a.jpg");
  REQUIRE(opened);
  CHECK_FALSE(*opened);
  const auto part = PartFile::create(folder / "a.jpg");
  REQUIRE(part);
  CHECK(part->path() == folder / "a_1.jpg.part");
  CHECK_FALSE(fs::exists(folder / "elsewhere"));
}

TEST_CASE("part file: a write that does not fit is an error that names the path") {
  const TemporaryFolder folder;
  auto part = PartFile::create(folder / "a");
  REQUIRE(part);
  const std::array pieces{as_bytes("more than ten bytes")};
  const auto written = [&] {
    const FullDisk disk(10);
    return part->append(pieces);
  }();
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

TEST_CASE("part file: where many parts are kept a free name is soon found") {
  class Calls : public FileSystem {
  public:
    unsigned opened = 0;
    int open(const char* path, int flags, mode_t mode) override {
      ++opened;
      return FileSystem::open(path, flags, mode);
    }
  };
  const TemporaryFolder folder;
  for (int number = 0; number < 300; ++number) {
    const auto name = number == 0 ? "a.jpg" : "a_" + std::to_string(number) + ".jpg";
    write_file(folder.path() / (name + ".part"), "kept");
  }
  Calls calls;
  const FileSystem::Use use(calls);
  const auto part = PartFile::create(folder / "a.jpg", Leftover::keep);
  REQUIRE(part);
  CHECK(part->path() == folder / "a_300.jpg.part");
  CHECK(calls.opened < 10);
}

TEST_CASE("part file: nothing to write is written, whatever a disk says of no bytes") {
  const TemporaryFolder folder;
  auto file = File::open(folder / "a", O_RDWR | O_CREAT | O_APPEND);
  REQUIRE(file);
  CHECK(file->write(0, std::array{Bytes(), Bytes()}));
  CHECK(file->append({}));
  const auto text = as_bytes("ab");
  CHECK(file->write(0, std::array{Bytes(), text.first(1), Bytes(), text.subspan(1), Bytes()}));
  CHECK(file->append(as_bytes("c")));
  CHECK(content_of(folder / "a") == "abc");
  std::vector<std::string> blocks;
  const auto take = [&](Bytes block) { blocks.emplace_back(as_text(block)); };
  CHECK(file->read_each(1, 3, take));
  CHECK(file->read_each(3, 3, take));
  CHECK(blocks == std::vector<std::string>{"bc"});
  CHECK_FALSE(file->read_each(1, 4, take)); // there is no fourth
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

TEST_CASE("part file: a name that cannot be looked at is an error, and nobody else's part") {
  const TemporaryFolder folder;
  part_with(folder / "a", "hello");
  struct : FileSystem {
    int lstat(const char* path, struct stat* status) override {
      errno = EIO;
      return fails ? -1 : FileSystem::lstat(path, status);
    }
    bool fails = true;
  } disk;
  const FileSystem::Use use(disk);
  const auto opened = PartFile::open(folder / "a.part", folder / "a");
  REQUIRE_FALSE(opened);
  CHECK(opened.error().message.find((folder / "a.part").native()) != std::string::npos);
  CHECK_FALSE(PartFile::lock(folder / "a.part", folder / "a"));
  CameraLocks locks(folder.path(), folder.path());
  CHECK_FALSE(locks.take(1));
  disk.fails = false;
  CHECK(PartFile::open(folder / "a.part", folder / "a").value());
  CHECK(locks.take(1) == true);
}

TEST_CASE("part file: a barrier has its file when the part has been moved since") {
  const TemporaryFolder folder;
  std::vector<PartFile> parts;
  Barrier barrier;
  for (const auto* name : {"a", "b", "c"}) {
    parts.push_back(PartFile::create(folder / name).value());
    barrier.add(parts.back().file());
  }
  parts.shrink_to_fit();
  for (std::size_t i = 0; i < parts.size(); ++i) {
    CHECK(barrier.files()[i] == &parts[i].file());
    CHECK(barrier.files()[i]->path() == parts[i].path());
  }
  CHECK(barrier.sync());
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
  for (const auto& nothing_missing : {folder.path(), folder.path() / ".", folder.path() / ""}) {
    Barrier barrier;
    REQUIRE(create_folders(folder.path(), nothing_missing, barrier));
    CHECK(barrier.folders().empty());
  }
  CHECK(unsynced() == std::vector<fs::path>{folder.path(), folder / "a"});
  CHECK(unsynced().empty());
  fs::rename(folder / "a/b", folder / "a/c");
  CHECK(unsynced() == std::vector<fs::path>{folder / "a"});
  fs::rename(folder / "a/c", folder / "a/d");
  fs::rename(folder / "a/b", folder / "a/c"); // another process makes it anew
  fs::rename(folder / "a/d", folder / "a/b");
  CHECK(unsynced() == std::vector<fs::path>{folder / "a"});
}

} // namespace dualcam::part_file_test
