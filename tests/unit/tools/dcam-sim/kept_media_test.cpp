#include "dcam-sim/kept_media.hpp"

#include "environment.hpp"
#include "temporary_folder.hpp"

namespace dualcam::sim::kept_media_test {
namespace {

using namespace std::chrono_literals;

Generated generated() {
  return {
      5,
      20,
      {{FileKind::front_photo, "a photo", random_bytes(100, 1), SystemTime(1'730'205'822'123ms)},
       {FileKind::rear_video, "a video", random_bytes(300, 2), SystemTime(1'730'205'823'000ms)}}};
}

std::string error_of(const fs::path& folder) {
  const auto media = kept(folder);
  REQUIRE_FALSE(media);
  CHECK(media.error().category == ErrorCategory::io);
  return media.error().message;
}

} // namespace

TEST_CASE("kept media: where it is kept, by what the environment says of a user's caches") {
  const auto folder = [](std::optional<std::string> cache, std::optional<std::string> home) {
    const Variable cache_is("XDG_CACHE_HOME", cache);
    const Variable home_is("HOME", home);
    return kept_media_folder();
  };
  CHECK(folder("/cache", "/home/a") == "/cache/dcam-sim");
  CHECK(folder("/cache", std::nullopt) == "/cache/dcam-sim");
  CHECK(folder(std::nullopt, "/home/a") == "/home/a/.cache/dcam-sim");
  CHECK(folder("", "/home/a") == "/home/a/.cache/dcam-sim");
  CHECK(folder("cache", "/home/a") == "/home/a/.cache/dcam-sim"); // relative: not to be heeded
  CHECK(folder("cache", "home").empty());
  CHECK(folder(std::nullopt, "").empty());
  CHECK(folder(std::nullopt, std::nullopt).empty());
}

TEST_CASE("kept media: what was kept is there again, in place of what was before") {
  const TemporaryFolder parent;
  const auto folder = parent / "a/b";
  auto first = generated();
  first.seconds = 9;
  first.recordings.pop_back();
  REQUIRE(keep(first, folder));
  REQUIRE(keep(generated(), folder));
  const auto again = kept(folder);
  REQUIRE(again);
  CHECK(again->seconds == 5);
  CHECK(again->frame_rate == 20);
  const auto expected = generated().recordings;
  REQUIRE(again->recordings.size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CHECK(again->recordings[i].kind == expected[i].kind);
    CHECK(again->recordings[i].name == expected[i].name);
    CHECK(again->recordings[i].finalised == expected[i].finalised);
    CHECK((again->recordings[i].content == expected[i].content));
  }
  std::size_t files = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    files += entry.is_regular_file() ? 1 : 0;
  }
  CHECK(files == 3); // nothing unfinished
}

TEST_CASE("kept media: what is not there, or not of dcam-sim, is told with what can be done") {
  const TemporaryFolder folder;
  const auto nothing = "nothing to offer again in " + folder.path().string() + ": ";
  CHECK_THAT(error_of(folder.path()),
             ContainsSubstring(nothing + "no run has left it there; a run without --again"));
  CHECK_THAT(error_of(""), ContainsSubstring("neither XDG_CACHE_HOME nor HOME names a folder"));
  REQUIRE(keep(generated(), folder.path()));
  std::string about;
  for (const auto& name : folder.names()) {
    about = name.ends_with(".json") ? name : about;
  }
  REQUIRE_FALSE(about.empty());
  const auto whole = content_of(folder.path() / about);
  for (const auto* text : {"", "[]", "{}", "{\"seconds\": 5}", "5"}) {
    write_file(folder.path() / about, text);
    CHECK_THAT(error_of(folder.path()), ContainsSubstring(nothing + "no run has left it there"));
  }
  for (const auto* text :
       {R"({"files": []})", R"({"seconds": 5, "frame_rate": 20, "files": [{"file": "photof"}]})",
        R"({"seconds": "five", "frame_rate": 20, "files": []})"}) {
    write_file(folder.path() / about, text);
    if (std::string_view(text).contains("photof")) {
      CHECK_FALSE(error_of(folder.path()).empty());
    } else {
      CHECK_THAT(error_of(folder.path()),
                 ContainsSubstring(nothing + "what is there is not of dcam-sim"));
    }
  }
  write_file(folder.path() / about, whole);
  CHECK(kept(folder.path()));
  for (const auto& name : folder.names()) {
    if (name != about) {
      fs::remove(folder.path() / name);
      break;
    }
  }
  CHECK_FALSE(kept(folder.path()));
  CHECK_FALSE(keep(generated(), folder.path() / about)); // no folder
}

TEST_CASE("kept media: a kind that is mistaken is told, a name with a sign in it is not") {
  const TemporaryFolder folder;
  CHECK(
      mistaken_file("videoq=a.h265") ==
      "videoq=a.h265: 'videoq' is no kind of file; give photof, photor, videof or videor; did you "
      "mean 'videof'?");
  for (const auto* empty : {"", "photof=", "videor="}) {
    CHECK(mistaken_file(empty) == "'" + std::string(empty) + "' names no file");
  }
  CHECK(mistaken_file("x=a") ==
        "x=a: 'x' is no kind of file; give photof, photor, videof or videor");
  for (const auto* fine : {"photof=a", "photor=a", "videof=a", "videor=a", "a.jpg", "=a", "a/b=c",
                           "A=b", "a1=b", "a{=b", "a`=b", "photof"}) {
    CAPTURE(fine);
    CHECK(mistaken_file(fine).empty());
  }
  const auto there = folder / "a=b"; // with a folder before it no word
  write_file(there, "");
  CHECK(mistaken_file(there.string()).empty());
  const auto before = fs::current_path();
  fs::current_path(folder.path());
  CHECK(mistaken_file("a=b").empty());
  CHECK_FALSE(mistaken_file("a=c").empty());
  fs::current_path(before);
}

} // namespace dualcam::sim::kept_media_test
