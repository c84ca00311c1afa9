// How ffmpeg is run, and inputs are opened, below the tasks that want it.
#include "dcam-convert/ffmpeg_run.hpp"

#include <csignal>

#include "full_disk.hpp"
#include "tools/dcam-convert/studio.hpp"

namespace dualcam::convert::ffmpeg_run_test {
namespace {

/// What a task works with.
struct Bench {
  explicit Bench(Studio& studio)
      : inputs(list_files(studio.options.inputs, Parts::left_out, unread)),
        files(*RunFiles::plan(studio.options, inputs)), reporter(studio.options.common, 1),
        workshop{studio.options, inputs, files, reporter, stop} {}

  const Quiet quiet;
  const StopSignal stop;
  std::vector<std::string> unread;
  std::vector<ListedFile> inputs;
  RunFiles files;
  Reporter reporter;
  const Workshop workshop;
};

/// A stream of pictures, Annex B.
ByteBuffer stream() {
  ByteBuffer all;
  for (std::uint32_t i = 0; i < 8; ++i) {
    append(all, ptmf_clip::access_unit(300, i, i == 0));
  }
  return all;
}

} // namespace

TEST_CASE("ffmpeg run: how far it has come is told line by line") {
  Studio studio;
  studio.clip(8);
  studio.ffmpeg_makes(matroska(8));
  write_file(studio.options.ffmpeg, R"(#!/bin/sh
cd "${0%/*}" || exit 99
printf 'frame=1\nfps=9\nframe=2\nfra'
printf 'me=5\nframe=x\nprogress=end\nframe=9'
for last; do :; done
cat product > "${last#file:}"
)");
  Bench bench(studio);
  auto output = create_output(bench.workshop, studio.path("a.mkv"), false);
  REQUIRE(output);
  std::vector<std::uint64_t> told;
  const auto made = run_ffmpeg_into(
      bench.workshop, *output,
      {.command =
           [&](const FfmpegOutput& to) { return Command{studio.options.ffmpeg, to.argument}; },
       .feed = {},
       .form = ResultForm::matroska,
       .on_progress = [&](std::uint64_t frames) { told.push_back(frames); }});
  REQUIRE(made);
  CHECK(made->pictures == 8);
  REQUIRE_FALSE(told.empty());
  CHECK(told.back() == 5); // a line that is not complete is none
  CHECK(std::ranges::is_sorted(told));
}

TEST_CASE("ffmpeg run: after a stop signal nothing is run, and no input is read to its end") {
  for (const auto& content : {ptmf_clip::make_clip(8).file, stream()}) {
    Studio studio;
    studio.input("a", content);
    Bench bench(studio);
    Record record;
    CHECK(open_source(bench.workshop, studio.path("a"), record));
    std::raise(SIGTERM);
    const auto opened = open_source(bench.workshop, studio.path("a"), record);
    REQUIRE_FALSE(opened);
    CHECK(opened.error().code == ExitCode::incomplete);
    CHECK(opened.error().message == "stopped");
    const auto ran = run_ffmpeg(bench.workshop, {studio.options.ffmpeg, "pipe:1"}, {});
    REQUIRE_FALSE(ran);
    CHECK(ran.error().code == ExitCode::incomplete);
    CHECK(studio.calls().empty());
  }
}

TEST_CASE("ffmpeg run: each key picture of a stream is looked at, also behind a damaged one") {
  const std::string sets_of_1280 =
      "00000001 40010c01 00000001 42010101600000030090000003000003005da0"
      "0280802d165959a4932bc05a0020 00000001 4401c0f2 ";
  const std::string damaged = "00000001 40010c01 00000001 4201010160 00000001 4401c0f2 ";
  const std::string key = "00000001 2601 a0 11223344 ";
  Studio studio;
  studio.input("a", from_hex(damaged + key + sets_of_1280 + key));
  Bench bench(studio);
  Record record;
  const auto source = open_source(bench.workshop, studio.path("a"), record);
  REQUIRE(source);
  CHECK(record.losses.damage.size() == 1);
  CHECK(record.losses.damage[0].kind == PtmfDamageKind::bad_head);
  REQUIRE(source->clip->pictures.size() == 2);
  CHECK(source->clip->pictures[0].sets_size != 0); // the next one's
  CHECK(source->clip->pictures[1].sets_size == 0);
}

TEST_CASE(
    "ffmpeg run: it is fed with the stream, or a file without a name, or opens the file itself") {
  Studio studio;
  studio.input("a", stream());
  const Bench bench(studio);
  Record record;
  auto source = open_source(bench.workshop, studio.path("a"), record);
  REQUIRE(source);
  FrameStream pictures(source->file, *source->clip, {});
  CHECK(feed_of(*source, &pictures).stream == &pictures);
  CHECK(feed_of(*source, &pictures).file == -1);
  CHECK(feed_of(*source, nullptr).file == -1);
  auto copied = source->file.rearranged(as_bytes("x"), {}, bench.stop);
  REQUIRE(copied);
  source->file = std::move(*copied);
  CHECK(feed_of(*source, nullptr).file == source->file.descriptor());
  CHECK(feed_of(*source, &pictures).file == -1);
}

TEST_CASE("ffmpeg run: where it fails and the file cannot grow any more, that is why") {
  for (const bool is_full : {false, true}) {
    Studio studio;
    studio.clip(8);
    studio.ffmpeg_has("status", "1");
    Bench bench(studio);
    auto output = create_output(bench.workshop, studio.path("a.mkv"), false);
    REQUIRE(output);
    std::optional<FullDisk> disk;
    if (is_full) {
      disk.emplace(100'000);
    }
    const auto made = run_ffmpeg_into(
        bench.workshop, *output,
        {.command =
             [&](const FfmpegOutput& to) { return Command{studio.options.ffmpeg, to.argument}; },
         .feed = {},
         .form = ResultForm::matroska,
         .on_progress = {}});
    disk.reset();
    REQUIRE_FALSE(made);
    CHECK(made.error().code == (is_full ? ExitCode::io : ExitCode::child_failed));
    CHECK(made.error().meets_all == is_full);
    CHECK_THAT(made.error().message,
               ContainsSubstring(is_full ? "a.mkv.part: File too large" : "status 1"));
  }
}

} // namespace dualcam::convert::ffmpeg_run_test
