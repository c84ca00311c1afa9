// Where results of dcam-convert go: files that appear whole or not at all, standard output, and
// files that can be read while they grow.
#include "dcam-convert/output.hpp"

#include <csignal>

#include <sys/resource.h>

#include "redirected.hpp"
#include "tools/dcam-convert/studio.hpp"

#include "dcam-convert/live_sink.hpp"

namespace dualcam::convert::output_test {
namespace {

using Names = std::set<std::string>;

bool anything(const fs::path&) { return true; }

Output good(const fs::path& path, bool make_folder = false) {
  auto output = Output::create(path, make_folder, anything);
  REQUIRE(output);
  return std::move(*output);
}

std::string error_of(const fs::path& path, bool make_folder = false) {
  const auto output = Output::create(path, make_folder, anything);
  REQUIRE_FALSE(output);
  return output.error().message;
}

/// The name that it gets, or why it gets none.
std::string finished(Output output, IfExists if_exists = IfExists::fail) {
  const auto name = output.finish(if_exists);
  return !name ? "error: " + name.error().message : *name ? (*name)->string() : "skipped";
}

/// While it lives no file grows beyond so many bytes.
class FileLimit {
public:
  explicit FileLimit(rlim_t size) {
    std::signal(SIGXFSZ, SIG_IGN);
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before_) == 0);
    const rlimit small{size, before_.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  }
  ~FileLimit() { ::setrlimit(RLIMIT_FSIZE, &before_); }
  FileLimit(const FileLimit&) = delete;
  FileLimit& operator=(const FileLimit&) = delete;

private:
  rlimit before_{};
};

/// A sink for `name` in a folder.
struct Sink {
  explicit Sink(std::string_view name, IfExists if_exists = IfExists::number) {
    studio.options.if_exists = if_exists;
    files = RunFiles::plan(studio.options, {});
    reporter.emplace(studio.options.common, 1);
    const Workshop workshop{studio.options, {}, *files, *reporter, stop};
    auto opened = open_sink(workshop, name == "-" ? "-" : studio.path(name), true);
    REQUIRE(opened);
    sink = std::move(*opened);
  }
  bool write(std::string_view text) const { return sink->write(as_bytes(text)).has_value(); }
  std::string name() const { return studio.plain(sink->name()); }

  Studio studio;
  const StopSignal stop;
  std::expected<RunFiles, std::string> files = std::unexpected(std::string());
  std::optional<Reporter> reporter;
  std::unique_ptr<LiveSink> sink;
};

} // namespace

TEST_CASE("output: a file has its name once it is finished, and nothing is left of another") {
  const TemporaryFolder folder;
  {
    auto output = good(folder / "a.mp4");
    CHECK_FALSE(output.is_stdout());
    CHECK(output.temporary_path() == folder / "a.mp4.part");
    CHECK(output.write(as_bytes("12")));
    CHECK(output.write(as_bytes("345")));
    CHECK(folder.names() == Names{"a.mp4.part"});
    CHECK(finished(std::move(output)) == folder / "a.mp4");
  }
  CHECK(folder.names() == Names{"a.mp4"});
  CHECK(content_of(folder / "a.mp4") == "12345");
  {
    auto output = good(folder / "b.mp4");
    CHECK(output.write(as_bytes("12")));
  }
  CHECK(folder.names() == Names{"a.mp4"});
}

TEST_CASE("output: a name that is taken is kept, replaced or given a number") {
  const TemporaryFolder folder;
  write_file(folder / "a.mp4", "mine");
  const auto finish = [&](IfExists if_exists) {
    auto output = good(folder / "a.mp4");
    CHECK(output.write(as_bytes("new")));
    return finished(std::move(output), if_exists);
  };
  CHECK(finish(IfExists::skip) == "skipped");
  CHECK(finish(IfExists::fail) ==
        "error: cannot create " + (folder / "a.mp4").string() + ": File exists");
  CHECK(content_of(folder / "a.mp4") == "mine");
  CHECK(folder.names() == Names{"a.mp4"});
  CHECK(finish(IfExists::number) == folder / "a_1.mp4");
  CHECK(finish(IfExists::replace) == folder / "a.mp4");
  CHECK(content_of(folder / "a.mp4") == "new");
  CHECK(folder.names() == Names{"a.mp4", "a_1.mp4"});
}

TEST_CASE("output: a folder is made where that is wanted, otherwise it is told which one lacks") {
  const TemporaryFolder folder;
  const auto path = folder / "x/y/a.mp4";
  CHECK(error_of(path) == "cannot create " + path.string() + ": the folder " +
                              path.parent_path().string() + ": No such file or directory");
  CHECK(folder.names().empty());
  CHECK(finished(good(path, true)) == path);
  write_file(folder / "file", "");
  CHECK(error_of(folder / "file/a.mp4", true) ==
        "cannot create " + (folder / "file").string() + ": Not a directory");
  CHECK_THAT(error_of("/proc/a.mp4"), ContainsSubstring("/proc/a.mp4.part"));
}

TEST_CASE("output: a name may be as long as a file's can be, whatever stands behind it meanwhile") {
  const TemporaryFolder folder;
  const std::string longest = std::string(251, 'x') + ".mp4";
  auto output = good(folder.path() / longest);
  CHECK(output.temporary_path().filename().string().size() <= 255);
  CHECK(finished(std::move(output)) == folder.path() / longest);
  CHECK(error_of(folder.path() / ("x" + longest)).ends_with(": File name too long"));
  const std::string short_name = std::string(240, 'y') + ".mp4";
  CHECK(
      good(folder.path() / short_name).temporary_path().filename().string().ends_with(".mp4.part"));
}

TEST_CASE("output: a temporary file takes no name that is refused") {
  const TemporaryFolder folder;
  write_file(folder / "a.mp4.part", "somebody's");
  auto output = Output::create(folder / "a.mp4", false,
                               [&](const auto& name) { return name != folder / "a.mp4.part"; });
  REQUIRE(output);
  CHECK(output->temporary_path() != folder / "a.mp4.part");
  CHECK(finished(std::move(*output)) == folder / "a.mp4");
  CHECK(content_of(folder / "a.mp4.part") == "somebody's");
}

TEST_CASE("output: what another program has made of the file is looked at") {
  struct Unreadable : FileSystem {
    ssize_t pread(int descriptor, void* into, std::size_t count, off_t offset) override {
      errno = EIO;
      return fails ? -1 : FileSystem::pread(descriptor, into, count, offset);
    }
    bool fails = false;
  } files;
  const FileSystem::Use use(files);
  const TemporaryFolder folder;
  auto output = good(folder / "a.mkv");
  write_file(output.temporary_path(), as_text(matroska(3)));
  CHECK(output.check(ResultForm::matroska)->pictures == 3);
  CHECK(output.check(ResultForm::matroska)->flaw.empty());
  CHECK_FALSE(output.check(ResultForm::mp4)->flaw.empty());
  files.fails = true;
  const auto verdict = output.check(ResultForm::matroska);
  REQUIRE_FALSE(verdict); // which says nothing of the result
  CHECK_THAT(verdict.error().message, ContainsSubstring("Input/output error"));
  CHECK(output.try_to_write());
  CHECK(output.write_failure(ENOSPC).message ==
        "cannot write " + (folder / "a.mkv.part").string() +
            ": No space left on device; make room, then run the same command again");
}

TEST_CASE("output: whether a file can still grow is found by trying, at its end") {
  const TemporaryFolder folder;
  auto output = good(folder / "a.mkv");
  write_file(output.temporary_path(), std::string(3000, 'x'));
  const FileLimit limit(3000 + (1 << 20) - 1);
  const auto room = output.try_to_write();
  REQUIRE_FALSE(room);
  CHECK_THAT(room.error().message, ContainsSubstring("a.mkv.part: File too large"));
}

TEST_CASE("output: standard output is written to as long as somebody reads it") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  auto output = good("-");
  CHECK(output.is_stdout());
  {
    const Redirected redirected(STDOUT_FILENO, ends[1]);
    CHECK(output.write(as_bytes("123")));
    CHECK_FALSE(output.reader_gone());
    char read[3];
    CHECK(::read(ends[0], read, sizeof read) == 3);
    ::close(ends[0]);
    CHECK(output.write(as_bytes("4"))); // which is no error
    CHECK(output.reader_gone());
  }
  {
    auto full = good("-");
    const Redirected redirected(STDOUT_FILENO, open_full_disk());
    const auto written = full.write(as_bytes("1"));
    REQUIRE_FALSE(written);
    CHECK(written.error().message == "cannot write to standard output: No space left on device");
    CHECK_FALSE(full.reader_gone());
  }
  CHECK(finished(std::move(output)).empty());
}

TEST_CASE("live sink: a growing file has its name from the first bytes on") {
  const Sink file("a.mp4");
  CHECK(file.name() == "");
  CHECK(file.sink->finish());
  CHECK(file.studio.folder.names().empty());
  CHECK(file.write("12"));
  CHECK(file.name() == "a.mp4");
  CHECK(file.studio.made("a.mp4") == "12");
  CHECK(file.write("3"));
  CHECK(file.studio.made("a.mp4") == "123");
  CHECK(file.sink->finish());
  CHECK_FALSE(file.sink->reader_gone());
  fs::remove(file.studio.path("a.mp4"));
  CHECK(file.name() == ""); // nothing to be read
}

TEST_CASE("live sink: a name that is taken meanwhile is kept, replaced or given a number") {
  for (const auto& [if_exists, name] : {std::pair{IfExists::number, "a_2.mp4"},
                                        {IfExists::replace, "a.mp4"},
                                        {IfExists::fail, ""},
                                        {IfExists::skip, ""}}) {
    const Sink file("a.mp4", if_exists);
    write_file(file.studio.path("a.mp4"), "mine");
    write_file(file.studio.path("a_1.mp4"), "mine");
    const auto written = file.sink->write(as_bytes("new"));
    CHECK(written.has_value() == !std::string_view(name).empty());
    CHECK(file.name() == name);
    CHECK(file.studio.made("a.mp4") == (if_exists == IfExists::replace ? "new" : "mine"));
    if (!written) {
      CHECK(file.studio.plain(written.error().message) == "cannot create a.mp4: File exists");
    }
  }
}

TEST_CASE("live sink: what does not fit any more is cut off, or leaves no file") {
  for (const rlim_t before : {0U, 4U}) {
    const Sink file("a.mp4");
    CHECK((before == 0 || file.write("1234")));
    {
      const FileLimit limit(before + 3);
      const auto written = file.sink->write(as_bytes("56789"));
      REQUIRE_FALSE(written);
      CHECK(file.studio.plain(written.error().message) == "cannot write a.mp4: File too large");
    }
    CHECK(fs::exists(file.studio.path("a.mp4")) == (before != 0));
    CHECK(file.name() == (before != 0 ? "a.mp4" : ""));
    CHECK(file.studio.made("a.mp4") == (before != 0 ? "1234" : ""));
  }
}

TEST_CASE("live sink: standard output is one, until nobody reads it") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const Redirected redirected(STDOUT_FILENO, ends[1]);
  const Sink output("-");
  CHECK(output.sink->name() == "-");
  CHECK(output.write("123"));
  CHECK_FALSE(output.sink->reader_gone());
  ::close(ends[0]);
  CHECK(output.write("4"));
  CHECK(output.sink->reader_gone());
  CHECK(output.sink->finish());
}

} // namespace dualcam::convert::output_test
