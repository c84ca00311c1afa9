#include "dcam-convert/ffmpeg.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "common/escape.hpp"
#include "common/process.hpp"

namespace dualcam::convert {
namespace {

constexpr auto time_scale = "90000";

void append_words(Command& command, std::initializer_list<std::string> words) {
  command.insert(command.end(), words);
}

/// The program, and how it behaves: no questions, no chatter.
Command begin(const ConvertOptions& options, const FfmpegOutput& output) {
  return {options.ffmpeg, "-nostdin", "-v", "error", output.overwrite ? "-y" : "-n"};
}

void append_input(Command& command, const FfmpegInput& input, bool live = false) {
  if (live) { // one thread a picture: several would each wait for one more
    append_words(command, {"-flags", "low_delay", "-fpsprobesize", "0"});
  }
  if (!input.format.empty()) {
    append_words(command, {"-f", input.format});
  }
  append_words(command, {"-i", input.argument});
}

void append_video_codec(Command& command, Codec codec, bool hevc, Container container,
                        const Haste& haste) {
  const bool is_mp4 = container != Container::matroska;
  switch (codec) {
  case Codec::copy:
    append_words(command, {"-c:v", "copy"});
    break;
  case Codec::h264:
    append_words(command, {"-c:v", "libx264", "-crf", "20"});
    break;
  case Codec::h265:
    append_words(command, {"-c:v", "libx265", "-crf", "23", "-x265-params", "log-level=error"});
    break;
  }
  if (is_mp4 && (codec == Codec::h265 || (codec == Codec::copy && hevc))) {
    append_words(command, {"-tag:v", "hvc1"});
  }
  if (codec != Codec::copy && haste.live) {
    append_words(command, {"-preset", "veryfast", "-tune", "zerolatency"});
  }
  if (codec != Codec::copy && haste.by_key) {
    append_words(command, {"-force_key_frames", "source", "-forced-idr", "1"});
  }
  if (codec != Codec::copy) { // or they would be moved to a constant rate
    append_words(command, {"-pix_fmt", "yuv420p", "-fps_mode", "passthrough", "-enc_time_base",
                           fmt::format("1:{}", time_scale)});
  }
}

void append_audio_codec(Command& command, AudioMode audio) {
  if (audio == AudioMode::none) {
    append_words(command, {"-an"});
  } else if (audio == AudioMode::aac) {
    append_words(command, {"-c:a", "aac", "-b:a", "32k"});
  } else {
    append_words(command, {"-c:a", "copy"});
  }
}

void append_metadata(Command& command, const Sidecar& sidecar, Container container) {
  const auto add = [&](std::string_view key, const std::string& value) {
    append_words(command, {"-metadata", fmt::format("{}={}", key, value)});
  };
  if (sidecar.time) {
    add("creation_time", format_time(*sidecar.time));
  }
  if (sidecar.position) {
    add("location", format_iso6709(*sidecar.position));
    if (container != Container::matroska) { // the one that phones and QuickTime read
      add("com.apple.quicktime.location.ISO6709", format_iso6709(*sidecar.position));
    }
  }
  if (sidecar.imei) {
    add("imei", *sidecar.imei);
  }
  if (sidecar.driver) {
    add("driver", *sidecar.driver);
  }
  if (sidecar.events) {
    add("events", *sidecar.events);
  }
}

std::string selected(const std::vector<std::uint64_t>& pictures) {
  std::string terms;
  for (const auto number : pictures) {
    terms += fmt::format("{}eq(n\\,{})", terms.empty() ? "" : "+", number);
  }
  return terms;
}

/// A black picture ends each clip. The canvas has a picture at every time of either clip, of which
/// equal ones are dropped at the end.
std::string stack_filter(PictureSize cell) {
  std::string graph;
  for (const int number : {0, 1}) {
    graph += fmt::format(
        "[{0}:v:0]scale={1}:{2}:force_original_aspect_ratio=decrease,pad={1}:{2}:(ow-iw)/2:(oh-ih)/"
        "2,"
        "setsar=1,format=yuv420p,tpad=stop=1:color=black,split[clip{0}][times{0}];"
        "[times{0}]crop=2:2:0:0,lutyuv=y=16:u=128:v=128,scale={1}:{3}:flags=neighbor,setsar=1"
        "[canvas{0}];",
        number, cell.width, cell.height, 2 * cell.height);
  }
  return graph + fmt::format("[canvas0][canvas1]interleave[canvas];"
                             "[canvas][clip0]overlay=0:0:eof_action=pass[above];"
                             "[above][clip1]overlay=0:{}:eof_action=pass,"
                             "select=isnan(prev_selected_t)+gt(t\\,prev_selected_t)[both]",
                             cell.height);
}

std::string small_extension(const std::filesystem::path& path) {
  auto extension = path.extension().string();
  std::ranges::transform(extension, extension.begin(), [](char character) {
    return character >= 'A' && character <= 'Z' ? static_cast<char>(character - 'A' + 'a')
                                                : character;
  });
  return extension;
}

} // namespace

std::optional<Container> container_of(const std::filesystem::path& path) {
  const auto extension = small_extension(path);
  return extension == ".mp4"    ? std::optional(Container::mp4)
         : extension == ".mov"  ? std::optional(Container::mov)
         : extension == ".mkv"  ? std::optional(Container::matroska)
         : extension == ".m3u8" ? std::optional(Container::fragments)
                                : std::nullopt;
}

bool is_playlist_name(const std::filesystem::path& path) {
  return container_of(path) == Container::fragments;
}

Container container_for(const ConvertOptions& options, const std::filesystem::path& target) {
  auto named = target == "-" ? Container::matroska : container_of(target).value_or(Container::mp4);
  if (options.live && options.task() == Task::convert && named == Container::mp4) {
    named = Container::fragments; // the only MP4 that can be played while it comes about
  }
  return options.container.value_or(named);
}

bool is_jpeg_name(const std::filesystem::path& path) {
  const auto extension = small_extension(path);
  return extension == ".jpg" || extension == ".jpeg";
}

std::string_view name_of(Container container) {
  switch (container) {
  case Container::mp4:
  case Container::fragments:
    return "mp4";
  case Container::mov:
    return "mov";
  case Container::matroska:
    return "matroska";
  }
  return {};
}

std::string file_argument(const std::filesystem::path& path) { return "file:" + path.string(); }

FfmpegInput stream_input(bool has_sound, VideoCodec codec) {
  return {.stream = true,
          .argument = "pipe:0",
          .format = "matroska",
          .hevc = codec == VideoCodec::h265,
          .has_sound = has_sound};
}

bool can_copy_audio(Container container, const FfmpegInput& input) {
  const bool is_mp4 = container == Container::mp4 || container == Container::fragments;
  return !is_mp4 || !(input.stream ? input.has_sound : input.raw_sound);
}

AudioMode audio_for(AudioMode wanted, Container container, const FfmpegInput& input) {
  if (input.stream && !input.has_sound) {
    return AudioMode::none;
  }
  if (wanted != AudioMode::automatic) {
    return wanted;
  }
  const bool for_players = input.stream && container != Container::matroska;
  return for_players || !can_copy_audio(container, input) ? AudioMode::aac : AudioMode::copy;
}

Command convert_command(const ConvertOptions& options, Container container,
                        const FfmpegInput& input, const Sidecar& sidecar,
                        const FfmpegOutput& output, const Haste& haste) {
  auto command = begin(options, output);
  append_input(command, input, haste.live);
  append_words(command, {"-map", input.stream ? "0:v:0" : "0:V"});
  const auto audio = audio_for(options.audio, container, input);
  if (audio != AudioMode::none) {
    append_words(command, {"-map", input.stream ? "0:a:0" : "0:a?"});
  }
  append_video_codec(command, options.codec, input.hevc, container, haste);
  append_audio_codec(command, audio);
  append_metadata(command, sidecar, container);
  if (container != Container::matroska) {
    const std::string layout = container != Container::fragments ? "+faststart"
                               : haste.live ? "+frag_every_frame+empty_moov+default_base_moof"
                                            : "+frag_keyframe+delay_moov+default_base_moof";
    append_words(command,
                 {"-movflags", layout + "+use_metadata_tags", "-movie_timescale", time_scale});
    if (input.stream || options.codec != Codec::copy) {
      append_words(command, {"-video_track_timescale", time_scale});
    }
  }
  if (haste.live) { // sound that fails to come is not waited for
    append_words(command, {"-flush_packets", "1", "-max_interleave_delta", "200000"});
  }
  if (haste.live && container == Container::matroska) {
    append_words(command, {"-cluster_time_limit", "0"});
  }
  append_words(command, {"-f", std::string(name_of(container)), output.argument});
  return command;
}

Command stack_command(const ConvertOptions& options, Container container,
                      const std::array<StackedInput, 2>& inputs, PictureSize cell,
                      const Sidecar& sidecar, const FfmpegOutput& output) {
  auto command = begin(options, output);
  for (const auto& clip : inputs) {
    append_words(command, {"-itsoffset", fmt::format("{}us", clip.start.count())});
    append_input(command, clip.input);
  }
  append_words(command, {"-filter_complex", stack_filter(cell), "-map", "[both]"});
  std::size_t track = 0;
  for (std::size_t number = 0; number < inputs.size(); ++number) {
    const auto& [input, start, title] = inputs[number];
    const auto audio = audio_for(options.audio, container, input);
    if (input.has_sound && audio != AudioMode::none) {
      const auto of_track = fmt::format(":a:{}", track++);
      append_words(command, {"-map", fmt::format("{}:a:0", number), "-c" + of_track,
                             audio == AudioMode::aac ? "aac" : "copy", "-b" + of_track, "32k",
                             "-metadata:s" + of_track, fmt::format("title={}", title),
                             "-metadata:s" + of_track, fmt::format("handler_name={}", title)});
    }
  }
  append_video_codec(command, options.codec == Codec::h265 ? Codec::h265 : Codec::h264, true,
                     container, {});
  append_metadata(command, sidecar, container);
  if (container != Container::matroska) {
    append_words(command, {"-movflags", "+faststart+use_metadata_tags", "-movie_timescale",
                           time_scale, "-video_track_timescale", time_scale});
  }
  append_words(command, {"-f", std::string(name_of(container)), output.argument});
  return command;
}

Command vendor_command(const ConvertOptions& options, double fps,
                       const std::filesystem::path& input, Container container,
                       const FfmpegOutput& output) {
  auto command = begin(options, output);
  append_words(command, {"-r", fmt::format("{}", fps), "-i", file_argument(input), "-ss",
                         "00:00:0.9", "-c:a", "copy", "-c:v", "libx264", "-f",
                         std::string(name_of(container)), output.argument});
  return command;
}

Command thumbnail_command(const ConvertOptions& options, const FfmpegInput& input, const Pick& pick,
                          const FfmpegOutput& output) {
  auto command = begin(options, output);
  if (pick.first_key) {
    append_words(command, {"-skip_frame", "nokey"});
  } else if (!input.stream) {
    append_words(command, {"-seek_timestamp", "1", "-ss", fmt::format("{}us", pick.at.count())});
  }
  append_input(command, input);
  append_words(command, {"-map", "0:v:0"});
  std::string filter;
  if (!pick.first_key && input.stream) {
    filter = "select=" + selected({pick.number});
    append_words(command, {"-fps_mode", "passthrough"});
  }
  if (options.thumbnail_width != 0) {
    filter +=
        fmt::format("{}scale=min({}\\,iw):-2", filter.empty() ? "" : ",", options.thumbnail_width);
  }
  if (!filter.empty()) {
    append_words(command, {"-vf", filter});
  }
  append_words(command, {"-frames:v", "1", "-c:v", "mjpeg", "-q:v", "2", "-pix_fmt", "yuvj420p",
                         "-f", "mjpeg", output.argument});
  return command;
}

Command cells_command(const ConvertOptions& options, const FfmpegInput& input,
                      const Selection& selection) {
  Command command{options.ffmpeg, "-nostdin", "-v", "error"};
  if (selection.key_only) {
    append_words(command, {"-skip_frame", "nokey"});
  }
  append_input(command, input);
  const auto text = (selection.label.empty() ? "" : selection.label + "  ") +
                    (selection.has_time ? "%{pts\\:hms}" : "");
  append_words(command,
               {"-map", "0:v:0", "-fps_mode", "passthrough", "-vf",
                fmt::format("select='{0}',scale={1}:{2}:force_original_aspect_ratio=decrease,"
                            "pad={1}:{2}:(ow-iw)/2:(oh-ih)/2,setsar=1,"
                            "drawtext=text='{3}':x=6:y=h-th-6:fontsize=14:fontcolor=white:"
                            "box=1:boxborderw=3:boxcolor=black@0.6",
                            selected(selection.pictures), cell_width, cell_height, text),
                "-frames:v", std::to_string(selection.pictures.size()), "-pix_fmt", "rgb24", "-f",
                "rawvideo", "pipe:1"});
  return command;
}

Command probe_command(const ConvertOptions& options, const FfmpegInput& input) {
  Command command{options.ffmpeg, "-nostdin", "-v", "error"};
  append_input(command, input);
  append_words(command, {"-map", "0:v:0", "-frames:v", "1", "-f", "framemd5", "pipe:1"});
  return command;
}

Command sheet_command(const ConvertOptions& options, std::uint64_t cells,
                      const FfmpegOutput& output) {
  const auto side = static_cast<std::uint64_t>(std::ceil(std::sqrt(static_cast<double>(cells))));
  const auto columns = std::min(cells, (side + 3) / 4 * 4); // videos come in fours
  const auto rows = (cells + columns - 1) / columns;
  auto command = begin(options, output);
  append_words(command, {"-f",
                         "rawvideo",
                         "-pixel_format",
                         "rgb24",
                         "-video_size",
                         fmt::format("{}x{}", cell_width, cell_height),
                         "-i",
                         "pipe:0",
                         "-vf",
                         fmt::format("tile={}x{}:padding=4:margin=4", columns, rows),
                         "-frames:v",
                         "1",
                         "-c:v",
                         "mjpeg",
                         "-q:v",
                         "3",
                         "-pix_fmt",
                         "yuvj420p",
                         "-f",
                         "mjpeg",
                         output.argument});
  return command;
}

Command with_progress(Command command) {
  command.insert(command.begin() + 1, {"-progress", "pipe:1", "-stats_period", "0.2"});
  return command;
}

std::string ffmpeg_version(const std::string& program) {
  const auto result = run_process({program, "-version"});
  if (!result || result->status != 0) {
    return "no ffmpeg (" +
           (result ? fmt::format("status {}", result->status) : result.error().message) + ")";
  }
  // "ffmpeg version 5.1.9-0+deb12u1 Copyright ..."
  auto text = as_text(result->output);
  constexpr std::string_view head = "ffmpeg version ";
  if (!text.starts_with(head)) {
    return "ffmpeg of unknown version";
  }
  text.remove_prefix(head.size());
  return "ffmpeg " + escaped(text.substr(0, text.find_first_of(" \n")));
}

} // namespace dualcam::convert
