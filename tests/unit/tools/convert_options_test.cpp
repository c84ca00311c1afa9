#include "dcam-convert/options.hpp"

#include "quiet.hpp"
#include "testing.hpp"

namespace dualcam::convert {
namespace {

struct Parsed {
  std::expected<ConvertOptions, ExitCode> options;
  std::string errors;
  std::string output;
};

Parsed parse(std::vector<const char*> words) {
  words.insert(words.begin(), "dcam-convert");
  const Quiet quiet;
  auto options = parse_convert_options(static_cast<int>(words.size()), words.data());
  return {std::move(options), quiet.errors(), quiet.output()};
}

ConvertOptions good(std::vector<const char*> words) {
  const auto parsed = parse(std::move(words));
  INFO(parsed.errors);
  REQUIRE(parsed.options);
  return *parsed.options;
}

/// What is said against these words.
std::string bad(std::vector<const char*> words) {
  const auto parsed = parse(std::move(words));
  REQUIRE_FALSE(parsed.options);
  CHECK(parsed.options.error() == ExitCode::usage);
  return parsed.errors;
}

} // namespace

TEST_CASE("convert options: what is given is what counts, the rest is as --help says") {
  const auto plain = good({"a.h265"});
  CHECK(plain.inputs == std::vector<std::string>{"a.h265"});
  CHECK(plain.output.empty());
  CHECK(plain.codec == Codec::copy);
  CHECK(plain.audio == AudioMode::automatic);
  CHECK(plain.fps == 0);
  CHECK(plain.jobs >= 1);
  CHECK(plain.ffmpeg == "ffmpeg");
  CHECK(plain.program == "dcam-convert");
  CHECK(plain.if_exists == IfExists::number);
  CHECK_FALSE((plain.vendor_recipe || plain.dry_run || plain.strict));
  CHECK(plain.task() == Task::convert);
  const auto all = good({"-o", "x.mkv", "--codec", "h265", "--audio", "none", "--fps", "30",
                         "--meta", "m.json", "-j", "3", "-n", "--ffmpeg", "/opt/ffmpeg",
                         "--if-exists", "skip", "--strict", "a.h265"});
  CHECK(all.output == "x.mkv");
  CHECK(all.codec == Codec::h265);
  CHECK(all.audio == AudioMode::none);
  CHECK(all.fps == 30);
  CHECK(all.meta == "m.json");
  CHECK(all.jobs == 3);
  CHECK(all.ffmpeg == "/opt/ffmpeg");
  CHECK(all.if_exists == IfExists::skip);
  CHECK((all.dry_run && all.strict));
}

TEST_CASE("convert options: each task has its option, and excludes the others") {
  CHECK(good({"--vendor-recipe", "a"}).task() == Task::vendor_recipe);
  CHECK(good({"--extract", "audio", "a"}).task() == Task::extract);
  CHECK(good({"--thumbnail", "t.jpg", "a"}).task() == Task::thumbnail);
  CHECK(good({"--contact-sheet", "t.jpg", "a"}).task() == Task::contact_sheet);
  const std::vector<std::vector<const char*>> tasks{{"--vendor-recipe"},
                                                    {"--extract", "video"},
                                                    {"--thumbnail", "t.jpg"},
                                                    {"--contact-sheet", "s.jpg"}};
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    for (std::size_t j = i + 1; j < tasks.size(); ++j) {
      auto words = tasks[i];
      words.insert(words.end(), tasks[j].begin(), tasks[j].end());
      words.push_back("a");
      CHECK_THAT(bad(words), ContainsSubstring("only one of"));
    }
  }
}

TEST_CASE("convert options: a rate is a whole number from 1 to 240") {
  for (const auto* value : {"1", "25", "240"}) {
    CHECK(good({"--fps", value, "a"}).fps == std::stoul(value));
  }
  for (const auto* value : {"0", "241", "999", "1000", "-1", "+5", "25.0", "1e1", "", "x", " 5"}) {
    CHECK_THAT(bad({"--fps", value, "a"}), ContainsSubstring("a whole number from 1 to 240"));
  }
}

TEST_CASE("convert options: what contradicts itself is refused before anything is touched") {
  CHECK_THAT(bad({}), ContainsSubstring("no INPUT given"));
  CHECK_THAT(bad({"-o", "d/", "-", "-"}), ContainsSubstring("read only once"));
  CHECK(good({"-o", "d/", "-", "a"}).inputs.size() == 2);
  CHECK_THAT(bad({"--thumbnail", "t.jpg", "-o", "x.mp4", "a"}),
             ContainsSubstring("--output has no use"));
  CHECK_THAT(bad({"--contact-sheet", "t.jpg", "-o", "x.mp4", "a"}),
             ContainsSubstring("--output has no use"));
  CHECK_THAT(bad({"-o", "-", "a", "b"}), ContainsSubstring("standard output takes one file"));
  CHECK(good({"-o", "-", "a"}).output == "-");
  CHECK_THAT(bad({"--meta", "m.json", "a", "b"}), ContainsSubstring("--meta describes one file"));
  CHECK_THAT(bad({"-"}), ContainsSubstring("--output is needed"));
  CHECK(good({"--thumbnail", "t.jpg", "-"}).inputs.size() == 1);
  CHECK(good({"--contact-sheet", "t.jpg", "-"}).inputs.size() == 1);
  CHECK_THAT(bad({"--vendor-recipe", "-o", "x.mp4", "-"}), ContainsSubstring("reads files only"));
  CHECK_THAT(bad({"--json", "-o", "-", "a"}), ContainsSubstring("--json"));
  CHECK_THAT(bad({"--json", "--thumbnail", "-", "a"}), ContainsSubstring("--json"));
  CHECK_THAT(bad({"--json", "--contact-sheet", "-", "a"}), ContainsSubstring("--json"));
  CHECK(good({"--json", "-o", "x.mp4", "a"}).common.json);
}

TEST_CASE("convert options: --version tells the ffmpeg that would be run") {
  const auto version = [](std::vector<const char*> words) {
    const auto parsed = parse(std::move(words));
    REQUIRE_FALSE(parsed.options);
    CHECK(parsed.options.error() == ExitCode::done);
    return parsed.output;
  };
  CHECK_THAT(version({"--version"}), ContainsSubstring("ffmpeg"));
  const auto none = version({"--ffmpeg", "/no/such/ffmpeg", "--version"});
  CHECK(none != version({"--version"}));
  CHECK(version({"--ffmpeg=/no/such/ffmpeg", "--version"}) == none);
  CHECK_THAT(bad({"--version", "--ffmpeg"}), ContainsSubstring("needs a value"));
}

} // namespace dualcam::convert
