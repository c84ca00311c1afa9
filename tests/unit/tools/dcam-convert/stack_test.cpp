// dcam-convert --stack, up to what ffmpeg is told.
#include "dcam-convert/stack.hpp"

#include "common/json.hpp"
#include "tools/dcam-convert/mp4_bytes.hpp"
#include "tools/dcam-convert/studio.hpp"

namespace dualcam::convert::stack_test {
namespace {

/// Keeps what is behind each -i, then does as the other one does.
constexpr auto reading_ffmpeg = R"(#!/bin/sh
cd "${0%/*}" || exit 99
case $1 in -version) echo "ffmpeg version 5.1"; exit;; esac
echo "$*" >> calls
number=0
for last; do
  [ "$before" = -i ] && number=$((number + 1)) && cat "${last#file:}" > "read$number"
  before=$last
done
case $last in
pipe:1) cat product ;;
file:*) cat product > "${last#file:}" ;;
esac
)";

/// Two clips of 8 pictures, unless others are put in their place.
struct Pair : Studio {
  explicit Pair(bool with_sound = false) {
    const auto clip = ptmf_clip::make_clip(8, with_sound).file;
    input("front", clip);
    input("rear", clip);
    options.stack = true;
    options.output = path("both.mkv");
    write_file(options.ffmpeg, reading_ffmpeg);
    ffmpeg_makes(matroska(10));
  }
  /// When they ended.
  Pair& end_at(std::string_view front, std::string_view rear) {
    for (const auto& [name, time] : {std::pair{"front.json", front}, {"rear.json", rear}}) {
      write_file(path(name), R"({"time": "2024-10-29T)" + std::string(time) + R"(Z"})");
    }
    return *this;
  }
};

/// An access unit of a picture of 322 x 182.
ByteBuffer sized_unit() {
  auto unit = from_hex("00000001 40010c01 00000001 42010101600000030090000003000003003ca00a480b9c95"
                       "96566924caf0168008 00000001 4401c0f2");
  append(unit, ptmf_clip::access_unit(500, 3, true));
  return unit;
}

} // namespace

TEST_CASE("stack: each clip is read from its start, the first above the second") {
  Pair pair(true);
  pair.end_at("12:43:42.250", "12:43:42");
  const auto ran = pair.run();
  CHECK(ran.errors == "");
  CHECK(ran.code == ExitCode::done);
  CHECK(ran.output == "both.mkv\n");
  CHECK(pair.made("both.mkv") == as_text(matroska(10)));
  const auto call = pair.calls();
  CHECK_THAT(call, ContainsSubstring("-itsoffset 250000us -f matroska -i file:/proc/"));
  CHECK_THAT(call, ContainsSubstring("-itsoffset 0us -f matroska -i file:/proc/"));
  CHECK(call.find("250000us") < call.find(" 0us"));
  CHECK_THAT(call, ContainsSubstring("scale=1280:720:"));
  CHECK_THAT(call, ContainsSubstring("-map 0:a:0 -c:a:0 copy -b:a:0 32k -metadata:s:a:0 "
                                     "title=front"));
  CHECK_THAT(call, ContainsSubstring("-map 1:a:0 -c:a:1 copy -b:a:1 32k -metadata:s:a:1 "
                                     "title=rear"));
  CHECK_THAT(call, ContainsSubstring("creation_time=2024-10-29T12:43:42.250Z"));
  const auto stream = content_of(pair.tools / "read1");
  CHECK(stream.starts_with("\x1A\x45\xDF\xA3"));
  CHECK(stream.size() > ptmf_clip::make_clip(8, false).file.size());
  CHECK(content_of(pair.tools / "read2") == stream);
  pair.end_at("12:43:42", "12:43:42.125");
  pair.options.audio = AudioMode::none;
  pair.options.if_exists = IfExists::replace;
  CHECK(pair.run().code == ExitCode::done);
  CHECK(pair.calls().find("-itsoffset 0us") < pair.calls().find("-itsoffset 125000us"));
  CHECK(pair.calls().find("title=") == std::string::npos);
  CHECK(content_of(pair.tools / "read1").size() < stream.size()); // without its sound
}

TEST_CASE("stack: clips of which one tells no time start together") {
  for (const auto* without : {"front", "rear"}) {
    Pair pair;
    pair.end_at("12:00:00", "12:00:02");
    fs::remove(pair.path(std::string(without) + ".json"));
    const auto ran = pair.run();
    CHECK(ran.code == ExitCode::done);
    CHECK_THAT(ran.errors, ContainsSubstring(std::string(without) + ": no metadata tells when it "
                                                                    "was taken: the clips start "
                                                                    "together"));
    CHECK(pair.calls().find("-itsoffset 0us") != pair.calls().rfind("-itsoffset 0us"));
  }
}

TEST_CASE("stack: both are named where neither tells when it was taken") {
  const auto errors = Pair().run().errors;
  CHECK_THAT(errors, ContainsSubstring("front: no metadata tells when"));
  CHECK_THAT(errors, ContainsSubstring("rear: no metadata tells when"));
}

TEST_CASE("stack: clips that do not overlap are told, those too far apart are no pair") {
  const auto run = [](std::string_view front, std::string_view rear) {
    return Pair().end_at(front, rear).run();
  };
  CHECK(run("12:00:00.416", "12:00:00").errors.empty()); // they last 0.4166 s
  CHECK(run("12:00:00", "12:00:00.416").errors.empty());
  for (const auto& ran : {run("12:00:00.417", "12:00:00"), run("12:00:00", "12:00:00.417")}) {
    CHECK_THAT(ran.errors,
               ContainsSubstring("front and rear do not overlap: 0.000 s lie between them"));
    CHECK(ran.code == ExitCode::done);
  }
  CHECK_THAT(run("12:10:00.416", "12:00:00").errors, ContainsSubstring("599.999 s lie between"));
  CHECK_THAT(run("12:00:00", "12:10:00.416").errors, ContainsSubstring("599.999 s lie between"));
  for (const auto& ran : {run("12:10:00.417", "12:00:00"), run("12:00:00", "12:10:00.417")}) {
    CHECK(ran.code == ExitCode::usage);
    CHECK_THAT(ran.errors, ContainsSubstring("front: there are "));
    CHECK_THAT(ran.errors, ContainsSubstring("between it and rear: they are not of one recording"));
    CHECK(ran.output.empty());
  }
}

TEST_CASE("stack: both fit into the cells, whose sizes are even") {
  Pair pair;
  pair.options.inputs.clear();
  PtmfWriter writer({.frame_rate = 20, .width = 322, .height = 182});
  ByteBuffer small;
  writer.picture(true, sized_unit(), 1'000'000, small);
  pair.input("front", small);
  pair.input("rear", small);
  CHECK(pair.run().code == ExitCode::done);
  CHECK_THAT(pair.calls(), ContainsSubstring("scale=322:182:"));
  pair.input("rear", indexed_file(0, false)); // which tells no size
  pair.options.inputs = {pair.path("front"), pair.path("rear")};
  pair.options.if_exists = IfExists::replace;
  CHECK(pair.run().code == ExitCode::done);
  CHECK_THAT(pair.calls(), ContainsSubstring("scale=1280:720:"));
  CHECK_THAT(pair.calls(), ContainsSubstring("-i file:rear"));
  CHECK(content_of(pair.tools / "read2") == as_text(indexed_file(0, false)));
}

TEST_CASE("stack: what is no video is told by its name") {
  for (const auto& [name, content, code, told] :
       {std::tuple{"front", photo(), ExitCode::usage,
                   "front: is a JPEG photo: --stack takes videos"},
        {"rear", photo(), ExitCode::usage, "rear: is a JPEG photo: --stack takes videos"},
        {"rear", from_hex("0011"), ExitCode::bad_data, "rear: is neither PTMF nor HEVC"}}) {
    Pair pair;
    write_file(pair.path(name), as_text(content));
    const auto ran = pair.run();
    CHECK(ran.code == code);
    CHECK_THAT(ran.errors, ContainsSubstring(told));
    CHECK(ran.output.empty());
    CHECK(pair.calls().empty());
    pair.options.common.json = true;
    const auto lines = pair.run().output;
    const auto first = Json::parse(lines.substr(0, lines.find('\n')));
    const auto second = Json::parse(lines.substr(lines.find('\n')));
    CHECK(first.contains("error") == (std::string_view(name) == "front"));
    CHECK(second.contains("error") == (std::string_view(name) == "rear"));
  }
}

TEST_CASE("stack: sound that the container cannot hold is not to be copied") {
  Pair pair(true);
  pair.options.audio = AudioMode::copy;
  pair.options.output = pair.path("both.mp4");
  const auto ran = pair.run();
  CHECK(ran.code == ExitCode::usage);
  CHECK_THAT(ran.errors, ContainsSubstring("--audio copy: MP4 cannot hold A-law"));
  pair.options.output = pair.path("both.mkv");
  CHECK(pair.run().code == ExitCode::done);
}

TEST_CASE("stack: a taken name is treated as is wanted") {
  Pair pair;
  write_file(pair.path("both.mkv"), "mine");
  pair.options.if_exists = IfExists::fail;
  auto ran = pair.run();
  CHECK(ran.code == ExitCode::io);
  CHECK_THAT(ran.errors, ContainsSubstring("both.mkv exists"));
  pair.options.if_exists = IfExists::skip;
  ran = pair.run();
  CHECK(ran.code == ExitCode::done);
  CHECK_THAT(ran.errors, ContainsSubstring("front: skipped, both.mkv exists"));
  CHECK(pair.calls().empty());
  CHECK(pair.made("both.mkv") == "mine");
  pair.options.if_exists = IfExists::number;
  CHECK(pair.run().output == "both_1.mkv\n");
  pair.options.if_exists = IfExists::replace;
  CHECK(pair.run().output == "both.mkv\n");
  CHECK(pair.made("both.mkv") == as_text(matroska(10)));
}

TEST_CASE("stack: there are at least as many pictures as in the longer clip") {
  Pair pair;
  pair.ffmpeg_makes(matroska(8));
  CHECK(pair.run().code == ExitCode::done);
  pair.ffmpeg_makes(matroska(7));
  const auto ran = pair.run();
  CHECK(ran.code == ExitCode::child_failed);
  CHECK_THAT(ran.errors, ContainsSubstring("front: ffmpeg wrote 7 pictures, of at least 8"));
  CHECK(pair.folder.names() == std::set<std::string>{"both.mkv", "front", "rear"});
}

TEST_CASE("stack: a record for each clip, with the one path") {
  Pair pair;
  pair.options.common.json = true;
  const auto ran = pair.run();
  const auto first = Json::parse(ran.output.substr(0, ran.output.find('\n')));
  const auto second = Json::parse(ran.output.substr(ran.output.find('\n')));
  CHECK(first["input"] == pair.plain(pair.options.inputs[0]));
  CHECK(second["input"] == pair.plain(pair.options.inputs[1]));
  CHECK(first["output"] == "both.mkv");
  CHECK(second["output"] == "both.mkv");
}

TEST_CASE("stack: to standard output goes Matroska") {
  Pair pair(true);
  pair.options.output = "-";
  pair.ffmpeg_makes(matroska(12));
  const auto ran = pair.run();
  CHECK(ran.code == ExitCode::done);
  CHECK(ran.output == as_text(matroska(12)));
  CHECK_THAT(pair.calls(), ContainsSubstring("-f matroska pipe:1"));
}

TEST_CASE("stack: a dry run shows a command that makes both streams") {
  Pair pair(true);
  pair.options.dry_run = true;
  auto ran = pair.run();
  CHECK(ran.code == ExitCode::done);
  CHECK(pair.calls().empty());
  CHECK(pair.folder.names() == std::set<std::string>{"front", "rear"});
  for (const auto* name : {"front", "rear"}) {
    CHECK_THAT(ran.output,
               ContainsSubstring("<(dcam-convert --extract matroska -o - -- " + std::string(name)));
  }
  CHECK_THAT(ran.output, ContainsSubstring(" '[0:v:0]scale=1280:720"));
  CHECK(ran.output.ends_with("-f matroska file:both.mkv\n"));
  write_file(pair.path("rear"), as_text(indexed_file(0, false)));
  ran = pair.run();
  CHECK_THAT(ran.output, ContainsSubstring("-i file:rear"));
  write_file(pair.path("rear"), as_text(photo()));
  CHECK_THAT(pair.run().errors, ContainsSubstring("is a JPEG photo"));
}

TEST_CASE("stack: a folder is made where results go, not for a name that is given") {
  Pair pair;
  pair.options.output = pair.path("none/both.mkv");
  auto ran = pair.run();
  CHECK(ran.code == ExitCode::io);
  CHECK_THAT(ran.errors, ContainsSubstring("cannot create none/both.mkv: the folder none"));
  CHECK_FALSE(fs::exists(pair.path("none")));
  pair.options.output = pair.path("new/");
  pair.ffmpeg_makes(indexed_file(0, false));
  ran = pair.run();
  CHECK_THAT(ran.errors, ContainsSubstring("ffmpeg wrote 3 pictures, of at least 8\n"));
  CHECK(fs::is_directory(pair.path("new")));
}

TEST_CASE("stack: a name that is free is taken, whatever is done about others") {
  for (const auto if_exists : {IfExists::skip, IfExists::fail, IfExists::replace}) {
    Pair pair;
    pair.options.if_exists = if_exists;
    CHECK(pair.run().output == "both.mkv\n");
  }
}

} // namespace dualcam::convert::stack_test
