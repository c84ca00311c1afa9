// What ffmpeg is told, word for word.
#include "dcam-convert/ffmpeg.hpp"

#include <fmt/ranges.h>

#include "temporary_folder.hpp"

namespace dualcam::convert::ffmpeg_command_test {
namespace {

using namespace std::chrono_literals;

const FfmpegInput file{.stream = false, .argument = "file:a.mp4", .format = "", .hevc = true};
const FfmpegOutput output{"file:x", true};

std::string joined(const Command& command) { return fmt::format("{}", fmt::join(command, " ")); }

} // namespace

TEST_CASE("ffmpeg: a live command waits for nothing") {
  ConvertOptions options;
  options.codec = Codec::h265;
  CHECK(joined(convert_command(options, Container::matroska, stream_input(true), {}, {"pipe:1"},
                               {.live = true})) ==
        "ffmpeg -nostdin -v error -n -flags low_delay -fpsprobesize 0 -f matroska -i pipe:0 "
        "-map 0:v:0 -map 0:a:0 -c:v libx265 -crf 23 -x265-params log-level=error -preset veryfast "
        "-tune zerolatency -pix_fmt yuv420p -fps_mode passthrough -enc_time_base 1:90000 -c:a copy "
        "-flush_packets 1 -max_interleave_delta 200000 -cluster_time_limit 0 -f matroska pipe:1");
  options.codec = Codec::h264;
  CHECK(joined(convert_command(options, Container::fragments, stream_input(false), {}, {"pipe:1"},
                               {.live = true, .by_key = true})) ==
        "ffmpeg -nostdin -v error -n -flags low_delay -fpsprobesize 0 -f matroska -i pipe:0 "
        "-map 0:v:0 -c:v libx264 -crf 20 -preset veryfast -tune zerolatency "
        "-force_key_frames source -forced-idr 1 -pix_fmt yuv420p -fps_mode passthrough "
        "-enc_time_base 1:90000 -an "
        "-movflags +frag_every_frame+empty_moov+default_base_moof+use_metadata_tags "
        "-movie_timescale 90000 -video_track_timescale 90000 -flush_packets 1 "
        "-max_interleave_delta 200000 -f mp4 pipe:1");
}

TEST_CASE("ffmpeg: each container has its tag, its sound, its layout and its clock") {
  CHECK(joined(convert_command({}, Container::mov, stream_input(true), {}, output)) ==
        "ffmpeg -nostdin -v error -y -f matroska -i pipe:0 -map 0:v:0 -map 0:a:0 -c:v copy "
        "-tag:v hvc1 -c:a aac -b:a 32k -movflags +faststart+use_metadata_tags "
        "-movie_timescale 90000 -video_track_timescale 90000 -f mov file:x");
  CHECK(joined(convert_command({}, Container::mp4, file, {}, output)) ==
        "ffmpeg -nostdin -v error -y -i file:a.mp4 -map 0:V -map 0:a? -c:v copy -tag:v hvc1 "
        "-c:a copy -movflags +faststart+use_metadata_tags -movie_timescale 90000 -f mp4 file:x");
  CHECK(joined(convert_command({}, Container::fragments, stream_input(false, VideoCodec::h264), {},
                               output)) ==
        "ffmpeg -nostdin -v error -y -f matroska -i pipe:0 -map 0:v:0 -c:v copy -an "
        "-movflags +frag_keyframe+delay_moov+default_base_moof+use_metadata_tags "
        "-movie_timescale 90000 -video_track_timescale 90000 -f mp4 file:x");
  ConvertOptions encoded;
  encoded.codec = Codec::h265;
  CHECK(joined(convert_command(encoded, Container::mp4, file, {}, output)) ==
        "ffmpeg -nostdin -v error -y -i file:a.mp4 -map 0:V -map 0:a? -c:v libx265 -crf 23 "
        "-x265-params log-level=error -tag:v hvc1 -pix_fmt yuv420p -fps_mode passthrough "
        "-enc_time_base 1:90000 -c:a copy -movflags +faststart+use_metadata_tags "
        "-movie_timescale 90000 -video_track_timescale 90000 -f mp4 file:x");
  encoded.codec = Codec::h264;
  CHECK(joined(convert_command(encoded, Container::matroska, file, {}, output)) ==
        "ffmpeg -nostdin -v error -y -i file:a.mp4 -map 0:V -map 0:a? -c:v libx264 -crf 20 "
        "-pix_fmt yuv420p -fps_mode passthrough -enc_time_base 1:90000 -c:a copy -f matroska "
        "file:x");
}

TEST_CASE("ffmpeg: what is known of a clip goes into it") {
  Sidecar sidecar;
  sidecar.position = Position{-4.7, 125.28};
  sidecar.driver = "Jonas";
  sidecar.events = "phone";
  CHECK(joined(convert_command({}, Container::matroska, stream_input(false), sidecar, output)) ==
        "ffmpeg -nostdin -v error -y -f matroska -i pipe:0 -map 0:v:0 -c:v copy -an "
        "-metadata location=-04.7000000+125.2800000/ -metadata driver=Jonas "
        "-metadata events=phone -f matroska file:x");
}

TEST_CASE("ffmpeg: which sound a container takes") {
  using enum AudioMode;
  const auto with = stream_input(true);
  const auto without = stream_input(false);
  for (const auto wanted : {automatic, copy, aac, none}) {
    CHECK(audio_for(wanted, Container::matroska, without) == none);
    CHECK(audio_for(wanted, Container::mov, with) == (wanted == automatic ? aac : wanted));
    CHECK(audio_for(wanted, Container::matroska, with) == (wanted == automatic ? copy : wanted));
    CHECK(audio_for(wanted, Container::mp4, file) == (wanted == automatic ? copy : wanted));
  }
  CHECK_FALSE(can_copy_audio(Container::mp4, with));
  CHECK_FALSE(can_copy_audio(Container::fragments, with));
  CHECK(can_copy_audio(Container::mov, with));
  CHECK(can_copy_audio(Container::matroska, with));
  CHECK(can_copy_audio(Container::mp4, without));
  CHECK(can_copy_audio(Container::mp4, file));
  auto raw = file;
  raw.raw_sound = true;
  CHECK(audio_for(automatic, Container::mp4, raw) == aac);
  CHECK(audio_for(automatic, Container::fragments, raw) == aac);
  CHECK(audio_for(automatic, Container::mov, raw) == copy);
  CHECK(audio_for(automatic, Container::matroska, raw) == copy);
  CHECK_FALSE(can_copy_audio(Container::mp4, raw));
  CHECK(can_copy_audio(Container::mov, raw));
}

TEST_CASE("ffmpeg: a thumbnail is a key picture, or the one at a time") {
  const std::string jpeg = "-frames:v 1 -c:v mjpeg -q:v 2 -pix_fmt yuvj420p -f mjpeg file:x";
  CHECK(joined(thumbnail_command({}, stream_input(false), {}, output)) ==
        "ffmpeg -nostdin -v error -y -skip_frame nokey -f matroska -i pipe:0 -map 0:v:0 " + jpeg);
  const Pick third{.first_key = false, .number = 3, .at = 1500ms};
  CHECK(joined(thumbnail_command({}, stream_input(false), third, output)) ==
        "ffmpeg -nostdin -v error -y -f matroska -i pipe:0 -map 0:v:0 -fps_mode passthrough "
        "-vf select=eq(n\\,3) " +
            jpeg);
  CHECK(joined(thumbnail_command({}, file, third, output)) ==
        "ffmpeg -nostdin -v error -y -seek_timestamp 1 -ss 1500000us -i file:a.mp4 -map 0:v:0 " +
            jpeg);
  ConvertOptions small;
  small.thumbnail_width = 640;
  CHECK(joined(thumbnail_command(small, stream_input(false), third, output)) ==
        "ffmpeg -nostdin -v error -y -f matroska -i pipe:0 -map 0:v:0 -fps_mode passthrough "
        "-vf select=eq(n\\,3),scale=min(640\\,iw):-2 " +
            jpeg);
  CHECK(joined(thumbnail_command(small, file, {}, {"file:x"})) ==
        "ffmpeg -nostdin -v error -n -skip_frame nokey -i file:a.mp4 -map 0:v:0 "
        "-vf scale=min(640\\,iw):-2 " +
            jpeg);
}

TEST_CASE("ffmpeg: cells of a contact sheet are chosen, fitted and labelled") {
  CHECK(joined(cells_command({}, file, {.pictures = {0, 7}, .label = "a.mp4"})) ==
        "ffmpeg -nostdin -v error -i file:a.mp4 -map 0:v:0 -fps_mode passthrough -vf "
        "select='eq(n\\,0)+eq(n\\,7)',scale=320:180:force_original_aspect_ratio=decrease,"
        "pad=320:180:(ow-iw)/2:(oh-ih)/2,setsar=1,drawtext=text='a.mp4  %{pts\\:hms}':x=6:y=h-th-6:"
        "fontsize=14:fontcolor=white:box=1:boxborderw=3:boxcolor=black@0.6 -frames:v 2 "
        "-pix_fmt rgb24 -f rawvideo pipe:1");
  const auto text_of = [](const Selection& selection) {
    const auto command = joined(cells_command({}, stream_input(false), selection));
    CHECK((command.find("-skip_frame nokey -f matroska") != command.npos) == selection.key_only);
    const auto at = command.find("text='") + 6;
    return command.substr(at, command.find('\'', at) - at);
  };
  CHECK(text_of({.key_only = true, .pictures = {1}, .label = ""}) == "%{pts\\:hms}");
  CHECK(text_of({.pictures = {1}, .label = "a", .has_time = false}) == "a  ");
  CHECK(text_of({.pictures = {1}, .label = "", .has_time = false}) == "");
  CHECK(joined(probe_command({}, file)) ==
        "ffmpeg -nostdin -v error -i file:a.mp4 -map 0:v:0 -frames:v 1 -f framemd5 pipe:1");
}

TEST_CASE("ffmpeg: a contact sheet is about as wide as it is high, in fours") {
  for (const auto& [cells, tile] : {std::pair{1U, "1x1"},
                                    {2U, "2x1"},
                                    {3U, "3x1"},
                                    {4U, "4x1"},
                                    {5U, "4x2"},
                                    {12U, "4x3"},
                                    {16U, "4x4"},
                                    {17U, "8x3"},
                                    {64U, "8x8"},
                                    {65U, "12x6"},
                                    {1000U, "32x32"}}) {
    const auto command = joined(sheet_command({}, cells, output));
    CHECK_THAT(command,
               ContainsSubstring("-vf tile=" + std::string(tile) + ":padding=4:margin=4 "));
    CHECK_THAT(command, ContainsSubstring("-f rawvideo -pixel_format rgb24 -video_size 320x180 -i "
                                          "pipe:0"));
  }
}

TEST_CASE("ffmpeg: two clips are stacked on one clock, with the sounds that are there") {
  const std::array inputs{StackedInput{stream_input(true), 0us, "front"},
                          StackedInput{stream_input(true), 1500ms, "rear"}};
  const auto both =
      joined(stack_command({}, Container::mp4, inputs, PictureSize{1280, 720}, {}, output));
  CHECK_THAT(both, ContainsSubstring("-itsoffset 0us -f matroska -i pipe:0 -itsoffset 1500000us "
                                     "-f matroska -i pipe:0 -filter_complex "));
  CHECK_THAT(both, ContainsSubstring("scale=1280:720:force_original_aspect_ratio"));
  CHECK_THAT(both, ContainsSubstring("scale=1280:1440:flags=neighbor"));
  CHECK_THAT(both, ContainsSubstring("overlay=0:720:eof_action=pass"));
  CHECK_THAT(both, ContainsSubstring(
                       "-map [both] -map 0:a:0 -c:a:0 aac -b:a:0 32k -metadata:s:a:0 title=front "
                       "-metadata:s:a:0 handler_name=front -map 1:a:0 -c:a:1 aac -b:a:1 32k "
                       "-metadata:s:a:1 title=rear -metadata:s:a:1 handler_name=rear -c:v libx264 "
                       "-crf 20 -pix_fmt yuv420p"));
  CHECK(both.ends_with("-movflags +faststart+use_metadata_tags -movie_timescale 90000 "
                       "-video_track_timescale 90000 -f mp4 file:x"));
  ConvertOptions options;
  options.codec = Codec::h265;
  const std::array rear_only{StackedInput{stream_input(false), 0us, "front"}, inputs[1]};
  const auto kept =
      joined(stack_command(options, Container::matroska, rear_only, PictureSize{2, 2}, {}, output));
  CHECK_THAT(kept, ContainsSubstring("-map [both] -map 1:a:0 -c:a:0 copy -b:a:0 32k "));
  CHECK_THAT(kept, ContainsSubstring("-c:v libx265 -crf 23"));
  CHECK(kept.find("hvc1") == kept.npos);
  CHECK(kept.find("movflags") == kept.npos);
  options.audio = AudioMode::none;
  CHECK(joined(stack_command(options, Container::mp4, inputs, PictureSize{2, 2}, {}, output))
            .find(":a:0") == std::string::npos);
}

TEST_CASE("ffmpeg: its version is told, or why there is none") {
  const TemporaryFolder folder;
  const auto program = (folder / "ffmpeg").string();
  const auto version_of = [&](const std::string& script) {
    write_file(program, "#!/bin/sh\n" + script);
    fs::permissions(program, fs::perms::owner_all);
    return ffmpeg_version(program);
  };
  CHECK(version_of("echo 'ffmpeg version 7.1-x Copyright'") == "ffmpeg 7.1-x");
  CHECK(version_of("echo 'ffmpeg version 5'") == "ffmpeg 5");
  CHECK(version_of("echo something else") == "ffmpeg of unknown version");
  CHECK(version_of("exit 3") == "no ffmpeg (status 3)");
  CHECK(ffmpeg_version("/no/such/ffmpeg") ==
        "no ffmpeg (cannot run /no/such/ffmpeg: No such file or directory)");
  CHECK(joined(with_progress({"ffmpeg", "-y"})) == "ffmpeg -progress pipe:1 -stats_period 0.2 -y");
}

} // namespace dualcam::convert::ffmpeg_command_test
