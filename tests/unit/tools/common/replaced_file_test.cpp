#include "common/replaced_file.hpp"

#include <fstream>
#include <iterator>

#include <sys/stat.h>

#include "temporary_folder.hpp"
#include "testing.hpp"

namespace dualcam::replaced_file_test {
namespace {

namespace fs = std::filesystem;

std::string content(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

} // namespace

TEST_CASE("replaced file: the new text stands in the old one's place, for everybody") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "a.prom";
  std::ofstream(folder.path() / "a.prom.new") << "left by a process that was killed";
  const auto mask = ::umask(077);
  CHECK(replace_file(path, "one\n").empty());
  ::umask(mask);
  CHECK(content(path) == "one\n");
  CHECK((fs::status(path).permissions() & fs::perms::mask) == fs::perms(0644));
  std::ifstream old(path);
  CHECK(replace_file(path, "two\n").empty());
  CHECK(content(path) == "two\n");
  CHECK(std::string(std::istreambuf_iterator<char>(old), {}) == "one\n");
  CHECK(std::distance(fs::directory_iterator(folder.path()), {}) == 1);
}

TEST_CASE("replaced file: a link's target and what is no regular file stay as they are") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "a.prom";
  std::ofstream(folder.path() / "precious") << "precious";
  fs::create_symlink("precious", folder.path() / "a.prom.new");
  CHECK(replace_file(path, "one\n").empty());
  CHECK(content(folder.path() / "precious") == "precious");
  for (const auto& other : {fs::path("/dev/null"), folder.path(), folder.path() / "pipe"}) {
    if (other.filename() == "pipe") {
      REQUIRE(::mkfifo(other.c_str(), 0600) == 0);
    }
    CHECK(replace_file(other, "one\n") == "it is no regular file");
    CHECK(why_not_replaced(other) == "it is no regular file");
  }
  CHECK(fs::is_character_file("/dev/null"));
  for (const auto* target : {"precious", "missing", "/dev/null"}) {
    const auto link = folder.path() / "link";
    fs::remove(link);
    fs::create_symlink(target, link);
    CHECK(replace_file(link, "one\n") == "it is a symbolic link, which is not followed");
    CHECK(why_not_replaced(link) == "it is a symbolic link, which is not followed");
    CHECK(fs::read_symlink(link) == target);
  }
  CHECK(content(folder.path() / "precious") == "precious");
}

TEST_CASE("replaced file: what is in the way is said, again and again") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "missing" / "a.prom";
  CHECK(why_not_replaced(path) == "No such file or directory");
  ReplacedFile file(path);
  CHECK_FALSE(file.outcome());
  for (const bool is_there : {false, true, false}) {
    is_there ? fs::create_directory(path.parent_path()) : fs::remove_all(path.parent_path());
    file.write("text");
    REQUIRE(file.flush(std::chrono::minutes(1)));
    CHECK(file.is_idle());
    CHECK(file.outcome() == (is_there ? "" : "No such file or directory"));
  }
}

TEST_CASE("replaced file: of many that wait the newest is written") {
  const TemporaryFolder folder;
  ReplacedFile file(folder.path() / "a.prom");
  for (int i = 0; i < 1000; ++i) {
    file.write(std::to_string(i));
  }
  REQUIRE(file.flush(std::chrono::minutes(1)));
  CHECK(content(folder.path() / "a.prom") == "999");
}

} // namespace dualcam::replaced_file_test
