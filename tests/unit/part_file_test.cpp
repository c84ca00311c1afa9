#include "dualcam/part_file.hpp"

#include <cstdlib>
#include <fstream>
#include <set>

#include <fcntl.h>
#include <unistd.h>

#include "testing.hpp"

namespace dualcam {
namespace {

namespace fs = std::filesystem;

/// A folder of its own, removed at the end.
class TemporaryFolder {
public:
  TemporaryFolder() {
    auto pattern = (fs::temp_directory_path() / "dualcam-test-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~TemporaryFolder() { fs::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  fs::path operator/(const char* name) const { return path_ / name; }
  std::set<std::string> names() const {
    std::set<std::string> result;
    for (const auto& entry : fs::directory_iterator(path_)) {
      result.insert(entry.path().filename());
    }
    return result;
  }

private:
  fs::path path_;
};

std::string content_of(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

void write_file(const fs::path& path, std::string_view content) { std::ofstream(path) << content; }

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

TEST_CASE("part file: a full disk is an error") {
  if (!fs::exists("/dev/full")) {
    FAIL("this test needs /dev/full");
  }
  const TemporaryFolder folder;
  auto part = PartFile::create(folder / "a");
  REQUIRE(part);
  const int full = ::open("/dev/full", O_WRONLY);
  REQUIRE(full >= 0);
  // the part's own descriptor is the lowest one before `full`
  REQUIRE(::dup2(full, full - 1) == full - 1);
  const std::array pieces{as_bytes("x")};
  const auto written = part->append(pieces);
  ::close(full);
  REQUIRE_FALSE(written);
  CHECK(written.error().message.find("a.part: No space left on device") != std::string::npos);
}

} // namespace dualcam
