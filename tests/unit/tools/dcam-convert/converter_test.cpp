// dcam-convert from one input to one output.
#include "dcam-convert/converter.hpp"

#include <csignal>

#include "common/json.hpp"
#include "dualcam/storage/file_system.hpp"
#include "tools/dcam-convert/mp4_bytes.hpp"
#include "tools/dcam-convert/studio.hpp"

namespace dualcam::convert::converter_test {
namespace {

/// The clip without its first key picture.
ByteBuffer damaged_clip() {
  auto clip = ptmf_clip::make_clip(16, false);
  std::ranges::fill(std::span(clip.file).subspan(clip.chunks[0].offset + 100, 500), std::byte{0});
  return clip.file;
}

} // namespace

TEST_CASE("converter: ffmpeg gets the stream, and its whole result gets the name") {
  Studio studio;
  studio.clip(8);
  studio.options.output = studio.path("a.mkv");
  studio.ffmpeg_makes(matroska(8));
  const auto ran = studio.run();
  CHECK(ran.errors.empty());
  CHECK(ran.code == ExitCode::done);
  CHECK(ran.output == "a.mkv\n");
  CHECK(studio.made("a.mkv") == as_text(matroska(8)));
  CHECK(studio.folder.names() == std::set<std::string>{"a.mkv", "a.ptmf"});
  CHECK_THAT(studio.calls(),
             ContainsSubstring("-nostdin -v error -y -f matroska -i pipe:0 -map 0:v:0 "
                               "-map 0:a:0 -c:v copy -c:a copy"));
  CHECK(content_of(studio.tools / "read").size() > 8000);
}

TEST_CASE("converter: an MP4 is the default, and may come out of an MP4") {
  Studio studio;
  studio.input("a.mp4", indexed_file(0, false));
  studio.ffmpeg_makes(indexed_file(0, true));
  const auto ran = studio.run();
  CHECK(ran.errors.empty());
  CHECK(ran.output == "a_1.mp4\n");
  CHECK_THAT(studio.calls(), ContainsSubstring("-i file:a.mp4 -map 0:V -map 0:a? -c:v copy"));
  studio.options.common.json = true;
  const auto record = Json::parse(studio.run().output);
  CHECK(record["input"] == studio.plain(studio.options.inputs[0]));
  CHECK(record["format"] == "MP4");
  CHECK(record["exit"] == 0);
}

TEST_CASE("converter: a signal that comes when the file has its name does not hide its path") {
  class LateSignal : public FileSystem {
    int rename(const char* from, const char* to, unsigned flags) override {
      const int error = FileSystem::rename(from, to, flags);
      std::raise(SIGTERM);
      return error;
    }
  } late;
  Studio studio;
  studio.clip(8);
  studio.options.output = studio.path("a.mkv");
  studio.ffmpeg_makes(matroska(8));
  const FileSystem::Use use(late);
  CHECK(studio.run().output == "a.mkv\n");
  CHECK(studio.made("a.mkv") == as_text(matroska(8)));
}

TEST_CASE("converter: what ffmpeg leaves is looked at, whatever it says") {
  struct Case {
    const char* what;
    ByteBuffer product;
    const char* complaints;
    const char* status;
    ExitCode code;
    const char* told;
  };
  for (const auto& [what, product, complaints, status, code, told] :
       {Case{"one picture too few", matroska(7), "", "0", ExitCode::child_failed,
             "a.ptmf: ffmpeg wrote 7 of 8 frames\n"},
        {"one too many", matroska(9), "", "0", ExitCode::child_failed,
         "a.ptmf: ffmpeg wrote 9 of 8 frames\n"},
        {"none", matroska(0), "", "0", ExitCode::child_failed,
         "a.ptmf: ffmpeg left a broken file: no picture is in it\n"},
        {"not whole", matroska(8), "odd\n", "0", ExitCode::child_failed,
         "a.ptmf: ffmpeg left a broken file: it is not closed, or cut short; odd\n"},
        {"a failure", matroska(8), "1\n2\n3\n4\n5\n6\n", "9", ExitCode::child_failed,
         "a.ptmf: ffmpeg failed with status 9; 2; 3; 4; 5; 6\n"},
        {"a full disk", matroska(8), "a: No space left on device\n", "0", ExitCode::io,
         "No space left on device"}}) {
    CAPTURE(what);
    Studio studio;
    studio.clip(8, false);
    studio.options.output = studio.path("a.mkv");
    auto bytes = product;
    bytes.resize(bytes.size() - (std::string_view(what) == "not whole" ? 1 : 0));
    studio.ffmpeg_makes(bytes);
    studio.ffmpeg_has("complaints", complaints);
    studio.ffmpeg_has("status", status);
    const auto ran = studio.run();
    CHECK(ran.code == code);
    CHECK_THAT(ran.errors, ContainsSubstring(told));
    CHECK(ran.output.empty());
    CHECK(studio.folder.names() == std::set<std::string>{"a.ptmf"});
  }
  Studio studio;
  studio.clip(8);
  studio.options.ffmpeg = "/no/such/ffmpeg";
  const auto ran = studio.run();
  CHECK(ran.code == ExitCode::child_failed);
  CHECK_THAT(ran.errors, ContainsSubstring("or say where it is with --ffmpeg\n"));
}

TEST_CASE("converter: to standard output goes what ffmpeg makes of the stream") {
  Studio studio;
  studio.clip(8);
  studio.options.output = "-";
  auto ran = studio.run(); // the stream is live Matroska itself
  CHECK(ran.code == ExitCode::done);
  CHECK(ran.errors.empty());
  CHECK(ran.output.size() > 8000);
  CHECK_THAT(studio.calls(), ContainsSubstring("-f matroska pipe:1"));
  studio.ffmpeg_makes(matroska(7));
  ran = studio.run();
  CHECK(ran.code == ExitCode::child_failed);
  CHECK_THAT(ran.errors, ContainsSubstring("ffmpeg wrote 7 of 8 frames"));
  studio.options.output.clear();
  studio.options.thumbnail = "-";
  studio.ffmpeg_makes(photo());
  ran = studio.run();
  CHECK(ran.output == as_text(photo()));
  CHECK(ran.code == ExitCode::done);
  studio.ffmpeg_makes(matroska(7));
  CHECK(studio.run().code == ExitCode::child_failed);
}

TEST_CASE("converter: a dry run prints what could be pasted, and makes nothing") {
  Studio studio;
  studio.clip(8);
  studio.options.dry_run = true;
  studio.options.output = studio.path("a.mov");
  auto ran = studio.run();
  CHECK(ran.code == ExitCode::done);
  CHECK(ran.output.starts_with(
      "dcam-convert --extract matroska --audio aac -o - -- a.ptmf | ffmpeg -nostdin -v error -n "));
  CHECK_THAT(ran.output, ContainsSubstring(" -f mov file:a.mov\n"));
  studio.options.if_exists = IfExists::replace;
  CHECK_THAT(studio.run().output, ContainsSubstring("ffmpeg -nostdin -v error -y "));
  studio.options.audio = AudioMode::none;
  CHECK_THAT(studio.run().output, ContainsSubstring("--audio none -o -"));
  studio.options.audio = AudioMode::copy;
  CHECK_THAT(studio.run().output, ContainsSubstring("--extract matroska -o -"));
  studio.options.common.json = true;
  CHECK(Json::parse(studio.run().output)["command"].get<std::string>().starts_with("dcam-convert"));
  studio.options.common = {};
  studio.options.output = "-";
  CHECK_THAT(studio.run().output, ContainsSubstring(" pipe:1\n"));
  studio.options.output.clear();
  studio.options.vendor_recipe = true;
  CHECK(studio.run().output.starts_with("ffmpeg -nostdin -v error -y -r 20 -i file:a.ptmf -ss "));
  studio.options.vendor_recipe = false;
  studio.options.thumbnail = studio.path("t.jpg");
  CHECK_THAT(studio.run().output, ContainsSubstring("--audio none -o - "));
  studio.options.thumbnail.clear();
  studio.options.extract = Extract::video;
  ran = studio.run();
  CHECK(ran.output.empty());
  CHECK_THAT(ran.errors, ContainsSubstring("--extract needs no ffmpeg"));
  CHECK(studio.calls().empty());
  CHECK(studio.folder.names() == std::set<std::string>{"a.ptmf"});
}

TEST_CASE("converter: a taken name is left alone, or an error, as is wanted") {
  Studio studio;
  studio.clip(8);
  write_file(studio.path("a.mp4"), "mine");
  studio.options.if_exists = IfExists::skip;
  auto ran = studio.run();
  CHECK(ran.code == ExitCode::done);
  CHECK(ran.errors == "dcam-convert: a.ptmf: skipped, a.mp4 exists\n");
  studio.options.if_exists = IfExists::fail;
  ran = studio.run();
  CHECK(ran.code == ExitCode::io);
  CHECK(ran.errors == "dcam-convert: a.ptmf: a.mp4 exists\n");
  CHECK(ran.output.empty());
  CHECK(studio.made("a.mp4") == "mine");
  CHECK(studio.calls().empty());
}

TEST_CASE("converter: extracting needs no ffmpeg") {
  Studio studio;
  studio.clip(8);
  studio.options.ffmpeg = "/no/such/ffmpeg";
  studio.options.extract = Extract::video;
  CHECK(studio.run().output == "a.hevc\n");
  CHECK(studio.made("a.hevc").starts_with(std::string("\0\0\0\1", 4)));
  studio.options.extract = Extract::audio;
  CHECK(studio.run().output == "a.al\n");
  CHECK(studio.made("a.al").size() % 320 == 0);
  studio.options.extract = Extract::matroska;
  CHECK(studio.run().output == "a.mkv\n");
  CHECK(studio.made("a.mkv").starts_with("\x1a\x45\xdf\xa3"));
  const auto with_sound = studio.made("a.mkv").size();
  CHECK(count(studio.made("a.mkv"), "A_MS/ACM") == 1);
  studio.options.audio = AudioMode::none;
  CHECK(studio.run().output == "a_1.mkv\n");
  CHECK(studio.made("a_1.mkv").size() < with_sound);
  CHECK(count(studio.made("a_1.mkv"), "A_MS/ACM") == 0);
  studio.options.output = studio.path("new/");
  CHECK(studio.run().output == "new/a.mkv\n"); // the folder is made
}

TEST_CASE("converter: what cannot be done with an input is told before anything is made") {
  struct Case {
    ByteBuffer content;
    ConvertOptions options;
    ExitCode code;
    const char* told;
  };
  ConvertOptions extract;
  extract.extract = Extract::video;
  ConvertOptions sound;
  sound.extract = Extract::audio;
  ConvertOptions copy;
  copy.audio = AudioMode::copy;
  const auto silent = ptmf_clip::make_clip(8, false).file;
  const auto mp4 = indexed_file(0, false);
  for (const auto& [content, wanted, code, told] :
       {Case{photo(), {}, ExitCode::usage, "is a JPEG photo, not a video; --thumbnail"},
        {mp4, extract, ExitCode::usage, "is MP4: --extract takes PTMF, HEVC and H.264"},
        {silent, sound, ExitCode::bad_data, "has no sound"},
        {ptmf_clip::make_clip(8).file, copy, ExitCode::usage,
         "--audio copy: MP4 cannot hold A-law"},

        {from_hex("ffd8 ffe0 0004 0102"), {}, ExitCode::bad_data, "ends before its picture begins"},
        {from_hex("00112233"),
         {},
         ExitCode::bad_data,
         "is neither PTMF nor HEVC, H.264, MP4 or JPEG"},
        {{}, {}, ExitCode::bad_data, "is empty: nothing to convert"}}) {
    Studio studio;
    const auto ffmpeg = studio.options.ffmpeg;
    studio.options = wanted;
    studio.options.ffmpeg = ffmpeg;
    studio.input("a", content);
    const auto ran = studio.run();
    CAPTURE(told);
    CHECK(ran.code == code);
    CHECK_THAT(ran.errors, ContainsSubstring(told));
    CHECK(ran.output.empty());
    CHECK(studio.calls().empty());
    CHECK(studio.folder.names() == std::set<std::string>{"a"});
  }
  Studio studio;
  studio.options.inputs = {studio.path("none")};
  const auto ran = studio.run();
  CHECK(ran.code == ExitCode::io);
  CHECK_THAT(ran.errors, ContainsSubstring("none: cannot open"));
}

TEST_CASE("converter: damage is told, and what is whole is converted") {
  Studio studio;
  studio.input("a", damaged_clip());
  studio.options.extract = Extract::video;
  auto ran = studio.run();
  CHECK(ran.code == ExitCode::bad_data);
  CHECK(ran.output == "a.hevc\n");
  CHECK_THAT(ran.errors,
             ContainsSubstring("a: damaged: 8 of 16 frames lost (0.400 s): 1 missing, 7 "
                               "that cannot be decoded without the key picture\n"));
  CHECK_THAT(ran.errors, ContainsSubstring("a: byte "));
  studio.options.common.json = true;
  ran = studio.run();
  const auto record = Json::parse(ran.output);
  CHECK(record["frames"] == 8);
  CHECK(record["frames_lost"] == 8);
  CHECK(record["frames_missing"] == 1);
  CHECK(record["frames_undecodable"] == 7);
  CHECK(record["seconds_lost"] == 0.4);
  CHECK(record["exit"] == 1);
  CHECK(record["damage"].size() >= 1);
  CHECK_FALSE(record.contains("error"));
  studio.options.strict = true;
  ran = studio.run();
  CHECK(ran.code == ExitCode::bad_data);
  CHECK(Json::parse(ran.output)["error"] == "damaged: nothing written (--strict)");
  CHECK(Json::parse(ran.output)["output"].is_null());
  studio.options.strict = false;
  studio.options.common.json = false;
  studio.options.extract = Extract::nothing;
  studio.options.output = studio.path("a.mkv");
  studio.ffmpeg_makes(matroska(7)); // of a damaged clip it may understand less
  ran = studio.run();
  CHECK(ran.code == ExitCode::bad_data);
  CHECK(ran.output == "a.mkv\n");
  CHECK_THAT(ran.errors, ContainsSubstring("a: ffmpeg wrote 7 of 8 frames\n"));
}

TEST_CASE("converter: an MP4 that has lost its end is made new of what is whole") {
  const auto whole = indexed_file(0, false);
  Studio studio;
  studio.input("a", Bytes(whole).first(whole.size() - 5));
  studio.ffmpeg_makes(whole);
  studio.options.output = studio.path("b.mp4");
  auto ran = studio.run();
  CHECK(ran.code == ExitCode::bad_data);
  CHECK_THAT(ran.errors, ContainsSubstring("a: damaged: 1 of 3 frames lost"));
  CHECK(ran.output == "b.mp4\n");
  CHECK_THAT(studio.calls(), ContainsSubstring("-i file:/dev/stdin "));
  studio.options.dry_run = true;
  CHECK_THAT(studio.run().output, ContainsSubstring("-i file:a "));
}

TEST_CASE("converter: time and place come from the file beside the input, or from --meta") {
  Studio studio;
  studio.clip(8);
  studio.options.dry_run = true;
  const auto sidecar = studio.path("a.ptmf.json");
  write_file(sidecar, R"({"imei": "350612071913857"})");
  CHECK_THAT(studio.run().output, ContainsSubstring("imei=350612071913857"));
  write_file(sidecar, "nonsense");
  auto ran = studio.run();
  CHECK(ran.code == ExitCode::done);
  CHECK_THAT(ran.errors, ContainsSubstring("; going on without metadata"));
  fs::remove(sidecar);
  fs::create_directory(sidecar);
  ran = studio.run();
  CHECK(ran.code == ExitCode::done);
  CHECK_THAT(ran.errors, ContainsSubstring("cannot read a.ptmf.json: Is a directory; going on "));
  studio.options.meta = studio.path("none");
  ran = studio.run();
  CHECK(ran.code == ExitCode::io);
  CHECK_THAT(ran.errors, ContainsSubstring("cannot read none: No such file or directory\n"));
  write_file(studio.path("none"), "nonsense");
  CHECK(studio.run().code == ExitCode::bad_data);
  write_file(studio.path("none"), R"({"imei": "350612071913858"})");
  CHECK_THAT(studio.run().output, ContainsSubstring("imei=350612071913858"));
}

TEST_CASE("converter: the rate of a stream without times is the user's, the sidecar's or 25") {
  Studio studio;
  ByteBuffer stream;
  for (std::uint32_t i = 0; i < 8; ++i) {
    append(stream, ptmf_clip::access_unit(300, i, i == 0));
  }
  studio.input("a", stream);
  studio.options.dry_run = true;
  auto ran = studio.run();
  CHECK_THAT(ran.output, ContainsSubstring("--fps 25 "));
  CHECK_THAT(ran.errors, ContainsSubstring("no times and no metadata: taken for 25 frames"));
  write_file(studio.path("a.json"), R"({"frame_rate": 15})");
  ran = studio.run();
  CHECK_THAT(ran.output, ContainsSubstring("--fps 15 "));
  CHECK(ran.errors.find("taken for") == std::string::npos);
  studio.options.fps = 30;
  CHECK_THAT(studio.run().output, ContainsSubstring("--fps 30 "));
  Studio timed;
  timed.clip(8);
  timed.options.dry_run = true;
  timed.options.fps = 30;
  CHECK_THAT(timed.run().errors, ContainsSubstring("the file has true times, --fps is not used"));
  timed.options.vendor_recipe = true;
  CHECK(timed.run().errors.empty());
}

TEST_CASE("converter: a thumbnail is made of a clip's first picture or of a photo") {
  Studio studio;
  studio.clip(8);
  studio.ffmpeg_makes(photo());
  studio.options.thumbnail = studio.path("t.jpg");
  auto ran = studio.run();
  CHECK(ran.output == "t.jpg\n");
  CHECK_THAT(studio.calls(), ContainsSubstring("-skip_frame nokey -f matroska -i pipe:0 "));
  const auto one_picture = content_of(studio.tools / "read").size();
  CHECK(one_picture < 6000);
  Studio of_photo;
  of_photo.input("p", photo());
  of_photo.ffmpeg_makes(photo());
  of_photo.options.thumbnail = of_photo.path("t.jpg");
  CHECK(of_photo.run().output == "t.jpg\n");
  CHECK_THAT(of_photo.calls(), ContainsSubstring("-f jpeg_pipe -i file:p "));
  of_photo.ffmpeg_makes(from_hex("ffd8 ff"));
  CHECK(of_photo.run().code == ExitCode::child_failed);
}

} // namespace dualcam::convert::converter_test
