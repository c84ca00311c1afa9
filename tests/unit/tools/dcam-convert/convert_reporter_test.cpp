#include "dcam-convert/reporter.hpp"

#include "quiet.hpp"

namespace dualcam::convert::convert_reporter_test {
namespace {

/// What is said on standard error.
std::string damage(const Record& record, const CommonOptions& options = {}) {
  const Quiet quiet;
  Reporter(options, 1).damage(record);
  return quiet.errors();
}

Json json_of(const Record& record) {
  CommonOptions options;
  options.json = true;
  const Quiet quiet;
  Reporter(options, 1).finished(record);
  return Json::parse(quiet.output());
}

Record record_with(std::size_t places) {
  Record record;
  record.input = "a\nb";
  record.has_clip = true;
  record.frames = 57;
  record.lost_time = 150'000;
  record.losses.missing = 3;
  for (std::size_t i = 0; i < places; ++i) {
    record.losses.damage.push_back({.kind = PtmfDamageKind::garbage,
                                    .offset = 100 + i,
                                    .length = 7,
                                    .pictures = 1,
                                    .message = "odd"});
  }
  return record;
}

} // namespace

TEST_CASE("convert reporter: a sentence tells all that is lost, and nothing that is not") {
  auto record = record_with(0);
  CHECK(damage(record) == "dcam-convert: a\\x0ab: damaged: 3 of 60 frames lost (0.150 s)\n");
  record.losses.undecodable = 2;
  record.losses.disturbed = 4;
  record.losses.sounds = 1;
  record.losses.sound_time = 40'000;
  record.losses.mended_times = 5;
  CHECK(
      damage(record) ==
      "dcam-convert: a\\x0ab: damaged: 5 of 62 frames lost (0.150 s): 3 missing, 2 that cannot be "
      "decoded without the key picture; 4 after a lost one may show errors; 1 chunk of sound "
      "lost (0.040 s); 5 impossible times mended\n");
  record.has_clip = false;
  CHECK(damage(record) == "dcam-convert: a\\x0ab: damaged\n");
}

TEST_CASE("convert reporter: the first places of damage are told, the rest is counted") {
  const auto lines = [](const std::string& text) { return std::ranges::count(text, '\n'); };
  CHECK_THAT(damage(record_with(1)), ContainsSubstring("a\\x0ab: byte 100: odd\n"));
  CHECK(lines(damage(record_with(20))) == 21);
  auto record = record_with(21);
  CHECK(lines(damage(record)) == 22);
  CHECK_THAT(damage(record), ContainsSubstring("a\\x0ab: and 1 more place; -v or --json lists"));
  record.losses.unlisted = 5;
  CHECK_THAT(damage(record), ContainsSubstring("and 6 more places"));
  CommonOptions verbose;
  verbose.verbosity = 1;
  CHECK_THAT(damage(record, verbose), ContainsSubstring("byte 120: odd\n"));
}

TEST_CASE("convert reporter: a record has what is known, and null for what is not") {
  auto record = record_with(2);
  record.duration = 2'850'000;
  record.sound_time = 1'000'000;
  record.losses.sound_time = 40'000;
  record.losses.mended_times = 1;
  record.losses.disturbed = 4;
  auto json = json_of(record);
  CHECK(json["input"] == "a\nb");
  CHECK(json["output"].is_null());
  CHECK(json["format"].is_null());
  CHECK(json["frames"] == 57);
  CHECK(json["seconds"] == 2.85);
  CHECK(json["sound_seconds"] == 1.0);
  CHECK(json["sound_seconds_lost"] == 0.04);
  CHECK(json["frames_disturbed"] == 4);
  CHECK(json["times_mended"] == 1);
  CHECK(json["damage"][1] == Json({{"kind", name_of(PtmfDamageKind::garbage)},
                                   {"offset", 101},
                                   {"length", 7},
                                   {"frames", 1},
                                   {"sound_chunks", 0},
                                   {"message", "odd"}}));
  CHECK_FALSE(json.contains("error"));
  Record failed;
  failed.output = "x";
  failed.format = "PTMF";
  failed.error = "no";
  failed.code = ExitCode::io;
  json = json_of(failed);
  CHECK(json["output"] == "x");
  CHECK(json["format"] == "PTMF");
  CHECK(json["error"] == "no");
  CHECK(json["exit"] == 3);
  CHECK_FALSE(json.contains("frames"));
  CHECK_FALSE(json.contains("damage"));
  CHECK_FALSE(json.contains("size_changes"));
  failed.size_changes.push_back(
      {.picture = 3, .time = 1'500'000, .from = {320, 180}, .to = {640, 360}});
  json = json_of(failed);
  CHECK(json["size_changes"][0] ==
        Json({{"frame", 3}, {"seconds", 1.5}, {"from", "320x180"}, {"to", "640x360"}}));
}

TEST_CASE("convert reporter: an output that a signal has cut is remembered") {
  const Quiet quiet;
  Reporter reporter({}, 1);
  Record record;
  record.code = ExitCode::io;
  record.output = "x";
  reporter.finished(record);
  CHECK_FALSE(reporter.has_cut_output());
  record.code = ExitCode::incomplete;
  record.output.clear();
  reporter.finished(record);
  CHECK_FALSE(reporter.has_cut_output());
  record.output = "x";
  reporter.finished(record);
  CHECK(reporter.has_cut_output());
  reporter.finished(Record{});
  CHECK(reporter.has_cut_output());
}

TEST_CASE("convert reporter: sizes that change are told, the first of many") {
  const Quiet quiet;
  Reporter reporter({}, 1);
  Record record;
  record.input = "a";
  record.size_changes = {{.picture = 3, .time = 1'500'000, .from = {320, 180}, .to = {640, 360}}};
  reporter.size_changes(record);
  CHECK(quiet.errors() == "dcam-convert: a: from frame 3 (1.500 s) on pictures are 640x360, before "
                          "320x180: all are kept\n");
}

TEST_CASE("convert reporter: progress is that of all files, those not begun count as nothing") {
  CommonOptions options;
  options.progress = CommonOptions::When::always;
  const Quiet quiet;
  Reporter reporter(options, 2);
  reporter.progress(0, 30, 60);
  CHECK(quiet.errors() == "\rfile 1 of 2   25%  30 of 60 frames\x1b[K\r");
  reporter.progress(0, 31, 60); // not so often
  CHECK(quiet.errors() == "\rfile 1 of 2   25%  30 of 60 frames\x1b[K\r");
}

TEST_CASE("convert reporter: of sizes that change the first twenty are told, the others with -v") {
  const auto lines = [](std::size_t changes, const CommonOptions& options) {
    const Quiet quiet;
    Record record;
    for (std::size_t i = 0; i < changes; ++i) {
      record.size_changes.push_back({.picture = i, .time = 0, .from = {1, 2}, .to = {2, 1}});
    }
    Reporter(options, 1).size_changes(record);
    return std::ranges::count(quiet.errors(), '\n');
  };
  CommonOptions verbose;
  verbose.verbosity = 1;
  CHECK(lines(20, {}) == 20);
  CHECK(lines(21, {}) == 20);
  CHECK(lines(21, verbose) == 21);
}

TEST_CASE("convert reporter: a warning is said once, other words as often as they come") {
  const Quiet quiet;
  Reporter reporter({}, 1);
  for (int i = 0; i < 2; ++i) {
    reporter.warning("one");
    reporter.note("two");
    reporter.error("three");
    reporter.detail("four");
  }
  CHECK(quiet.errors() == "dcam-convert: one\ndcam-convert: two\ndcam-convert: three\n"
                          "dcam-convert: two\ndcam-convert: three\n");
}

TEST_CASE("convert reporter: a file that is done is its output's name, unless that is a stream") {
  const auto said = [](const std::string& output, const std::string& error = "") {
    const Quiet quiet;
    Reporter reporter({}, 1);
    Record record;
    record.input = "a\n";
    record.output = output;
    record.error = error;
    reporter.finished(record);
    return quiet.output() + quiet.errors();
  };
  CHECK(said("x.mp4") == "x.mp4\n");
  CHECK(said("-").empty());
  CHECK(said("").empty());
  CHECK(said("", "no") == "dcam-convert: a\\x0a: no\n");
}

} // namespace dualcam::convert::convert_reporter_test
