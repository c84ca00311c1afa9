#include "dcam-crc/checksum.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "dualcam/wire/crc16.hpp"
#include "temporary_folder.hpp"

namespace dualcam::crc::checksum_test {
namespace {

/// A file of zeros but for some bytes here and there.
struct LargeFile {
  TemporaryFolder folder;
  std::string path = (folder / "large").string();
  std::uint16_t crc = 0x1234;

  explicit LargeFile(std::size_t size) {
    ByteBuffer content(size);
    for (std::size_t at = 0; at < size; at += size / 7) {
      content[at] = std::byte{0x5A};
    }
    write_file(path, as_text(content));
    crc = crc16(content, crc);
  }
};

} // namespace

TEST_CASE("checksum: a large file's is that of all its bytes in order, by several threads or one") {
  for (const std::size_t size : {1U << 20, 15U << 20, 33U << 20, (50U << 20) + 3}) {
    CAPTURE(size);
    const LargeFile large(size);
    auto file = InputFile::open(large.path);
    REQUIRE(file);
    std::uint64_t latest = 0;
    const auto sum = checksum(*file, 0x1234, [&](std::uint64_t done) {
      CHECK(done > latest);
      latest = done;
    });
    REQUIRE(sum);
    CHECK(sum->bytes == size);
    CHECK(sum->crc == large.crc);
    CHECK(latest > 0);
    CHECK(latest <= size);
  }
}

TEST_CASE("checksum: what another program has read is not read again") {
  const LargeFile large(33U << 20);
  auto file = InputFile::open(large.path);
  REQUIRE(file);
  REQUIRE(::lseek(file->descriptor(), 10, SEEK_SET) == 10);
  const auto sum = checksum(*file, 0, [](std::uint64_t) {});
  REQUIRE(sum);
  CHECK(sum->bytes == (33U << 20) - 10);
}

TEST_CASE("checksum: a file that has shrunk meanwhile ends where it ends now") {
  const LargeFile large(33U << 20);
  for (const off_t left : {5 << 20, 20 << 20}) { // in the first half, in the second
    auto file = InputFile::open(large.path);
    REQUIRE(file);
    const LargeFile copy(33U << 20);
    REQUIRE(::truncate(copy.path.c_str(), left) == 0);
    const auto shrunk = InputFile::open(copy.path);
    REQUIRE(shrunk);
    REQUIRE(::dup3(shrunk->descriptor(), file->descriptor(), O_CLOEXEC) >=
            0); // size() is as before
    const auto sum = checksum(*file, 0, [](std::uint64_t) {});
    REQUIRE(sum);
    CHECK(sum->bytes == static_cast<std::uint64_t>(left));
    CHECK(sum->crc == crc16(as_bytes(content_of(copy.path))));
  }
}

TEST_CASE("checksum: a file that cannot be read is an error") {
  const LargeFile large(33U << 20);
  auto file = InputFile::open(large.path);
  REQUIRE(file);
  const int folder = ::open("/", O_RDONLY | O_CLOEXEC);
  REQUIRE(::dup3(folder, file->descriptor(), O_CLOEXEC) >= 0); // EISDIR
  ::close(folder);
  const auto sum = checksum(*file, 0, [](std::uint64_t) {});
  REQUIRE_FALSE(sum);
  CHECK(sum.error().category == ErrorCategory::io);
}

} // namespace dualcam::crc::checksum_test
