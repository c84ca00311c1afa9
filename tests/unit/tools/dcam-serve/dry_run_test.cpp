#include "dcam-serve/dry_run.hpp"

#include "common/json.hpp"
#include "common/units.hpp"
#include "dualcam/storage/file_system.hpp"
#include "redirected.hpp"
#include "tools/ran.hpp"

namespace dualcam::serve::dry_run_test {
namespace {

struct Dry {
  Dry() {
    options.output = folder.path();
    options.name = *NameTemplate::parse("{imei}/{kind}{ext}");
    options.name_by_path = *NameTemplate::parse("{camera}/{kind}{ext}");
    options.wishes = {};
    options.wishes.add(Wish::front_photo);
  }
  /// The path of the folder is left out.
  Ran run() const {
    const Quiet quiet;
    const auto code = print_paths(options);
    auto output = quiet.output();
    const auto prefix = folder.path().string() + "/";
    for (auto at = output.find(prefix); at != output.npos; at = output.find(prefix)) {
      output.erase(at, prefix.size());
    }
    return {code, output, quiet.errors()};
  }

  TemporaryFolder folder;
  ServeOptions options;
};

} // namespace

TEST_CASE("dry run: a path for each kind and family that is wanted") {
  Dry dry;
  dry.options.wishes = Wishes::all();
  const auto ran = dry.run();
  CHECK(ran.code == ExitCode::done);
  CHECK(ran.output == "350612071913857/photof.jpg\n350612071913857/photor.jpg\n"
                      "350612071913857/videof.h265\n350612071913857/videor.h265\n"
                      "adas/video.mp4\ndsm/video.mp4\ndashcam/videof.mp4\n");
  CHECK(ran.errors == "dcam-serve: dry run: where files would go if they came now; nothing was "
                      "made or served\n");
  CHECK(dry.folder.names().empty());
  dry.options.wishes = {};
  dry.options.wishes.add(Wish::dsm);
  CHECK(dry.run().output == "dsm/video.mp4\n");
}

TEST_CASE("dry run: of the first device that is named, and of the time now") {
  Dry dry;
  dry.options.imeis = {"@/no/such/list", "123456789012345", "350612071913857"};
  CHECK(dry.run().output == "123456789012345/photof.jpg\n");
  dry.options.imeis = {"@/no/such/list"};
  CHECK(dry.run().output == "350612071913857/photof.jpg\n");
  dry.options.wishes.add(Wish::adas);
  dry.options.name = dry.options.name_by_path = *NameTemplate::parse("{time}{ext}");
  const auto before = format_compact_time(system_now());
  const auto output = dry.run().output;
  const auto after = format_compact_time(system_now());
  CHECK(std::ranges::count(output, '\n') == 2);
  for (std::size_t at = 0; at < output.size(); at = output.find('\n', at) + 1) {
    const auto time = output.substr(at, 16);
    CHECK(time >= before); // by its path, too
    CHECK(time <= after);
  }
}

TEST_CASE("dry run: a name that is taken gets a number, if that is what is to be done") {
  Dry dry;
  fs::create_directory(dry.folder / "350612071913857");
  write_file(dry.folder / "350612071913857/photof.jpg", "");
  CHECK(dry.run().output == "350612071913857/photof_1.jpg\n");
  write_file(dry.folder / "350612071913857/photof_1.jpg", "");
  CHECK(dry.run().output == "350612071913857/photof_2.jpg\n");
  for (const auto refuses : {IfExists::skip, IfExists::fail}) {
    dry.options.if_exists = refuses;
    const auto ran = dry.run();
    CHECK(ran.output.empty());
    CHECK_THAT(ran.errors, ContainsSubstring("350612071913857/photof.jpg exists already: such a "
                                             "file would stay with the camera"));
  }
}

TEST_CASE("dry run: as JSON, and to standard output") {
  Dry dry;
  dry.options.common.json = true;
  auto json = Json::parse(dry.run().output);
  CHECK(json.at("time").get<std::string>().ends_with('Z'));
  json.erase("time");
  CHECK(json == Json({{"event", "would-store"},
                      {"imei", "350612071913857"},
                      {"kind", "photof"},
                      {"path", "350612071913857/photof.jpg"}}));
  dry.options.common.json = false;
  dry.options.to_stdout = true;
  dry.options.wishes = Wishes::all();
  CHECK(dry.run().output == "-\n"); // one file
}

TEST_CASE("dry run: a name that is taken 20,000 times is asked for some 40 times") {
  class Names : public FileSystem {
  public:
    int lstat(const char* path, struct stat* status) override {
      const auto name = fs::path(path).stem().string();
      if (!name.starts_with("photof")) {
        return FileSystem::lstat(path, status);
      }
      ++asked;
      const bool taken = name == "photof" || std::stoi(name.substr(7)) < 20'000;
      errno = ENOENT;
      return taken ? 0 : -1;
    }
    int asked = 0;
  };
  Names names;
  const FileSystem::Use use(names);
  const Dry dry;
  CHECK(dry.run().output == "350612071913857/photof_20000.jpg\n");
  CHECK(names.asked < 45);
}

TEST_CASE("dry run: what cannot be written is an error") {
  const Dry dry;
  const Quiet quiet;
  const auto code = [&] {
    const Redirected full(STDOUT_FILENO, open_full_disk());
    return print_paths(dry.options);
  }();
  CHECK(code == ExitCode::io);
  CHECK(quiet.errors() == "dcam-serve: cannot write to standard output: No space left on device\n");
  CHECK_FALSE(dry.run().output.empty()); // it was this one's error alone
}

} // namespace dualcam::serve::dry_run_test
