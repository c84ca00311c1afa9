#include "dcam-convert/hls_folder.hpp"

#include "dcam-convert/fragment_writer.hpp"
#include "temporary_folder.hpp"

namespace dualcam::convert::hls_folder_test {
namespace {

/// The beginning of a stream: its head, of a size of its own.
ByteBuffer head(std::uint32_t width = 320) {
  FragmentWriter writer(FragmentWriter::Pace::each_frame);
  writer.begin(
      {.size = {width, 192}, .period = 500'000, .with_sound = false, .parameter_sets = {}});
  return writer.take();
}

/// Fragments of one picture each: of this number, half a second each.
class Fragments {
public:
  Fragments() : writer_(FragmentWriter::Pace::each_frame) {
    writer_.begin(
        {.size = {320, 192}, .period = 500'000, .with_sound = false, .parameter_sets = {}});
    writer_.take();
  }
  ByteBuffer picture(bool key) { return pictures({key}); }
  ByteBuffer pictures(std::initializer_list<bool> keys) {
    ByteBuffer all;
    for (const bool key : keys) {
      writer_.picture(key, number_++ * 500'000, from_hex("00000001 26"));
      append(all, writer_.take());
    }
    return all;
  }

private:
  FragmentWriter writer_;
  std::uint64_t number_ = 0;
};

/// A folder "made" with a playlist "cam 1.m3u8" that is to come.
struct Hls {
  TemporaryFolder folder;
  std::vector<std::string> refused;

  HlsFolder sink(bool whole_segments = false, IfExists if_exists = IfExists::number) {
    return HlsFolder(made() / "cam 1.m3u8", whole_segments, if_exists,
                     [this](const fs::path& path) {
                       return std::ranges::find(refused, path.filename().string()) == refused.end();
                     });
  }
  fs::path made() const { return folder / "made"; }
  std::string file(const char* name) const { return content_of(made() / name); }
  std::set<std::string> names() const {
    std::set<std::string> result;
    for (const auto& entry : fs::directory_iterator(made())) {
      result.insert(entry.path().filename());
    }
    return result;
  }
};

const std::string beginning = "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:2\n"
                              "#EXT-X-PLAYLIST-TYPE:EVENT\n#EXT-X-INDEPENDENT-SEGMENTS\n"
                              "#EXT-X-START:TIME-OFFSET=0\n";
const std::string map = "#EXT-X-MAP:URI=\"cam%201-init.mp4\"\n";

ByteBuffer operator+(ByteBuffer one, const ByteBuffer& other) {
  append(one, other);
  return one;
}

} // namespace

TEST_CASE("HLS: a segment begins with each key picture, and is told of when it is whole") {
  Hls hls;
  auto sink = hls.sink();
  Fragments fragments;
  CHECK_FALSE(fs::exists(hls.made())); // nothing has come
  CHECK(sink.name().empty());
  REQUIRE(sink.write(head()));
  CHECK(hls.names() == std::set<std::string>{"cam 1-init.mp4"});
  CHECK(hls.file("cam 1-init.mp4") == as_text(head()));
  const auto first = fragments.pictures({true, false, false});
  for (const auto& byte : first) { // in any pieces
    REQUIRE(sink.write(std::span(&byte, 1)));
  }
  CHECK_FALSE(fs::exists(hls.made() / "cam 1-00000.m4s"));
  CHECK(sink.name().empty());
  const auto second = fragments.picture(true);
  REQUIRE(sink.write(second));
  CHECK(hls.file("cam 1-00000.m4s") == as_text(first));
  const auto playlist = beginning + map + "#EXTINF:1.500000,\ncam%201-00000.m4s\n";
  CHECK(hls.file("cam 1.m3u8") == playlist);
  CHECK(sink.name() == (hls.made() / "cam 1.m3u8").string());
  REQUIRE(sink.finish());
  CHECK(hls.file("cam 1-00001.m4s") == as_text(second));
  CHECK(hls.file("cam 1.m3u8") ==
        playlist + "#EXTINF:0.500000,\ncam%201-00001.m4s\n#EXT-X-ENDLIST\n");
  CHECK(hls.names() == std::set<std::string>{"cam 1-init.mp4", "cam 1-00000.m4s", "cam 1-00001.m4s",
                                             "cam 1.m3u8"});
}

TEST_CASE("HLS: every fragment is a segment of its own if that is wanted") {
  Hls hls;
  auto sink = hls.sink(true);
  Fragments fragments;
  REQUIRE(sink.write(head()));
  const auto first = fragments.picture(true);
  REQUIRE(sink.write(Bytes(first).first(first.size() - 1)));
  CHECK_FALSE(fs::exists(hls.made() / "cam 1-00000.m4s"));
  REQUIRE(sink.write(Bytes(first).last(1)));
  CHECK(hls.file("cam 1-00000.m4s") == as_text(first));
  const auto second = fragments.picture(false);
  REQUIRE(sink.write(second));
  CHECK(hls.file("cam 1-00001.m4s") == as_text(second));
  CHECK(hls.file("cam 1.m3u8") == beginning + map +
                                      "#EXTINF:0.500000,\ncam%201-00000.m4s\n"
                                      "#EXTINF:0.500000,\ncam%201-00001.m4s\n");
}

TEST_CASE("HLS: what lasts longer than two seconds is the target duration, rounded up") {
  Hls hls;
  auto sink = hls.sink();
  Fragments fragments;
  REQUIRE(sink.write(head()));
  for (int i = 0; i < 7; ++i) {
    REQUIRE(sink.write(fragments.picture(i == 0)));
  }
  REQUIRE(sink.write(fragments.picture(true)));
  REQUIRE(sink.finish());
  CHECK_THAT(hls.file("cam 1.m3u8"), ContainsSubstring("#EXT-X-TARGETDURATION:4\n"));
  CHECK_THAT(hls.file("cam 1.m3u8"), ContainsSubstring("#EXTINF:3.500000,\n"));
}

TEST_CASE("HLS: a head that changes is another file, and a discontinuity") {
  Hls hls;
  auto sink = hls.sink(true);
  Fragments fragments;
  REQUIRE(sink.write(head() + fragments.picture(true)));
  REQUIRE(sink.write(head(640) + fragments.pictures({true, true})));
  REQUIRE(sink.finish());
  CHECK(hls.file("cam 1-init.mp4") == as_text(head()));
  CHECK(hls.file("cam 1-init2.mp4") == as_text(head(640)));
  const std::string half = "#EXTINF:0.500000,\n";
  CHECK(hls.file("cam 1.m3u8") ==
        beginning + map + half + "cam%201-00000.m4s\n#EXT-X-DISCONTINUITY\n" +
            "#EXT-X-MAP:URI=\"cam%201-init2.mp4\"\n" + half + "cam%201-00001.m4s\n" + half +
            "cam%201-00002.m4s\n#EXT-X-ENDLIST\n");
}

TEST_CASE("HLS: a torn fragment goes, and what is whole before it stays") {
  for (const bool first_is_whole : {false, true}) {
    Hls hls;
    auto sink = hls.sink();
    Fragments fragments;
    REQUIRE(sink.write(head()));
    const auto first = fragments.picture(true);
    const auto torn = first_is_whole ? fragments.picture(false) : first;
    if (first_is_whole) {
      REQUIRE(sink.write(first));
    }
    REQUIRE(sink.write(Bytes(torn).first(torn.size() - 3)));
    REQUIRE(sink.finish());
    CHECK(hls.names() ==
          (first_is_whole ? std::set<std::string>{"cam 1-init.mp4", "cam 1.m3u8", "cam 1-00000.m4s"}
                          : std::set<std::string>{}));
    CHECK(sink.name().empty() != first_is_whole);
    if (first_is_whole) {
      CHECK(hls.file("cam 1-00000.m4s") == as_text(first));
    }
  }
}

TEST_CASE("HLS: without a picture, and without an end, there is no segment") {
  Hls hls;
  {
    auto sink = hls.sink();
    REQUIRE(sink.write(head()));
    REQUIRE(sink.finish());
    CHECK(hls.names().empty()); // nor a head of it
  }
  {
    auto sink = hls.sink();
    Fragments fragments;
    REQUIRE(sink.write(head() + fragments.picture(true)));
  } // not finished
  CHECK(hls.names() == std::set<std::string>{"cam 1-init.mp4"});
}

TEST_CASE("HLS: an older playlist goes before its segments are written over, and so do others") {
  Hls hls;
  fs::create_directory(hls.made());
  for (const auto* name : {"cam 1.m3u8", "cam 1-00000.m4s", "cam 1-00001.m4s", "cam 1-00002.m4s",
                           "cam 1-00004.m4s", "other-00001.m4s"}) {
    write_file(hls.made() / name, "old");
  }
  auto sink = hls.sink(false, IfExists::replace);
  Fragments fragments;
  REQUIRE(sink.write(head()));
  CHECK_FALSE(fs::exists(hls.made() / "cam 1.m3u8"));
  const auto picture = fragments.picture(true);
  REQUIRE(sink.write(picture));
  REQUIRE(sink.finish());
  CHECK(hls.file("cam 1-00000.m4s") == as_text(picture));
  CHECK(hls.names() == std::set<std::string>{"cam 1-init.mp4", "cam 1-00000.m4s", "cam 1.m3u8",
                                             "cam 1-00004.m4s", "other-00001.m4s"});
}

TEST_CASE("HLS: no file that is read is written over") {
  for (const auto* name : {"cam 1-init.mp4", "cam 1-00000.m4s", "cam 1-00001.m4s", "cam 1.m3u8"}) {
    Hls hls;
    fs::create_directory(hls.made());
    write_file(hls.made() / name, "mine");
    hls.refused = {name};
    auto sink = hls.sink(true, IfExists::replace);
    Fragments fragments;
    const auto done = sink.write(head() + fragments.pictures({true, true}));
    REQUIRE_FALSE(done);
    CHECK(done.error().category == ErrorCategory::io);
    CHECK_THAT(done.error().message,
               ContainsSubstring(std::string(name) + " is a file that is read"));
    CHECK(hls.file(name) == "mine");
  }
}

TEST_CASE("HLS: a playlist whose folder was removed is not named") {
  Hls hls;
  auto sink = hls.sink(true);
  Fragments fragments;
  REQUIRE(sink.write(head() + fragments.picture(true)));
  CHECK(sink.name() == (hls.made() / "cam 1.m3u8").string());
  fs::remove_all(hls.made());
  CHECK_FALSE(sink.write(fragments.picture(true)));
  CHECK_FALSE(sink.finish());
  CHECK(sink.name().empty());
}

TEST_CASE("HLS: a folder that cannot be made is told by its name") {
  HlsFolder sink("/dev/null/folder/a.m3u8", false, IfExists::fail,
                 [](const fs::path&) { return true; });
  const auto done = sink.write(head());
  REQUIRE_FALSE(done);
  CHECK_THAT(done.error().message, ContainsSubstring("cannot create /dev/null/folder"));
}

TEST_CASE("HLS: a segment that gets no name leaves nothing of itself") {
  Hls hls;
  Fragments fragments;
  auto sink = hls.sink(true);
  CHECK(sink.write(head()));
  fs::create_directory(hls.made() / "cam 1-00000.m4s"); // in the way
  const auto done = sink.write(fragments.picture(true));
  REQUIRE_FALSE(done);
  CHECK(done.error().category == ErrorCategory::io);
  CHECK(hls.names() == std::set<std::string>{"cam 1-init.mp4", "cam 1-00000.m4s"});
  CHECK(sink.finish());
  CHECK(sink.name().empty());
}

TEST_CASE("HLS: segments that no playlist could be written for go again") {
  Hls hls;
  Fragments fragments;
  auto sink = hls.sink(true);
  CHECK(sink.write(head()));
  fs::create_directory(hls.made() / "cam 1.m3u8"); // in the way
  CHECK_FALSE(sink.write(fragments.picture(true)));
  CHECK(hls.names().contains("cam 1-00000.m4s"));
  CHECK_FALSE(sink.finish());
  CHECK(hls.names() == std::set<std::string>{"cam 1.m3u8"});
}

TEST_CASE("HLS: segments that a playlist has told of stay, those behind it go") {
  Hls hls;
  Fragments fragments;
  auto sink = hls.sink(true);
  CHECK(sink.write(head()));
  CHECK(sink.write(fragments.picture(true)));
  const auto told = hls.file("cam 1.m3u8");
  fs::rename(hls.made() / "cam 1.m3u8", hls.made() / "kept");
  fs::create_directory(hls.made() / "cam 1.m3u8");
  CHECK_FALSE(sink.write(fragments.picture(true)));
  CHECK_FALSE(sink.finish());
  CHECK(hls.file("kept") == told);
  CHECK(hls.names() ==
        std::set<std::string>{"cam 1.m3u8", "kept", "cam 1-init.mp4", "cam 1-00000.m4s"});
}

} // namespace dualcam::convert::hls_folder_test
