#include "dcam-convert/frame_stream.hpp"

#include "dcam-convert/result_check.hpp"
#include "temporary_folder.hpp"
#include "testing.hpp"

namespace dualcam::convert::frame_stream_test {
namespace {

/// A file of letters, and a clip in it: three pictures, two pieces of sound with a hole between.
struct Streamed {
  TemporaryFolder folder;
  StopSignal stop;
  std::string letters;
  Clip clip;

  Streamed() {
    for (int i = 0; i < 1000; ++i) {
      letters += static_cast<char>('a' + i % 26);
    }
    letters.replace(0, 5, std::string("\0\0\1\x26\1", 5));
    write_file(folder.path() / "f", letters);
    clip.period = 50'000;
    clip.pictures = {{.key = true, .number = 0, .time = 0, .offset = 0, .size = 20},
                     {.key = false, .number = 1, .time = 50'000, .offset = 30, .size = 5},
                     {.key = true,
                      .number = 2,
                      .time = 100'000,
                      .offset = 50,
                      .size = 4,
                      .sets_offset = 5,
                      .sets_size = 3}};
    clip.sounds = {{.number = 0, .time = 10'000, .offset = 200, .size = 8},
                   {.number = 1, .time = 60'000, .offset = 300, .size = 8}};
  }

  std::string all(FrameStream::Choice choice) {
    const auto input = Input::open((folder.path() / "f").string(), stop);
    REQUIRE(input);
    FrameStream stream(*input, clip, choice);
    std::string text;
    for (auto piece = stream.next(); !piece.empty(); piece = stream.next()) {
      text += as_text(piece);
    }
    failed = stream.error().has_value();
    return text;
  }

  /// Its frames: P and S, and what stands in them.
  std::size_t frames(FrameStream::Choice choice) {
    const auto text = all(choice);
    MatroskaCheck check(true);
    check.feed(as_bytes(text));
    return check.finish().pictures;
  }

  bool failed = false;
};

using Form = FrameStream::Form;

} // namespace

TEST_CASE("frame stream: an elementary stream is the pictures, each behind the sets it was given") {
  Streamed streamed;
  const auto& letters = streamed.letters;
  CHECK(streamed.all({.form = Form::video}) == letters.substr(0, 20) + letters.substr(30, 5) +
                                                   letters.substr(5, 3) + letters.substr(50, 4));
  CHECK(streamed.all({.form = Form::video, .only = {{0, 1}}}) == letters.substr(0, 20));
  CHECK(streamed.all({.form = Form::audio}) == letters.substr(200, 8) + letters.substr(300, 8));
  CHECK_FALSE(streamed.failed);
}

TEST_CASE("frame stream: holes of the sound are filled where that is wanted") {
  Streamed streamed;
  const auto filled = streamed.all({.form = Form::audio, .fill_holes = true});
  const auto& letters = streamed.letters;
  REQUIRE(filled.starts_with(letters.substr(200, 8)));
  REQUIRE(filled.ends_with(letters.substr(300, 8)));
  const auto silence = filled.substr(8, filled.size() - 16);
  CHECK(silence.size() == (60'000 - 11'000) / 125);
  CHECK(silence.find_first_not_of('\xD5') == std::string::npos);
}

TEST_CASE("frame stream: Matroska has pictures and sound in the order of their times") {
  Streamed streamed;
  CHECK(streamed.frames({}) == 3);
  CHECK(streamed.frames({.only = {{0, 1}}}) == 1);
  const auto text = streamed.all({});
  const auto place = [&](std::size_t at, std::size_t size) {
    return text.find(streamed.letters.substr(at, size));
  };
  CHECK(place(5, 15) < place(200, 8));
  CHECK(place(200, 8) < place(30, 5));
  CHECK(place(30, 5) < place(300, 8));
  CHECK(place(300, 8) < place(50, 4));
  CHECK(streamed.all({.sound = false}).find(streamed.letters.substr(200, 8)) == std::string::npos);
}

TEST_CASE("frame stream: what the file no longer has is an error, not less of it") {
  for (const std::size_t size : {10U, 19U}) {
    Streamed streamed;
    streamed.clip.sounds.clear();
    fs::resize_file(streamed.folder.path() / "f", size);
    CHECK(streamed.all({}).empty());
    CHECK(streamed.failed);
    streamed.all({.form = Form::video});
    CHECK(streamed.failed);
  }
}

} // namespace dualcam::convert::frame_stream_test
