#include "dcam-convert/codec_configuration.hpp"
#include "dcam-convert/live_clip.hpp"
#include "figures.hpp"
#include "media/ptmf_clip.hpp"
#include "tools/dcam-convert/clip_of.hpp"

namespace dualcam::convert::live_clip_damage_test {
namespace {

const std::string whole_sets =
    "00000001 40010c01 00000001 42010101600000030090000003000003005da00280802d"
    "165959a4932bc05a0020 00000001 4401c0f2";
const std::string whole_sei = "00000001 4e010580";
const std::string key_slice = "00000001 2601 a0 11223344";
const std::string slice = "00000001 0201 d0 55";

constexpr std::uint64_t picture_period = 50'000;
constexpr std::size_t group_size = 3;

constexpr std::size_t slice_size = 8; ///< of a key picture

ByteBuffer end_of(const ByteBuffer& bytes, std::size_t size) {
  return size == 0 ? bytes
                   : ByteBuffer(bytes.end() - static_cast<std::ptrdiff_t>(size), bytes.end());
}

struct TimedBytes {
  std::uint64_t time;
  ByteBuffer bytes;
};

/// What comes out of a file.
struct LiveOutput : public StreamWriter {
  void begin(const StreamHead&) override {}
  void picture(bool, std::uint64_t time, Bytes unit) override {
    pictures.push_back({time, {unit.begin(), unit.end()}});
  }
  void sound(std::uint64_t time, Bytes a_law) override {
    sounds.push_back({time, {a_law.begin(), a_law.end()}});
  }

  std::vector<TimedBytes> pictures;
  std::vector<TimedBytes> sounds;
  bool damaged = false;
};

void make_live(Bytes file, LiveOutput& output) {
  LiveClip clip(LiveClip::Track::declared, output);
  PtmfReader reader;
  reader.hurry();
  for (; !file.empty(); file = file.subspan(std::min<std::size_t>(file.size(), 1000))) {
    reader.feed(file.first(std::min<std::size_t>(file.size(), 1000)));
    while (const auto event = reader.next()) {
      clip.add(*event);
    }
  }
  reader.finish();
  while (const auto event = reader.next()) {
    clip.add(*event);
  }
  clip.finish();
  output.damaged = !clip.losses().none();
}

void make_in_one_pass(Bytes file, LiveOutput& output) {
  const auto clip = clip_of(file);
  for (const auto& picture : clip.pictures) {
    const auto sets = file.subspan(picture.sets_offset, picture.sets_size);
    ByteBuffer unit(sets.begin(), sets.end());
    append(unit, file.subspan(picture.offset, picture.size));
    output.picture(picture.key, picture.time, with_lengths(unit));
  }
  for (const auto& sound : clip.sounds) {
    output.sound(sound.time, file.subspan(sound.offset, sound.size));
  }
  output.damaged = !clip.losses.none();
}

/// Sets that another picture's show to be damaged may be out by then.
enum class FirstSets { are_alike, may_differ };

/// The greatest difference of their times, microseconds.
std::uint64_t greatest_difference(const std::vector<TimedBytes>& live,
                                  const std::vector<TimedBytes>& whole,
                                  FirstSets first_sets = FirstSets::are_alike) {
  REQUIRE(live.size() == whole.size());
  std::uint64_t most = 0;
  for (std::size_t i = 0; i < live.size(); ++i) {
    CAPTURE(i);
    const auto compared = i == 0 && first_sets == FirstSets::may_differ ? slice_size : 0;
    CHECK(end_of(live[i].bytes, compared) == end_of(whole[i].bytes, compared));
    most = std::max(most,
                    std::max(live[i].time, whole[i].time) - std::min(live[i].time, whole[i].time));
  }
  return most;
}

struct Differences {
  std::uint64_t pictures;
  std::uint64_t sounds;
  std::uint64_t step; ///< of sound and pictures, at the end
};

std::uint64_t apart_at_the_end(const LiveOutput& output) {
  return output.pictures.back().time - output.sounds.back().time;
}

/// Of the times; the rest has to be alike.
Differences differences(Bytes file, FirstSets first_sets = FirstSets::are_alike) {
  LiveOutput live;
  make_live(file, live);
  LiveOutput whole;
  make_in_one_pass(file, whole);
  CHECK(live.damaged == whole.damaged);
  if (whole.pictures.empty()) { // dcam-convert makes nothing of it
    CHECK(live.pictures.empty());
    return {};
  }
  return {greatest_difference(live.pictures, whole.pictures, first_sets),
          greatest_difference(live.sounds, whole.sounds),
          apart_at_the_end(live) - apart_at_the_end(whole)};
}

void check_alike(Bytes file, FirstSets first_sets = FirstSets::are_alike) {
  const auto found = differences(file, first_sets);
  CHECK(found.pictures == 0);
  CHECK(found.sounds == 0);
}

/// Four key pictures, each with two behind it, and sound.
struct DamagedRecording {
  ByteBuffer file;
  std::vector<std::size_t> pictures; ///< offsets of the chunks
  std::vector<std::size_t> sounds;

  explicit DamagedRecording(std::vector<std::string> heads = {
                                whole_sets + whole_sei, whole_sets + whole_sei,
                                whole_sets + whole_sei, whole_sets + whole_sei}) {
    PtmfWriter writer({20, 1280, 720});
    for (std::size_t i = 0; i < heads.size() * group_size; ++i) {
      const auto time = 50'000'000 + i * picture_period + i % 2 * 16'600;
      const bool key = i % group_size == 0;
      pictures.push_back(file.size());
      auto unit = from_hex(key ? heads[i / group_size] + key_slice : slice);
      unit.push_back(static_cast<std::byte>(0x80 + i));
      writer.picture(key, unit, time, file);
      sounds.push_back(file.size());
      writer.sound(ptmf_clip::a_law(static_cast<std::uint32_t>(i)), 50'013'000 + i * 40'000, file);
    }
  }

  void flip(std::size_t at, std::size_t bit) { file[at] ^= static_cast<std::byte>(1 << bit); }
};

} // namespace

TEST_CASE("live damage: a first key picture with damaged sets gets the next one's, or its own") {
  const auto bad = "00000001 4e010000000080" + whole_sets; // a SEI with bytes that none has
  check_alike(DamagedRecording({bad, whole_sets, whole_sets}).file);
  check_alike(DamagedRecording({bad, bad, whole_sets}).file);
  check_alike(DamagedRecording({bad}).file);
  LiveOutput alone;
  make_live(DamagedRecording({bad}).file, alone);
  CHECK(alone.pictures.size() == group_size);
  check_alike(DamagedRecording({whole_sei, whole_sei, whole_sets}).file);
  check_alike(DamagedRecording({"00000001 40010c01", "00000001 40010c01"}).file);
}

TEST_CASE("live damage: sets that only one key picture has are replaced, new ones are kept") {
  auto odd = whole_sets;
  odd.replace(odd.find("42010101"), 8, "42010102");
  for (const auto& heads : std::vector<std::vector<std::string>>{
           {whole_sets, odd, whole_sets, whole_sets},
           {whole_sets, odd, odd, odd},
           {whole_sets, whole_sets, odd},
           {odd, whole_sets, whole_sets},
           {whole_sets, odd, whole_sets, odd, whole_sets},
           {whole_sets, whole_sets, whole_sets + "0011", whole_sets},
           {whole_sets, whole_sets, whole_sets + "0011"}}) {
    check_alike(DamagedRecording(heads).file);
  }
}

TEST_CASE("live damage: whatever bit of a head is flipped, what comes out is that of one pass") {
  const auto head_size = from_hex(whole_sets + whole_sei).size();
  for (const auto key : {0UZ, 1UZ, 2UZ, 3UZ}) {
    for (std::size_t bit = key % one_in(3); bit < head_size * 8; bit += one_in(3)) {
      DamagedRecording recording;
      recording.flip(recording.pictures[key * group_size] + ptmf_header_size + bit / 8, bit % 8);
      CAPTURE(key, bit);
      check_alike(recording.file, key == 0 ? FirstSets::may_differ : FirstSets::are_alike);
    }
  }
}

TEST_CASE("live damage: whatever bit of a chunk's header is flipped, what comes out is that of one "
          "pass, and sound stays in step") {
  constexpr std::size_t to_other_track = 43; // 'I' becomes 'A'
  for (const bool of_sound : {false, true}) {
    for (const auto chunk : {0UZ, 1UZ, 2UZ, 3UZ, 7UZ, 10UZ, 11UZ}) {
      for (auto bit = chunk % one_in(4); bit < ptmf_header_size * 8; bit += one_in(4)) {
        DamagedRecording recording;
        const auto at = (of_sound ? recording.sounds : recording.pictures)[chunk];
        if (at + bit / 8 < ptmf_magic.size() || bit == to_other_track) {
          continue; // it is no live input, or makes the next chunk of the other track a late one
        }
        recording.flip(at + bit / 8, bit % 8);
        CAPTURE(of_sound, chunk, bit);
        const auto found = differences(recording.file);
        CHECK((found.step == 0 || chunk + 1 == recording.sounds.size())); // nothing tells behind it
        if (chunk != 0) { // the first ones tell where all begins
          CHECK(found.pictures < picture_period);
          CHECK(found.sounds < picture_period);
        }
      }
    }
  }
}

} // namespace dualcam::convert::live_clip_damage_test
