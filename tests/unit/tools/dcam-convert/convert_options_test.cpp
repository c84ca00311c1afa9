#include "dcam-convert/options.hpp"

#include "tools/parsed.hpp"

namespace dualcam::convert::convert_options_test {
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
  CHECK_FALSE(plain.common.print0);
  CHECK(line.good({"--print0", "a.h265"}).common.print0);
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

TEST_CASE("convert options: a container is named, and fits what the output is called") {
  for (const auto& [name, container] : {std::pair{"mp4", Container::mp4},
                                        {"mov", Container::mov},
                                        {"mkv", Container::matroska},
                                        {"fmp4", Container::fragments}}) {
    CHECK(line.good({"--container", name, "a"}).container == container);
    CHECK(line.good({"--container", name, "-o", "dir/", "a"}).container == container);
  }
  CHECK_THAT(line.bad({"--container", "avi", "a"}),
             ContainsSubstring("--container: 'avi' is not accepted; give mp4, mov, mkv or fmp4"));
  CHECK(line.good({"--container", "mkv", "-o", "-", "a"}).output == "-");
  CHECK(line.good({"--container", "fmp4", "-o", "-", "a"}).output == "-");
  for (const auto* name : {"mp4", "mov"}) {
    CHECK_THAT(line.bad({"--container", name, "-o", "-", "a"}),
               ContainsSubstring("--container: on standard output mkv or fmp4"));
  }
  CHECK(line.good({"--container", "fmp4", "-o", "x.mp4", "a"}).output == "x.mp4");
  CHECK(line.good({"--container", "mov", "-o", "x.mov", "a"}).output == "x.mov");
  for (const auto& [container, name] :
       {std::pair{"mp4", "x.mkv"}, {"fmp4", "x.mkv"}, {"mov", "x.mp4"}, {"mkv", "x.mp4"}}) {
    CHECK_THAT(line.bad({"--container", container, "-o", name, "a"}),
               ContainsSubstring("--container contradicts the name after --output"));
  }
  CHECK_THAT(line.bad({"--container", "mp4", "--extract", "video", "a"}),
             ContainsSubstring("--container has no use: what is made is no video for players"));
}

TEST_CASE("convert options: what still arrives goes to standard output, unless it is told where") {
  const auto followed = line.good({"--follow", "a.part"});
  CHECK(followed.inputs == std::vector<std::string>{"a.part"});
  CHECK(followed.follow == "a.part");
  CHECK(followed.output == "-");
  CHECK(line.good({"--live", "-"}).output == "-");
  CHECK(line.good({"--live", "-o", "x.mp4", "a"}).output == "x.mp4");
  CHECK(line.good({"--live", "--extract", "video", "a"}).output == "");
  CHECK(line.good({"a"}).output == "");
  CHECK_THAT(line.bad({"--follow", "a.part", "b"}),
             ContainsSubstring("--follow takes no other INPUT"));
  for (const auto* whole : {"a.h265", "-", "/dev/zero"}) {
    CHECK_THAT(line.bad({"--follow", whole}), ContainsSubstring("takes a FILE.part that grows"));
  }
}

TEST_CASE("convert options: a page and a stack take whole files, and their metadata") {
  CHECK_THAT(line.bad({"--page", "p.html", "-"}), ContainsSubstring("reads no standard input"));
  CHECK_THAT(line.bad({"--page", "p.html", "--codec", "h265", "a"}),
             ContainsSubstring("--codec h265 is not for it"));
  CHECK(line.good({"--page", "p.html", "--codec", "h264", "a"}).codec == Codec::h264);
  CHECK(line.good({"--stack", "--codec", "h265", "a", "b"}).codec == Codec::h265);
  CHECK(line.good({"--stack", "-o", "x.mp4", "-", "b"}).inputs.front() == "-");
  for (const auto& words : {std::vector{"--page", "p.html", "--live", "a", "b"},
                            {"--page", "p.html", "--follow", "a.part"}}) {
    CHECK_THAT(line.bad(words),
               ContainsSubstring("--page takes whole files, neither --live nor --follow"));
  }
  CHECK_THAT(line.bad({"--stack", "--live", "a", "b"}),
             ContainsSubstring("--stack takes whole files, neither --live nor --follow"));
  CHECK_THAT(line.bad({"--page", "p.html", "--meta", "m", "a"}),
             ContainsSubstring("--meta describes one file; --page takes INPUT.json of each"));
  CHECK_THAT(line.bad({"--stack", "--meta", "m", "a", "b"}),
             ContainsSubstring("--meta describes one file; --stack takes INPUT.json of each"));
  for (const auto& words : {std::vector{"--stack", "a"}, {"--stack", "a", "b", "c"}}) {
    CHECK_THAT(line.bad(words), ContainsSubstring("--stack takes two clips: FRONT REAR"));
  }
  CHECK_THAT(line.bad({"--page", "p.html", "-o", "x", "a"}),
             ContainsSubstring("--output has no use"));
  CHECK_THAT(line.bad({"--json", "--page", "-", "a"}),
             ContainsSubstring("--json and the file cannot both go to standard output"));
  CHECK_THAT(line.bad({"--vendor-recipe", "-o", "x.mp4", "-"}),
             ContainsSubstring("--vendor-recipe reads files only"));
}

TEST_CASE("convert options: jobs and rates have limits, a list of files may be empty") {
  CHECK(line.good({"-j", "256", "a"}).jobs == 256);
  CHECK_THAT(line.bad({"-j", "0", "a"}), ContainsSubstring("from 1 to 256"));
  CHECK_THAT(line.bad({"-j", "257", "a"}), ContainsSubstring("from 1 to 256"));
  CHECK_THAT(line.printed({"--help"}), ContainsSubstring("dcam-convert clip.h265"));
  const TemporaryFolder folder;
  write_file(folder / "list", "");
  const auto list = (folder / "list").string();
  CHECK(line.printed({"--files-from", list.c_str()}).empty());
  write_file(folder / "list", "a\nb\n");
  CHECK(line.good({"-o", "d/", "--files-from", list.c_str()}).inputs ==
        std::vector<std::string>{"a", "b"});
}

TEST_CASE("convert options: --version tells the ffmpeg that would be run") {
  CHECK_THAT(line.printed({"--version"}), ContainsSubstring("ffmpeg"));
  const auto none = line.printed({"--ffmpeg", "/no/such/ffmpeg", "--version"});
  CHECK(none != line.printed({"--version"}));
  CHECK(line.printed({"--ffmpeg=/no/such/ffmpeg", "--version"}) == none);
  CHECK_THAT(line.bad({"--version", "--ffmpeg"}), ContainsSubstring("needs a value"));
}

} // namespace dualcam::convert::convert_options_test
