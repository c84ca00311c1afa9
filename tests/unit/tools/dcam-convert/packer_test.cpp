// A clip that is packed without ffmpeg: what a writer gets, in which order.
#include "dcam-convert/packer.hpp"

#include <fmt/format.h>

#include "dcam-convert/stream_writer.hpp"
#include "temporary_folder.hpp"

namespace dualcam::convert::packer_test {
namespace {

using Lines = std::vector<std::string>;

/// Writes down what it gets; each call gives one byte to go out.
class Recorder : public StreamWriter {
public:
  void begin(const StreamHead& head) override {
    note(fmt::format("begin {} {}x{} {}{} {}", head.codec == VideoCodec::h265 ? "h265" : "h264",
                     head.size.width, head.size.height, head.period,
                     head.with_sound ? " with sound" : "", to_hex(head.parameter_sets)));
  }
  void picture(bool key, std::uint64_t time, Bytes unit) override {
    note(fmt::format("{} {} {}", key ? "key" : "picture", time, to_hex(unit)));
  }
  void sound(std::uint64_t time, Bytes a_law) override {
    note(fmt::format("sound {} {}", time, to_hex(a_law)));
  }
  void finish() override { note("finish"); }

  Lines lines;

private:
  void note(std::string line) {
    lines.push_back(std::move(line));
    out_.push_back(std::byte{'.'});
  }
};

/// A file of three pictures of 8 bytes each, then sound, and the clip of it.
struct Packed {
  Packed() {
    write_file(folder / "a", as_text(from_hex("00000001 2601aabb 00000001 0201ccdd "
                                              "00000001 0201eeff 3132 33 34 3536")));
    clip.period = 40'000;
    clip.pictures = {picture(0, 8, true, 0), picture(8, 8, false, 40'000),
                     picture(16, 8, false, 80'000)};
    clip.sounds = {sound(24, 2, 0), sound(26, 1, 40'000), sound(27, 1, 79'999),
                   sound(28, 2, 80'000)};
  }
  static ClipPicture picture(std::uint64_t offset, std::uint32_t size, bool key,
                             std::uint64_t time) {
    return {.key = key, .number = 0, .time = time, .offset = offset, .size = size};
  }
  static ClipSound sound(std::uint64_t offset, std::uint32_t size, std::uint64_t time) {
    return {.number = 0, .time = time, .offset = offset, .size = size};
  }
  /// What the writer gets, and behind "|" how much goes out at once.
  Lines run(bool with_sound) {
    const StopSignal stop;
    const auto input = Input::open((folder / "a").string(), stop);
    REQUIRE(input);
    Recorder recorder;
    std::string pieces;
    const auto done = pack(*input, clip, with_sound, recorder, [&](Bytes bytes) -> Result<void> {
      pieces += "|" + std::string(as_text(bytes));
      return pieces.size() > most_out ? errno_error(ENOSPC, "cannot write") : Result<void>();
    });
    recorder.lines.push_back(done ? pieces : "error: " + done.error().message);
    return recorder.lines;
  }

  TemporaryFolder folder;
  Clip clip;
  std::size_t most_out = 100;
};

} // namespace

TEST_CASE("packer: pictures come in their order, sound in front of what is shown later") {
  CHECK(Packed().run(true) ==
        Lines{"begin h265 1280x720 40000 with sound ", "key 0 000000042601aabb", "sound 0 3132",
              "picture 40000 000000040201ccdd", "sound 40000 33", "sound 79999 34",
              "picture 80000 000000040201eeff", "sound 80000 3536", "finish", "|..|..|...|.."});
  CHECK(Packed().run(false) == Lines{"begin h265 1280x720 40000 ", "key 0 000000042601aabb",
                                     "picture 40000 000000040201ccdd",
                                     "picture 80000 000000040201eeff", "finish", "|..|.|.|."});
}

TEST_CASE("packer: a picture may have its parameter sets elsewhere in the file") {
  Packed packed;
  packed.clip.pictures[2].sets_offset = 0;
  packed.clip.pictures[2].sets_size = 8;
  CHECK(packed.run(false)[3] == "picture 80000 000000042601aabb000000040201eeff");
}

TEST_CASE("packer: it begins anew where pictures of another size follow") {
  Packed packed;
  packed.clip.size_changes = {{.picture = 1, .time = 40'000, .from = {1280, 720}, .to = {640, 360}},
                              {.picture = 2, .time = 80'000, .from = {640, 360}, .to = {320, 180}}};
  CHECK(packed.run(false) == Lines{"begin h265 1280x720 40000 ", "key 0 000000042601aabb",
                                   "begin h265 640x360 40000 ", "picture 40000 000000040201ccdd",
                                   "begin h265 320x180 40000 ", "picture 80000 000000040201eeff",
                                   "finish", "|..|..|..|."});
  packed.clip.size_changes.erase(packed.clip.size_changes.begin());
  CHECK(packed.run(false)[2] == "picture 40000 000000040201ccdd");
}

TEST_CASE("packer: what the file no longer has, or cannot be written, ends it") {
  const std::string shorter = "error: has become shorter while it was read";
  Packed packed;
  packed.clip.pictures[1].size = 100;
  CHECK(packed.run(true).back() == shorter);
  Packed sets;
  sets.clip.pictures[1].sets_offset = 100;
  sets.clip.pictures[1].sets_size = 1;
  CHECK(sets.run(true).back() == shorter);
  for (const std::size_t number : {0U, 3U}) { // before and behind the last picture
    Packed sound;
    sound.clip.sounds[number].size = 100;
    CHECK(sound.run(true).back() == shorter);
    CHECK(sound.run(false).back() == "|..|.|.|.");
  }
  for (const std::size_t most : {2U, 5U, 12U}) {
    Packed full;
    full.most_out = most;
    CHECK(full.run(true).back() == "error: cannot write: No space left on device");
  }
}

} // namespace dualcam::convert::packer_test
