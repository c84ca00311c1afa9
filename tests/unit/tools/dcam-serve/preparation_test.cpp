#include "dcam-serve/preparation.hpp"

#include <cstdlib>
#include <optional>

#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dcam-serve/output_folder.hpp"
#include "temporary_folder.hpp"

namespace dualcam::serve::preparation_test {
namespace {

/// The PATH of this process, while it lives.
class Path {
public:
  explicit Path(const char* value) : before_(std::getenv("PATH")) {
    value == nullptr ? ::unsetenv("PATH") : ::setenv("PATH", value, 1);
  }
  ~Path() { ::setenv("PATH", before_.c_str(), 1); }
  Path(const Path&) = delete;
  Path& operator=(const Path&) = delete;

private:
  std::string before_;
};

std::string why(const Result<void>& result) { return result ? "" : result.error().message; }

std::string why_not(const std::string& program, const char* path) {
  const Path only(path);
  return why(check_hook(program));
}

void make_program(const fs::path& path) {
  fs::create_directories(path.parent_path());
  write_file(path, "");
  REQUIRE(::chmod(path.c_str(), 0700) == 0);
}

} // namespace

TEST_CASE("preparation: the output folder is made if the one that it is in is there") {
  const TemporaryFolder folder;
  CHECK(why(check_output(folder.path())).empty());
  CHECK(why(check_output(folder / "new")).empty());
  CHECK(fs::is_directory(folder / "new"));
  CHECK(fs::is_empty(folder / "new")); // the attempt leaves nothing
  const auto deep = (folder / "no/such").string();
  CHECK(why(check_output(deep)) == "the output folder " + deep +
                                       " does not exist, nor does the one it would be in; create "
                                       "it: mkdir -p " +
                                       deep);
  CHECK_FALSE(fs::exists(folder / "no"));
  CHECK(why(check_output("/dev/null/x")) ==
        "cannot write to the output folder /dev/null/x: Not a directory");
  CHECK(why(check_output("/dev/null")).starts_with("cannot write to the output folder /dev/null"));
}

TEST_CASE("preparation: why an output folder cannot be made is told, not that it is missing") {
  const TemporaryFolder folder;
  fs::permissions(folder.path(), fs::perms(0555));
  const auto own = ::setfsuid(::getuid() == 0 ? 65534 : ::getuid());
  const auto said = why(check_output(folder / "new"));
  ::setfsuid(static_cast<uid_t>(own));
  CHECK(said ==
        "cannot write to the output folder " + (folder / "new").string() + ": Permission denied");
}

TEST_CASE("preparation: what will be said of the output folder can be said before it is made") {
  const TemporaryFolder folder;
  CHECK(why(foresee_output(folder.path())).empty());
  CHECK(why(foresee_output(folder / "new")).empty());
  CHECK(why(foresee_output("new")).empty());
  CHECK(folder.names().empty());
  write_file(folder / "file", "");
  for (const fs::path& path : {folder / "no/such", folder / "file/x", folder / "file",
                               fs::path("no/such"), fs::path("/dev/null/x")}) {
    const auto foreseen = why(foresee_output(path));
    CHECK(foreseen == why(check_output(path)));
    CHECK_THAT(foreseen, ContainsSubstring(path.string()));
  }
}

TEST_CASE("preparation: the program of --exec is looked for as execvp does") {
  const TemporaryFolder folder;
  const auto program = (folder / "bin/upload").string();
  make_program(program);
  CHECK(why(check_hook(program)).empty());
  CHECK(why(check_hook("/no/such/upload")) ==
        "cannot run /no/such/upload, the program of --exec: No such file or directory");
  CHECK(why(check_hook(folder.path().string())).ends_with(": Permission denied"));
  write_file(folder / "plain", "");
  CHECK(why(check_hook((folder / "plain").string())).ends_with(": Permission denied"));
  CHECK(why_not("sh", "/no/such/folder") == "cannot run sh, the program of --exec: No such file or "
                                            "directory in the folders of PATH");
  CHECK(why_not(program, "/no/such/folder").empty()); // a name with a slash does not need it
}

TEST_CASE("preparation: the first folder of PATH that has such a program counts") {
  const TemporaryFolder folder;
  make_program(folder / "second/upload");
  fs::create_directories(folder / "first/upload"); // no program
  const auto both = (folder / "first").string() + ":" + (folder / "second").string();
  CHECK(why_not("upload", both.c_str()).empty());
  CHECK(why_not("upload", (both + ":/").c_str()).empty());
  const auto here = fs::current_path();
  fs::current_path(folder / "second");
  for (const auto* path : {"", ":/bin", "/bin:", "/bin::/usr/bin"}) { // an empty one is this folder
    CAPTURE(path);
    CHECK(why_not("upload", path).empty());
  }
  CHECK_FALSE(why_not("upload", "/bin").empty());
  fs::current_path(here);
  CHECK(why_not("sh", nullptr).empty()); // execvp's own
}

TEST_CASE("preparation: a capture that cannot be written is told with its option") {
  const TemporaryFolder folder;
  const auto waits = [] { return true; };
  CHECK(open_capture(folder / "a.pcap", waits));
  const auto capture = open_capture("/no/such/a.pcap", waits);
  REQUIRE_FALSE(capture);
  CHECK(capture.error().message.starts_with("cannot write to --capture /no/such/a.pcap: "));
  CHECK(capture.error().message.ends_with("No such file or directory"));
}

TEST_CASE("output folder: a folder has one spelling, however it is given") {
  for (const auto& [given, one] : {std::pair(".", "."),
                                   {"./", "."},
                                   {"", "."},
                                   {"a", "a"},
                                   {"./a/", "a"},
                                   {"a//./b/.", "a/b"},
                                   {"/", "/"},
                                   {"/srv//cameras/", "/srv/cameras"},
                                   {"-a", "./-a"},
                                   {"-", "./-"},
                                   {"/tmp/..", "/"},
                                   {"/tmp/../tmp", "/tmp"},
                                   {"no/such/../folder", "no/such/../folder"}}) {
    CAPTURE(given);
    CHECK(one_spelling(given) == one);
  }
}

TEST_CASE("output folder: behind a link .. stays where it leads") {
  const TemporaryFolder folder;
  fs::create_directories(folder / "far/away");
  fs::create_directory(folder / "near");
  fs::create_symlink(folder / "far/away", folder / "near/link");
  const auto through = folder / "near/link/..";
  CHECK(one_spelling(through) == through); // it is far, not near
  CHECK(one_spelling(folder / "near/../far") == folder / "far");
  const auto here = fs::current_path();
  fs::current_path(folder / "near");
  CHECK(one_spelling("../near") == "../near");
  fs::create_directory("own");
  CHECK(one_spelling("own/..") == ".");
  fs::current_path(here);
}

TEST_CASE("output folder: what is below the current folder has no dot before it") {
  CHECK(below(".", "a/b") == "a/b");
  CHECK(below(".", "").empty());
  CHECK(below("/srv", "a") == "/srv/a");
  CHECK(below("/srv", "") == "/srv");
}

} // namespace dualcam::serve::preparation_test
