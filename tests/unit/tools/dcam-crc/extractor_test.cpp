#include "dcam-crc/extractor.hpp"

#include <algorithm>
#include <cerrno>

#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "common/record.hpp"
#include "dcam-crc/file_name.hpp"
#include "dualcam/storage/file_system.hpp"
#include "full_disk.hpp"
#include "temporary_folder.hpp"
#include "testing.hpp"

namespace dualcam::crc::extractor_test {
namespace {

/// A transfer of `packets` packets, of which these came, with their payloads kept.
CapturedTransfer transfer(Extractor& extractor, std::uint32_t packets,
                          const std::vector<std::pair<std::uint32_t, std::string>>& came) {
  CapturedTransfer transfer;
  transfer.announced = packets;
  transfer.packet_size = 4;
  for (const auto& [number, payload] : came) {
    CapturedPacket packet{};
    packet.number = number;
    packet.file_offset = std::uint64_t{number - 1} * 4;
    packet.size = static_cast<std::uint16_t>(payload.size());
    packet.verdict = DumpVerdict::good;
    packet.kept_at = extractor.keep(as_bytes(payload));
    transfer.packets.push_back(packet);
  }
  return transfer;
}

} // namespace

TEST_CASE("extractor: packets are put in their places, holes are zeros, nothing is overwritten") {
  const TemporaryFolder folder;
  auto extractor = Extractor::open(folder.path() / "new", 1000);
  REQUIRE(extractor);
  const auto whole = transfer(*extractor, 3, {{3, "c"}, {1, "aaaa"}, {2, "bbbb"}});
  const auto first = extractor->extract(whole);
  REQUIRE(first);
  REQUIRE(*first);
  CHECK((*first)->complete);
  CHECK((*first)->path.filename() == "unknown_unknown_file.bin");
  CHECK(content_of((*first)->path) == "aaaabbbbc");

  const auto part = transfer(*extractor, 3, {{3, "c"}, {1, "aaaa"}});
  const auto second = extractor->extract(part);
  REQUIRE(second);
  REQUIRE(*second);
  CHECK_FALSE((*second)->complete);
  CHECK((*second)->path.filename() == "unknown_unknown_file_1.bin.part");
  CHECK(content_of((*second)->path) == std::string("aaaa\0\0\0\0c", 9));
  REQUIRE((*second)->holes.size() == 1);
  CHECK((*second)->holes[0].first == 2);
  CHECK(content_of((*first)->path) == "aaaabbbbc");
}

TEST_CASE("extractor: what overlaps by path is overwritten by what is good") {
  const TemporaryFolder folder;
  auto extractor = Extractor::open(folder.path(), 1000);
  REQUIRE(extractor);
  auto by_path = transfer(*extractor, 3, {{1, "aaaa"}, {2, "bbbb"}, {2, "xxxx"}});
  by_path.in_bytes = true;
  by_path.announced_bytes = 8;
  by_path.packets[2].verdict = DumpVerdict::bad;
  by_path.packets[2].file_offset = 6; // over the good one's end, and beyond the file's
  const auto extracted = extractor->extract(by_path);
  REQUIRE(extracted);
  CHECK((*extracted)->complete);
  CHECK(content_of((*extracted)->path).substr(0, 8) == "aaaabbbb");
}

TEST_CASE("extractor: what a damaged packet has on both sides of a good one is kept") {
  const TemporaryFolder folder;
  auto extractor = Extractor::open(folder.path(), 1000);
  REQUIRE(extractor);
  auto by_path = transfer(*extractor, 3, {{1, "xxxxxxxxxxxx"}, {2, "bbbb"}});
  by_path.in_bytes = true;
  by_path.announced_bytes = 12;
  by_path.packets[0].verdict = DumpVerdict::bad;
  const auto extracted = extractor->extract(by_path);
  REQUIRE(extracted);
  REQUIRE(*extracted);
  CHECK(content_of((*extracted)->path) == "xxxxbbbbxxxx");
}

TEST_CASE("extractor: a file is named after its camera, its time and its kind") {
  const TemporaryFolder folder;
  auto extractor = Extractor::open(folder.path(), 1000);
  REQUIRE(extractor);
  const auto named = [&](auto change) {
    auto of = transfer(*extractor, 1, {{1, "a"}});
    change(of);
    const auto extracted = extractor->extract(of);
    REQUIRE(extracted);
    REQUIRE(*extracted);
    return (*extracted)->path.filename().string();
  };
  CHECK(named([](auto& of) { of.imei = 42; }) == "000000000000042_unknown_file.bin");
  CHECK(named([](auto& of) { of.file = FileKind::rear_photo; }) == "unknown_unknown_photor.jpg");
  CHECK(named([](auto& of) { of.file = FileKind::front_video; }) == "unknown_unknown_videof.h265");
  CHECK(named([](auto& of) { of.metadata = from_hex("0110 00000192d84dac30 00 0003"); }) ==
        "unknown_20241029T124342Z_file.bin");
  CHECK(named([](auto& of) { of.metadata = from_hex("0110 0000000000000000 00 0003"); }) ==
        "unknown_unknown_file.bin");
  for (const auto& [path, name] : {std::pair("%dsm/1.jpg", "unknown_unknown_dsm.jpg"),
                                   {"%a.jpg/b.mp4", "unknown_unknown_file.mp4"},
                                   {"%a.h265", "unknown_unknown_file.h265"},
                                   {"%a.jpg/b", "unknown_unknown_file_1.bin"},
                                   {"%a.exe", "unknown_unknown_file_2.bin"}}) {
    CHECK(named([&](auto& of) { of.file = FileRef::of_path(path); }) == name);
  }
}

TEST_CASE("extractor: metadata that do not say whose they are are those of the path's camera") {
  const auto camera_of = [](std::string_view path, Bytes metadata) {
    CapturedTransfer captured;
    captured.file = FileRef::of_path(path);
    captured.metadata.assign(metadata.begin(), metadata.end());
    const auto record = record_of(captured);
    REQUIRE(record);
    return record->camera;
  };
  const auto document = as_bytes(R"({"file":{}})");
  CHECK(camera_of("%dashcam/1.jpg", document) == Camera::dashcam);
  CHECK(camera_of("%dsm/1.jpg", document) == Camera::dsm);
  CHECK_FALSE(camera_of("%a.jpg", document));
}

TEST_CASE("extractor: nothing to write, and too much") {
  const TemporaryFolder folder;
  auto extractor = Extractor::open(folder.path(), 8);
  REQUIRE(extractor);
  const auto nothing = extractor->extract(transfer(*extractor, 3, {}));
  REQUIRE(nothing);
  CHECK_FALSE(*nothing);
  CHECK(extractor->extract(transfer(*extractor, 2, {{1, "aaaa"}, {2, "bbbb"}})));
  const auto large = extractor->extract(transfer(*extractor, 3, {{3, "c"}}));
  REQUIRE_FALSE(large);
  CHECK(large.error().category == ErrorCategory::unsupported);
  CHECK_FALSE(Extractor::open("/dev/null/folder", 8));
}

TEST_CASE("extractor: a payload that is not kept is an error, and nothing is left of the file") {
  for (const std::size_t lost : {0U, 1U, 2U}) {
    CAPTURE(lost);
    const TemporaryFolder folder;
    auto extractor = Extractor::open(folder.path(), 1000);
    REQUIRE(extractor);
    auto some = transfer(*extractor, 3, {{1, "aaaa"}, {2, "bbbb"}, {3, "cccc"}});
    some.packets[lost].kept_at = 1'000'000;
    const auto extracted = extractor->extract(some);
    REQUIRE_FALSE(extracted);
    CHECK(extracted.error().category == ErrorCategory::io);
    CHECK(folder.names().empty());
  }
}

TEST_CASE("extractor: where nothing else tells, the first bytes tell what the file is") {
  const TemporaryFolder folder;
  auto extractor = Extractor::open(folder.path(), 100'000);
  REQUIRE(extractor);
  const auto extension = [&](const CapturedTransfer& of) {
    const auto extracted = extractor->extract(of);
    REQUIRE(extracted);
    REQUIRE(*extracted);
    auto name = (*extracted)->path.filename();
    return (name.extension() == ".part" ? name.replace_extension() : name).extension().string();
  };
  using Came = std::vector<std::pair<std::uint32_t, std::string>>;
  const auto named = [&](const Came& came) { return extension(transfer(*extractor, 4, came)); };
  const std::string photo = "\xFF\xD8\xFF\xE0";
  CHECK(named({{1, photo}}) == ".jpg");
  CHECK(named({{2, photo}}) == ".bin"); // its first bytes are not there
  CHECK(named({{1, std::string("\0\0\0\x1c", 4)}, {2, "ftyp"}}) == ".mp4");
  CHECK(named({{1, std::string("\0\0\0\x1c", 4)}, {3, "ftyp"}}) == ".bin"); // a hole is between

  // Some more tell it than the first packets have: three of a transport stream.
  auto stream = transfer(*extractor, 3, {});
  stream.packet_size = 188;
  for (std::uint32_t number = 1; number <= 3; ++number) {
    CapturedPacket packet{};
    packet.number = number;
    packet.file_offset = std::uint64_t{number - 1} * 188;
    packet.size = 188;
    packet.verdict = DumpVerdict::good;
    packet.kept_at = extractor->keep(as_bytes("\x47" + std::string(187, 'x')));
    stream.packets.push_back(packet);
  }
  CHECK(extension(stream) == ".ts");
}

TEST_CASE("extractor: damaged bytes fill what nothing good tells, and zeros what nothing does") {
  const TemporaryFolder folder;
  auto extractor = Extractor::open(folder.path(), 1000);
  REQUIRE(extractor);
  struct Piece {
    std::uint64_t from;
    const char* text;
    DumpVerdict verdict = DumpVerdict::good;
  };
  const auto written = [&](std::uint32_t size, const std::vector<Piece>& pieces) {
    auto by_path = transfer(*extractor, 1, {});
    by_path.in_bytes = true;
    by_path.announced_bytes = size;
    for (const auto& [from, text, verdict] : pieces) {
      CapturedPacket packet{};
      packet.file_offset = from;
      packet.size = static_cast<std::uint16_t>(std::string_view(text).size());
      packet.verdict = verdict;
      packet.kept_at = extractor->keep(as_bytes(std::string_view(text)));
      by_path.packets.push_back(packet);
    }
    const auto extracted = extractor->extract(by_path);
    REQUIRE(extracted);
    REQUIRE(*extracted);
    auto content = content_of((*extracted)->path);
    std::ranges::replace(content, '\0', '.');
    return content;
  };
  constexpr auto bad = DumpVerdict::bad;
  CHECK(written(6, {{0, "ab"}, {4, "ef"}}) == "ab..ef");
  CHECK(written(6, {{2, "cd"}}) == "..cd..");
  CHECK(written(6, {{0, "abcd"}, {2, "CDEF"}}) == "abcdEF");
  CHECK(written(6, {{0, "xxxxxx", bad}, {2, "cd"}}) == "xxcdxx");
  CHECK(written(6, {{0, "xxxx", bad}, {2, "yyyy", bad}}) == "xxxxyy");
  CHECK(written(6, {{0, "xxxxxx", bad}, {1, "b"}, {3, "d"}}) == "xbxdxx");
  CHECK(written(8, {{0, "xxxxxx", bad}, {1, "yyyyyyy", bad}, {3, "d"}}) == "xxxdyyyy");
  CHECK(written(8, {{0, "xxxxxxxx", bad}, {1, "yy", bad}, {3, "d"}}) == "xxxdxxxx");
  CHECK(written(4, {{0, "ab"}, {1, "xxx", bad}}) == "abxx");
  CHECK(written(4, {{0, "ab"}, {2, "xx", bad}, {3, "d"}}) == "abxd");
}

TEST_CASE("extractor: why a payload could not be kept is told, and nothing is there") {
  const TemporaryFolder folder;
  auto extractor = Extractor::open(folder.path(), 1000);
  REQUIRE(extractor);
  CapturedTransfer cut;
  {
    const FullDisk full(4);
    cut = transfer(*extractor, 2, {{1, "aaaa"}, {2, "bbbb"}});
  }
  const auto extracted = extractor->extract(cut);
  REQUIRE_FALSE(extracted);
  CHECK(extracted.error().category == ErrorCategory::io);
  CHECK(extracted.error().message ==
        "cannot keep what is extracted in " + folder.path().string() + ": File too large");
  const auto next = extractor->extract(cut); // once is enough
  CHECK((next && !*next));
  CHECK(folder.names().empty());
}

class CountedCalls : public FileSystem {
public:
  decltype(statfs::f_type) type = EXT4_SUPER_MAGIC;
  int error = 0; ///< of syncfs
  int files = 0; ///< synced
  int folders = 0;
  int wholes = 0;
  int names = 0; ///< looked at
  int opened_folders = 0;

  int fdatasync(int descriptor) override { return ++files, FileSystem::fdatasync(descriptor); }
  int fsync(int descriptor) override {
    struct stat status{};
    REQUIRE(FileSystem::fstat(descriptor, &status) == 0);
    ++(S_ISDIR(status.st_mode) ? folders : files);
    return FileSystem::fsync(descriptor);
  }
  int syncfs(int) override {
    ++wholes;
    errno = error;
    return error == 0 ? 0 : -1;
  }
  int fstatfs(int, struct statfs* status) override {
    status->f_type = type;
    return 0;
  }
  int open(const char* path, int flags, mode_t mode) override {
    opened_folders += (flags & O_DIRECTORY) != 0 ? 1 : 0;
    return FileSystem::open(path, flags, mode);
  }
  int lstat(const char* path, struct stat* status) override {
    return ++names, FileSystem::lstat(path, status);
  }
};

void extract_photos(Extractor& extractor, int count) {
  auto photo = transfer(extractor, 1, {{1, "aaaa"}});
  for (int i = 0; i < count; ++i) {
    photo.file = FileRef(i % 2 == 0 ? FileKind::front_photo : FileKind::rear_photo);
    REQUIRE(extractor.extract(photo));
  }
}

TEST_CASE("extractor: many files are synced together, and few taken names are asked for") {
  constexpr int files = 400;
  CountedCalls calls;
  const FileSystem::Use use(calls);
  const TemporaryFolder folder;
  auto extractor = Extractor::open(folder.path(), 1000);
  REQUIRE(extractor);
  extract_photos(*extractor, files);
  CHECK(folder.names().size() == files);
  CHECK(calls.names < files * 40);
  CHECK(calls.files + calls.folders + calls.wholes == 0);
  calls.error = EIO;
  const auto finished = extractor->finish();
  CHECK(calls.wholes == 1);
  CHECK(calls.files + calls.folders == 0);
  REQUIRE_FALSE(finished);
  CHECK(finished.error().category == ErrorCategory::io);
  CHECK_THAT(finished.error().message, ContainsSubstring("Input/output error"));
}

TEST_CASE("extractor: each file is synced where syncfs may tell nothing of what it lost") {
  CountedCalls calls;
  calls.type = OVERLAYFS_SUPER_MAGIC;
  const FileSystem::Use use(calls);
  const TemporaryFolder folder;
  auto extractor = Extractor::open(folder.path(), 1000);
  REQUIRE(extractor);
  extract_photos(*extractor, 3);
  CHECK(calls.files == 3);
  CHECK(extractor->finish());
  CHECK(calls.folders == 1);
  CHECK(calls.wholes == 0);
}

TEST_CASE("extractor: the names of folders that it has made are synced with what is in them") {
  CountedCalls calls;
  calls.type = OVERLAYFS_SUPER_MAGIC;
  const FileSystem::Use use(calls);
  const TemporaryFolder folder;
  auto extractor = Extractor::open(folder.path() / "new/deep/", 1000);
  REQUIRE(extractor);
  extract_photos(*extractor, 1);
  CHECK(extractor->finish());
  CHECK(calls.folders == 3);
  CHECK_FALSE(std::filesystem::is_empty(folder.path() / "new/deep"));
}

TEST_CASE("extractor: what could not be written before the sync is told by it") {
  CountedCalls calls;
  const FileSystem::Use use(calls);
  const TemporaryFolder folder;
  auto extractor = Extractor::open(folder.path(), 1000);
  REQUIRE(extractor);
  CHECK(calls.opened_folders == 1); // an error is told by a descriptor that was open when it came
  extract_photos(*extractor, 1);
  CHECK(extractor->finish());
  CHECK(calls.opened_folders == 1);
}

TEST_CASE("extractor: where nothing was written nothing is synced") {
  CountedCalls calls;
  const FileSystem::Use use(calls);
  for (const auto type : {EXT4_SUPER_MAGIC, OVERLAYFS_SUPER_MAGIC}) {
    calls.type = type;
    const TemporaryFolder folder;
    auto extractor = Extractor::open(folder.path() / "new", 1000);
    REQUIRE(extractor);
    std::filesystem::remove(folder.path() / "new");
    CHECK(extractor->finish());
    CHECK(calls.files + calls.folders + calls.wholes == 0);
  }
}

TEST_CASE("extractor: where nothing can be written that is told, and nothing is there") {
  const TemporaryFolder folder;
  const auto gone = folder / "gone";
  auto extractor = Extractor::open(gone, 1000);
  REQUIRE(extractor);
  const auto whole = transfer(*extractor, 1, {{1, "aaaa"}});
  std::filesystem::remove(gone);
  const auto extracted = extractor->extract(whole);
  REQUIRE_FALSE(extracted);
  CHECK(extracted.error().category == ErrorCategory::io);
  CHECK(folder.names().empty());
}

} // namespace dualcam::crc::extractor_test
