#include "dcam-convert/live_clip.hpp"

#include "media/ptmf_clip.hpp"
#include "tools/dcam-convert/clip_of.hpp"

namespace dualcam::convert::live_clip_test {
namespace {

using Lines = std::vector<std::string>;

/// A line for each thing that the writer is given.
class LineWriter : public StreamWriter {
public:
  void begin(const StreamHead& head) override {
    lines.push_back("begin " + std::to_string(head.size.width) + "x" +
                    std::to_string(head.size.height) + " " + std::to_string(head.period) +
                    (head.with_sound ? " sound" : "") +
                    (head.codec == VideoCodec::h264 ? " h264" : ""));
    sets = to_hex(head.parameter_sets);
  }
  void picture(bool key, std::uint64_t time, Bytes unit) override {
    lines.push_back((key ? "I " : "P ") + std::to_string(time));
    units.emplace_back(unit.begin(), unit.end());
  }
  void sound(std::uint64_t time, Bytes a_law) override {
    lines.push_back("A " + std::to_string(time) + (a_law.size() == 320 ? "" : " odd"));
  }
  void finish() override { lines.emplace_back("finish"); }

  Lines lines;
  std::vector<ByteBuffer> units;
  std::string sets;
};

const std::string sets_of_322 = "00000001 40010c01 00000001 42010101600000030090000003000003003ca0"
                                "0a480b9c9596566924caf0168008 00000001 4401c0f2 ";
const std::string sets_of_1280 = "00000001 40010c01 00000001 42010101600000030090000003000003005da0"
                                 "0280802d165959a4932bc05a0020 00000001 4401c0f2 ";
const std::string key_unit = "00000001 2601 a0 11223344 ";
const std::string other_unit = "00000001 0201 d0 55";

/// A recording, event by event.
struct Live {
  explicit Live(LiveClip::Track track = LiveClip::Track::declared) : clip(track, writer) {}

  /// What a writer of files has made of it.
  Live& file(Bytes bytes) {
    PtmfReader reader;
    reader.hurry();
    reader.feed(bytes);
    reader.finish();
    while (const auto event = reader.next()) {
      clip.add(*event);
    }
    return *this;
  }
  Live& picture(bool key, std::uint64_t time) {
    return add(key, time, from_hex(key ? sets_of_1280 + key_unit : other_unit));
  }
  Live& add(bool key, std::uint64_t time, const ByteBuffer& unit, std::size_t damaged_head = 0,
            PtmfFormat format = {20, 1280, 720}) {
    PtmfPicture picture{};
    picture.key = key;
    picture.sequence = number++;
    picture.time = time;
    picture.format = format;
    picture.payload = unit;
    picture.payload_offset = number * std::uint64_t{1000};
    picture.damaged_head = damaged_head;
    clip.add(PtmfEvent(picture));
    return *this;
  }
  Live& sound(std::uint64_t time, bool late = false) {
    const auto a_law = ptmf_clip::a_law(1);
    PtmfSound sound{};
    sound.sequence = sounds++;
    sound.time = time;
    sound.a_law = a_law;
    sound.late = late;
    clip.add(PtmfEvent(sound));
    return *this;
  }
  Live& damage(PtmfDamageKind kind, std::uint32_t pictures = 0, std::uint32_t lost_sounds = 0) {
    PtmfDamage damage{};
    damage.kind = kind;
    damage.pictures = pictures;
    damage.sounds = lost_sounds;
    clip.add(PtmfEvent(damage));
    return *this;
  }
  Lines lines() {
    clip.finish();
    return writer.lines;
  }

  LineWriter writer;
  LiveClip clip;
  std::uint32_t number = 0;
  std::uint32_t sounds = 0;
};

} // namespace

TEST_CASE("live clip: a healthy file gives what it gives when it is read as a whole") {
  PtmfWriter recording({20, 1280, 720});
  ByteBuffer source;
  for (std::uint64_t i = 0; i < 24; ++i) {
    recording.picture(i % 8 == 0, from_hex(i % 8 == 0 ? sets_of_1280 + key_unit : other_unit),
                      1'000'000 + i * 50'000 + i % 2 * 16'600, source);
    recording.sound(ptmf_clip::a_law(1), 1'063'000 + i * 40'000, source);
  }
  const auto whole = clip_of(source);
  Live live;
  live.file(source);
  Lines pictures;
  Lines sounds;
  for (const auto& picture : whole.pictures) {
    pictures.push_back((picture.key ? "I " : "P ") + std::to_string(picture.time));
  }
  for (const auto& sound : whole.sounds) {
    sounds.push_back("A " + std::to_string(sound.time));
  }
  const auto lines = live.lines();
  CHECK(lines.front() == "begin 1280x720 50000 sound");
  CHECK(lines.back() == "finish");
  Lines found_pictures;
  Lines found_sounds;
  for (std::size_t i = 1; i + 1 < lines.size(); ++i) {
    (lines[i].starts_with('A') ? found_sounds : found_pictures).push_back(lines[i]);
  }
  CHECK(found_pictures == pictures);
  CHECK(found_sounds == sounds);
  CHECK(live.clip.pictures() == 24);
  CHECK(live.clip.duration() == whole.duration());
  CHECK(live.clip.sound_time() == whole.sounds.size() * 40'000);
  CHECK(live.clip.losses().none());
  CHECK(live.clip.lost_time() == 0);
  CHECK(live.clip.has_sound_track());
  CHECK(live.clip.size_changes().empty());
}

TEST_CASE("live clip: nothing waits where sound is declared, or not wanted") {
  Live live;
  live.picture(true, 5'000'000);
  CHECK(live.writer.lines == Lines{"begin 1280x720 50000 sound", "I 0"});
  live.sound(5'020'000).picture(false, 5'050'000);
  CHECK(live.lines() == Lines{"begin 1280x720 50000 sound", "I 0", "A 20000", "P 50000", "finish"});
  Live silent(LiveClip::Track::none);
  silent.sound(4'990'000).picture(true, 5'000'000).sound(5'020'000).sound(5'060'000);
  CHECK(silent.lines() == Lines{"begin 1280x720 50000", "I 0", "finish"});
  CHECK(silent.clip.sound_time() == 0);
  CHECK_FALSE(silent.clip.has_sound_track());
}

TEST_CASE("live clip: pictures wait for the first sound, a second at most") {
  Live heard(LiveClip::Track::if_heard);
  heard.picture(true, 1'000'000).picture(false, 1'050'000);
  CHECK(heard.writer.lines.empty());
  heard.sound(1'040'000);
  CHECK(heard.writer.lines == Lines{"begin 1280x720 50000 sound", "I 0", "P 50000", "A 40000"});
  Live silent(LiveClip::Track::if_heard);
  silent.picture(true, 1'000'000);
  for (std::uint64_t i = 1; i < 20; ++i) {
    silent.picture(false, 1'000'000 + i * 50'000);
  }
  CHECK(silent.writer.lines.empty());
  silent.picture(false, 2'000'000);
  REQUIRE(silent.writer.lines.size() == 22);
  CHECK(silent.writer.lines.front() == "begin 1280x720 50000");
  CHECK(silent.writer.lines.back() == "P 1000000");
  silent.sound(2'010'000); // too late
  CHECK(silent.lines().size() == 23);
  Live brief(LiveClip::Track::if_heard);
  brief.picture(true, 1'000'000);
  CHECK(brief.lines() == Lines{"begin 1280x720 50000", "I 0", "finish"});
}

TEST_CASE("live clip: sound before the first key picture is kept, pictures are not") {
  Live live;
  live.picture(false, 900'000).sound(960'000).sound(1'000'000).picture(true, 1'020'000);
  live.sound(1'040'000);
  CHECK(live.lines() ==
        Lines{"begin 1280x720 50000 sound", "A 0", "A 40000", "I 60000", "A 80000", "finish"});
  CHECK(live.clip.losses().undecodable == 1);
  CHECK(live.clip.lost_time() == 50'000);
  CHECK(live.clip.pictures() == 1);
  CHECK(live.clip.duration() == 120'000);
  Live later; // sound that begins behind the picture
  later.sound(1'060'000).picture(true, 1'020'000);
  CHECK(later.lines() == Lines{"begin 1280x720 50000 sound", "A 40000", "I 0", "finish"});
  Live none;
  none.picture(false, 0).sound(0);
  CHECK(none.lines() == Lines{"finish"});
}

TEST_CASE("live clip: of sound before the first picture ten minutes are held") {
  Live live;
  for (std::uint64_t i = 0; i < 15'001; ++i) {
    live.sound(1'000'000 + i * 40'000);
  }
  live.picture(true, 601'000'000);
  CHECK(live.writer.lines.size() == 15'002);
  CHECK(live.clip.sound_time() == 600'000'000);
}

TEST_CASE("live clip: a key picture with a damaged head gets the one before") {
  Live live;
  live.picture(true, 1'000'000);
  auto damaged = from_hex("0000000140ff" + key_unit);
  live.add(true, 1'050'000, damaged, 6);
  REQUIRE(live.writer.units.size() == 2);
  CHECK(live.writer.units[1] == live.writer.units[0]);
  Live first; // there is none before
  first.add(true, 1'000'000, damaged, 6);
  CHECK(first.lines() == Lines{"finish"});
  CHECK(first.clip.losses().missing == 1);
}

TEST_CASE("live clip: pictures of another size begin anew, if the header vouches for it") {
  Live live;
  live.picture(true, 1'000'000).picture(false, 1'050'000);
  live.add(true, 1'100'000, from_hex(sets_of_322 + key_unit), 0, {20, 322, 182});
  live.picture(false, 1'150'000);
  CHECK(live.lines() == Lines{"begin 1280x720 50000 sound", "I 0", "P 50000",
                              "begin 322x182 50000 sound", "I 100000", "P 150000", "finish"});
  CHECK(live.writer.sets == to_hex(from_hex(sets_of_322)));
  REQUIRE(live.clip.size_changes().size() == 1);
  const auto& change = live.clip.size_changes()[0];
  CHECK(change.picture == 2);
  CHECK(change.time == 100'000);
  CHECK(change.from == PictureSize{1280, 720});
  CHECK(change.to == PictureSize{322, 182});
  Live refused;
  refused.picture(true, 1'000'000);
  refused.add(true, 1'100'000, from_hex(sets_of_322 + key_unit)); // says 1280 x 720
  CHECK(refused.clip.size_changes().empty());
  CHECK(refused.lines() == Lines{"begin 1280x720 50000 sound", "I 0", "I 100000", "finish"});
  Live untold; // nothing contradicts it
  untold.add(true, 1'000'000, from_hex(sets_of_1280 + key_unit), 0, {20, 0, 0});
  untold.add(true, 1'100'000, from_hex(sets_of_322 + key_unit), 0, {20, 0, 0});
  CHECK(untold.lines().size() == 5);
  CHECK(untold.clip.size_changes().size() == 1);
  Live waiting(LiveClip::Track::if_heard); // what waits has the old head
  waiting.picture(true, 1'000'000);
  waiting.add(true, 1'100'000, from_hex(sets_of_322 + key_unit), 0, {20, 322, 182});
  CHECK(waiting.lines() ==
        Lines{"begin 1280x720 50000", "I 0", "begin 322x182 50000", "I 100000", "finish"});
}

TEST_CASE("live clip: the size is the chunk's where the sets tell none") {
  Live told;
  told.add(true, 0, from_hex(key_unit + "0000000140010c01"), 0, {20, 640, 480});
  CHECK(told.clip.losses().undecodable == 1); // without sets it is not decodable
  Live live;
  live.add(true, 0, from_hex("00000001 40010c01 " + key_unit), 0, {20, 640, 480});
  CHECK(live.writer.lines[0] == "begin 640x480 50000 sound");
  Live usual;
  usual.add(true, 0, from_hex("00000001 40010c01 " + key_unit), 0, {0, 0, 0});
  CHECK(usual.writer.lines[0] == "begin 1280x720 40000 sound");
}

TEST_CASE("live clip: what is lost is counted, and what builds on it") {
  Live live;
  live.picture(true, 1'000'000).damage(PtmfDamageKind::gap, 2, 3);
  live.picture(false, 1'150'000).picture(false, 1'200'000).picture(true, 1'250'000);
  live.picture(false, 1'300'000).damage(PtmfDamageKind::gap, 0, 1).picture(false, 1'350'000);
  const auto& losses = live.clip.losses();
  CHECK(losses.missing == 2);
  CHECK(losses.disturbed == 2);
  CHECK(losses.sounds == 4);
  CHECK(losses.sound_time == 160'000);
  CHECK(losses.damage.size() == 2);
  CHECK(live.clip.lost_time() == 100'000);
  CHECK(live.clip.pictures() == 6);
}

TEST_CASE("live clip: chunks that come late are left out") {
  Live live;
  live.picture(true, 1'000'000).sound(1'010'000, true);
  const auto unit = from_hex(other_unit);
  PtmfPicture late{};
  late.late = true;
  late.time = 1'000'000;
  late.format = {20, 1280, 720};
  late.payload = unit;
  live.clip.add(PtmfEvent(late));
  CHECK(live.lines() == Lines{"begin 1280x720 50000 sound", "I 0", "finish"});
}

TEST_CASE("live clip: a recording that begins anew goes on where the one before ended") {
  Live live;
  live.picture(true, 9'000'000).sound(9'010'000).damage(PtmfDamageKind::restart);
  live.number = live.sounds = 0;
  live.sound(500'000).picture(true, 520'000).picture(false, 570'000);
  CHECK(live.lines() == Lines{"begin 1280x720 50000 sound", "I 0", "A 10000", "A 50000", "I 70000",
                              "P 120000", "finish"});
  CHECK(live.clip.losses().mended_times == 0);
}

TEST_CASE("live clip: an impossible time is put where the number tells, a jump is taken out") {
  Live live;
  live.picture(true, 1'000'000).picture(false, 1'050'000);
  live.picture(false, 900'000).picture(false, 1'150'000); // back, and as ever
  CHECK(live.writer.lines.size() == 3);                   // the next two tell
  live.picture(false, 1'200'000);
  CHECK(live.writer.lines ==
        Lines{"begin 1280x720 50000 sound", "I 0", "P 50000", "P 100000", "P 150000", "P 200000"});
  CHECK(live.clip.losses().mended_times == 1);
  live.picture(false, 90'000'000).picture(false, 90'060'000).picture(false, 90'110'000);
  CHECK(live.lines() == Lines{"begin 1280x720 50000 sound", "I 0", "P 50000", "P 100000",
                              "P 150000", "P 200000", "P 250000", "P 310000", "P 360000",
                              "finish"});
  CHECK(live.clip.losses().mended_times == 2);
  CHECK(live.clip.duration() == 410'000);
}

TEST_CASE("live clip: a pause of ten seconds is believed, a longer one as far as pictures lack") {
  const auto time_of = [](std::uint64_t pause, std::uint32_t missing) {
    Live live;
    live.picture(true, 1'000'000);
    live.damage(PtmfDamageKind::gap, missing);
    live.picture(false, 1'000'000 + pause);
    live.clip.finish();
    return live.writer.lines.at(2);
  };
  CHECK(time_of(10'100'000, 0) == "P 10100000");
  CHECK(time_of(10'100'001, 0) == "P 50000");
  CHECK(time_of(10'400'000, 3) == "P 10400000");
  CHECK(time_of(10'400'001, 3) == "P 200000");
  CHECK(time_of(510'100'000, 5'000) == "P 510100000");
  CHECK(time_of(510'100'001, 5'000) == "P 250050000");
  CHECK(time_of(0, 0) == "P 50000");
}

TEST_CASE("live clip: sound has a clock of its own") {
  Live live;
  live.picture(true, 1'000'000).sound(1'000'000).sound(900'000).sound(1'080'000);
  CHECK(live.lines() ==
        Lines{"begin 1280x720 50000 sound", "I 0", "A 0", "A 40000", "A 80000", "finish"});
  CHECK(live.clip.losses().mended_times == 1);
}

TEST_CASE("live clip: sound that was held goes out once, and none of an earlier recording") {
  Live live;
  live.sound(1'000'000).picture(true, 1'040'000).damage(PtmfDamageKind::restart);
  live.number = live.sounds = 0;
  live.sound(5'000'000).damage(PtmfDamageKind::restart); // it had no picture
  live.number = live.sounds = 0;
  live.sound(9'000'000).picture(true, 9'040'000);
  CHECK(live.lines() ==
        Lines{"begin 1280x720 50000 sound", "A 0", "I 40000", "A 90000", "I 130000", "finish"});
}

TEST_CASE("live clip: two impossible times are a jump only if they follow each other at once") {
  const auto mended = [](std::initializer_list<std::uint64_t> times) {
    Live live;
    bool key = true;
    for (const auto time : times) {
      live.picture(std::exchange(key, false), time);
    }
    live.clip.finish();
    CHECK(live.writer.lines.at(times.size()) == "P " + std::to_string(50'000 * (times.size() - 1)));
    return live.clip.losses().mended_times;
  };
  CHECK(mended({1'000'000, 90'000'000, 90'050'000}) == 1);
  CHECK(mended({1'000'000, 90'000'000, 1'100'000, 90'050'000}) == 2); // a sound one is between
  CHECK(mended({1'000'000, 90'000'000, 90'050'000, 900'000, 950'000}) == 2); // and back again
  CHECK(mended({1'000'000, 90'000'000, 90'050'000, 900'000, 90'150'000}) == 2);
}

} // namespace dualcam::convert::live_clip_test
