// dcam-convert --live through an encoder, with a shell script for ffmpeg.
#include "dcam-convert/encoder.hpp"

#include "tools/dcam-convert/live_studio.hpp"

namespace dualcam::convert::encoder_test {
namespace {

/// Has its pictures encoded; what comes of it is fragments of eight pictures.
struct EncoderStudio : LiveStudio {
  explicit EncoderStudio(bool with_sound = true) : LiveStudio(with_sound) {
    options.codec = Codec::h264;
    ffmpeg_makes(fragments());
  }

  /// What goes out unencoded and without sound.
  static ByteBuffer fragments() {
    LiveStudio copied(false);
    (void)copied.run();
    const auto made = copied.made("a.mp4");
    const auto bytes = as_bytes(made);
    return {bytes.begin(), bytes.end()};
  }
};

} // namespace

TEST_CASE("encoder: pictures come out of ffmpeg as fragments, sound goes past it") {
  for (const bool with_sound : {true, false}) {
    CAPTURE(with_sound);
    EncoderStudio studio(with_sound);
    const auto ran = studio.run();
    CHECK(ran.errors == "");
    CHECK(ran.code == ExitCode::done);
    CHECK(ran.output == "a.mp4\n");
    const auto found = pictures_in(studio.made("a.mp4"));
    CHECK(found.pictures == 8);
    CHECK(found.fragments == 8);
    CHECK(found.has_sound == with_sound);
    CHECK_THAT(
        studio.calls(),
        ContainsSubstring("-flags low_delay -fpsprobesize 0 -f matroska -i pipe:0 -map 0:v:0 "
                          "-c:v libx264 "));
    CHECK_THAT(studio.calls(), ContainsSubstring("-an "));
    CHECK_THAT(studio.calls(), ContainsSubstring("+frag_every_frame"));
    const auto fed = content_of(studio.tools / "read");
    CHECK(count(fed, "\x1F\x43\xB6\x75") == 8); // pictures, and no sound
    CHECK(count(fed, "A_MS/ACM") == 0);
  }
}

TEST_CASE("encoder: times and sound are those of the copy") {
  LiveStudio copied;
  EncoderStudio studio;
  for (const LiveStudio* each : {&copied, static_cast<LiveStudio*>(&studio)}) {
    write_file(each->path("in"), as_text(recording(true, 12))); // sound behind the last picture
    (void)each->run();
  }
  struct Made { // no tuple: Catch2 and C++23's comparison of these do not compile with Clang 19
    std::vector<std::pair<double, bool>> pictures; // when, and whether a key
    std::size_t sounds = 0;
    std::size_t data = 0;

    bool operator==(const Made&) const = default;
  };
  const auto all = [](const std::string& file) {
    FragmentSplitter splitter;
    splitter.feed(as_bytes(file));
    Made made;
    while (const auto piece = splitter.next()) {
      if (piece->facts) {
        made.pictures.emplace_back(piece->facts->begin, piece->facts->key);
      }
      made.sounds += piece->type == "moof" && !piece->facts;
      made.data += piece->type == "mdat" ? piece->bytes.size() : 0;
    }
    return made;
  };
  CHECK(all(studio.made("a.mp4")) == all(copied.made("a.mp4")));
}

TEST_CASE("encoder: Matroska comes out with its sound, as ffmpeg makes it") {
  EncoderStudio studio;
  studio.options.container.reset();
  studio.options.output = "-";
  studio.ffmpeg_makes(matroska(8));
  auto ran = studio.run();
  CHECK(ran.errors == "");
  CHECK(ran.code == ExitCode::done);
  CHECK(ran.output == as_text(matroska(8)));
  CHECK_THAT(studio.calls(), ContainsSubstring("-map 0:v:0 -map 0:a:0 -c:v libx264 "));
  CHECK_THAT(studio.calls(), ContainsSubstring("-cluster_time_limit 0 -f matroska pipe:1"));
  const auto fed = content_of(studio.tools / "read");
  CHECK(count(fed, "\x1F\x43\xB6\x75") == 16);
  CHECK(count(fed, "A_MS/ACM") == 1);
  studio.ffmpeg_makes(matroska(7));
  ran = studio.run();
  CHECK(ran.code == ExitCode::child_failed);
  CHECK(ran.errors == "dcam-convert: in: ffmpeg wrote 7 of 8 frames\n");
}

TEST_CASE("encoder: pictures for a playlist are put together up to the next key picture") {
  EncoderStudio studio;
  studio.options.output = studio.path("hls/a.m3u8");
  const auto ran = studio.run();
  CHECK(ran.errors == "");
  CHECK(count(studio.made("hls/a.m3u8"), "#EXTINF:0.200000,") == 2);
  CHECK_THAT(studio.calls(), ContainsSubstring("-force_key_frames source -forced-idr 1"));
  const auto both = pictures_in(studio.made("hls/a-init.mp4") + studio.made("hls/a-00000.m4s") +
                                studio.made("hls/a-00001.m4s"));
  CHECK(both.pictures == 8);
  CHECK(both.fragments == 2);
  CHECK(both.has_sound);
}

TEST_CASE("encoder: how ffmpeg ends is told, whatever it has made") {
  EncoderStudio studio;
  studio.ffmpeg_has("status", "9");
  studio.ffmpeg_has("complaints", "no such codec\n");
  auto ran = studio.run();
  CHECK(ran.code == ExitCode::child_failed);
  CHECK(ran.errors == "dcam-convert: in: ffmpeg failed with status 9; no such codec\n");
  studio.ffmpeg_has("status", "0");
  const auto whole = EncoderStudio::fragments();
  studio.ffmpeg_makes(Bytes(whole).first(whole.size() - 1));
  ran = studio.run();
  CHECK(ran.code == ExitCode::child_failed);
  CHECK_THAT(ran.errors, ContainsSubstring("ffmpeg left a broken file: it is cut short"));
  studio.options.ffmpeg = "/no/such/ffmpeg";
  ran = studio.run();
  CHECK(ran.code == ExitCode::child_failed);
  CHECK_THAT(ran.errors, ContainsSubstring("or say where it is with --ffmpeg\n"));
}

TEST_CASE("encoder: an output that cannot be written is an error of the disk, not of ffmpeg") {
  EncoderStudio studio;
  studio.options.output = studio.path("none/a.mp4");
  const auto ran = studio.run();
  CHECK(ran.code == ExitCode::io);
  CHECK_THAT(ran.errors, ContainsSubstring("in: cannot create none/a.mp4: No such file or "
                                           "directory\n"));
}

TEST_CASE("encoder: without a picture ffmpeg is not run") {
  EncoderStudio studio;
  write_file(studio.path("in"), as_text(recording_without_key()));
  const auto ran = studio.run();
  CHECK(ran.code == ExitCode::bad_data);
  CHECK_THAT(ran.errors, ContainsSubstring("in: holds no picture that can be decoded"));
  CHECK(studio.calls().empty());
  CHECK(studio.folder.names() == std::set<std::string>{"in"});
}

} // namespace dualcam::convert::encoder_test
