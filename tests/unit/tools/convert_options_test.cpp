#include "dcam-convert/options.hpp"

#include "tools/parsed.hpp"

namespace dualcam::convert {
namespace {

const CommandLine line(parse_convert_options);

} // namespace

TEST_CASE("convert options: what is given is what counts, the rest is as --help says") {
  const auto plain = line.good({"a.h265"});
  CHECK(plain.inputs == std::vector<std::string>{"a.h265"});
  CHECK(plain.output.empty());
  CHECK(plain.codec == Codec::copy);
  CHECK(plain.audio == AudioMode::automatic);
  CHECK(plain.fps == 0);
  CHECK(plain.jobs >= 1);
  CHECK(plain.ffmpeg == "ffmpeg");
  CHECK(plain.program == "program");
  CHECK(plain.if_exists == IfExists::number);
  CHECK_FALSE((plain.vendor_recipe || plain.dry_run || plain.strict));
  CHECK(plain.task() == Task::convert);
  const auto all = line.good({"-o", "x.mkv", "--codec", "h265", "--audio", "none", "--fps", "30",
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
  CHECK(line.good({"--vendor-recipe", "a"}).task() == Task::vendor_recipe);
  CHECK(line.good({"--extract", "audio", "a"}).task() == Task::extract);
  CHECK(line.good({"--thumbnail", "t.jpg", "a"}).task() == Task::thumbnail);
  CHECK(line.good({"--contact-sheet", "t.jpg", "a"}).task() == Task::contact_sheet);
  CHECK(line.good({"--page", "p.html", "a"}).task() == Task::page);
  CHECK(line.good({"--stack", "a", "b"}).task() == Task::stack);
  const std::vector<std::vector<const char*>> tasks{
      {"--vendor-recipe"},          {"--extract", "video"}, {"--thumbnail", "t.jpg"},
      {"--contact-sheet", "s.jpg"}, {"--page", "p.html"},   {"--stack", "b"}};
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    for (std::size_t j = i + 1; j < tasks.size(); ++j) {
      auto words = tasks[i];
      words.insert(words.end(), tasks[j].begin(), tasks[j].end());
      words.push_back("a");
      CHECK_THAT(line.bad(words), ContainsSubstring("only one of"));
    }
  }
}

TEST_CASE("convert options: a rate is a number from 1 to 240") {
  for (const auto* value : {"1", "12.5", "240"}) {
    CHECK(line.good({"--fps", value, "a"}).fps == std::stod(value));
  }
  for (const auto* value : {"0", "241", "999", "1000", "-1", "+5", "1e1", "", "x", " 5"}) {
    CHECK_THAT(line.bad({"--fps", value, "a"}), ContainsSubstring("a number from 1 to 240"));
  }
}

TEST_CASE("convert options: --at is for thumbnails") {
  CHECK(line.good({"--thumbnail", "t.jpg", "--at", "1.5", "a"}).at ==
        Moment(std::chrono::microseconds(1'500'000)));
  CHECK_THAT(line.bad({"--at", "1.5", "a"}), ContainsSubstring("--thumbnail"));
  CHECK_THAT(line.bad({"--thumbnail", "t.jpg", "--at", "noon", "a"}), ContainsSubstring("0:01.5"));
}

TEST_CASE("convert options: what contradicts itself is refused before anything is touched") {
  CHECK_THAT(line.bad({}), ContainsSubstring("no INPUT given"));
  CHECK_THAT(line.bad({"-o", "d/", "-", "-"}), ContainsSubstring("read only once"));
  CHECK(line.good({"-o", "d/", "-", "a"}).inputs.size() == 2);
  CHECK_THAT(line.bad({"--thumbnail", "t.jpg", "-o", "x.mp4", "a"}),
             ContainsSubstring("--output has no use"));
  CHECK_THAT(line.bad({"--contact-sheet", "t.jpg", "-o", "x.mp4", "a"}),
             ContainsSubstring("--output has no use"));
  CHECK_THAT(line.bad({"-o", "-", "a", "b"}), ContainsSubstring("standard output takes one file"));
  CHECK(line.good({"-o", "-", "a"}).output == "-");
  CHECK_THAT(line.bad({"--meta", "m.json", "a", "b"}),
             ContainsSubstring("--meta describes one file"));
  CHECK_THAT(line.bad({"-"}), ContainsSubstring("--output is needed"));
  CHECK(line.good({"--thumbnail", "t.jpg", "-"}).inputs.size() == 1);
  CHECK(line.good({"--contact-sheet", "t.jpg", "-"}).inputs.size() == 1);
  CHECK_THAT(line.bad({"--vendor-recipe", "-o", "x.mp4", "-"}),
             ContainsSubstring("reads files only"));
  CHECK_THAT(line.bad({"--json", "-o", "-", "a"}), ContainsSubstring("--json"));
  CHECK_THAT(line.bad({"--json", "--thumbnail", "-", "a"}), ContainsSubstring("--json"));
  CHECK_THAT(line.bad({"--json", "--contact-sheet", "-", "a"}), ContainsSubstring("--json"));
  CHECK(line.good({"--json", "-o", "x.mp4", "a"}).common.json);
}

TEST_CASE("convert options: --version tells the ffmpeg that would be run") {
  CHECK_THAT(line.printed({"--version"}), ContainsSubstring("ffmpeg"));
  const auto none = line.printed({"--ffmpeg", "/no/such/ffmpeg", "--version"});
  CHECK(none != line.printed({"--version"}));
  CHECK(line.printed({"--ffmpeg=/no/such/ffmpeg", "--version"}) == none);
  CHECK_THAT(line.bad({"--version", "--ffmpeg"}), ContainsSubstring("needs a value"));
}

} // namespace dualcam::convert
