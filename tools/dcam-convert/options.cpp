#include "dcam-convert/options.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>
#include <system_error>
#include <thread>

#include <fmt/format.h>

#include "common/arguments.hpp"
#include "common/escape.hpp"
#include "dcam-convert/clip.hpp"
#include "dcam-convert/ffmpeg.hpp"
#include "dualcam/storage/file_names.hpp"

namespace dualcam::convert {
namespace {

/// ffmpeg's version, if this is going to be a `--version`.
std::string libraries(int count, const char* const* arguments) {
  const std::vector<std::string_view> words(arguments + 1, arguments + std::max(count, 1));
  if (std::ranges::find(words, "--version") == words.end()) {
    return "";
  }
  std::string program = "ffmpeg";
  constexpr std::string_view option = "--ffmpeg";
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == option && i + 1 < words.size()) {
      program = words[i + 1];
    } else if (words[i].starts_with("--ffmpeg=")) {
      program = words[i].substr(option.size() + 1);
    }
  }
  return ffmpeg_version(program);
}

std::optional<Container> container_named(std::string_view name) {
  return name == "mp4"    ? std::optional(Container::mp4)
         : name == "mov"  ? std::optional(Container::mov)
         : name == "mkv"  ? std::optional(Container::matroska)
         : name == "fmp4" ? std::optional(Container::fragments)
                          : std::nullopt;
}

/// What is wrong with --container; nullopt if nothing is.
std::optional<std::string> misfit(const ConvertOptions& options) {
  if (!options.container) {
    return std::nullopt;
  }
  if (options.task() != Task::convert) {
    return "--container has no use: what is made is no video for players";
  }
  const bool streams =
      options.container == Container::matroska || options.container == Container::fragments;
  if (options.output == "-" && !streams) {
    return "--container: on standard output mkv or fmp4; others have their index in front";
  }
  const auto named = container_of(options.output);
  const bool fragments_in_mp4 =
      options.container == Container::fragments && named == Container::mp4;
  return named && named != options.container && !fragments_in_mp4
             ? std::optional<std::string>("--container contradicts the name after --output")
             : std::nullopt;
}

void add_options(Arguments& parser, ConvertOptions& options) {
  parser.text("-o,--output", "FILE|DIR|-", options.output,
              "where it goes; .mp4, .mkv, .mov or .m3u8 picks the container (INPUT with .mp4)");
  parser.custom("--container", "CONTAINER", "",
                "mp4, mov, mkv or fmp4 (fragmented MP4), where no name shows it",
                [&](const std::string& given) -> std::optional<std::string> {
                  options.container = container_named(given);
                  return options.container ? std::nullopt
                                           : std::optional<std::string>("mp4, mov, mkv or fmp4");
                });
  parser.choice<Codec>("--codec", "CODEC", options.codec,
                       {{"copy", Codec::copy}, {"h264", Codec::h264}, {"h265", Codec::h265}},
                       "pictures: copy, h264 or h265");
  parser.choice<AudioMode>("--audio", "HOW", options.audio,
                           {{"auto", AudioMode::automatic},
                            {"copy", AudioMode::copy},
                            {"aac", AudioMode::aac},
                            {"none", AudioMode::none}},
                           "sound: auto, copy, aac or none");
  parser.custom("--fps", "N", "", "frames a second, for streams without times",
                [&](const std::string& given) -> std::optional<std::string> {
                  const auto rate = parse_frame_rate(given);
                  options.fps = rate.value_or(0);
                  return rate
                             ? std::nullopt
                             : std::optional<std::string>("a number from 1 to 240, as in 25, 29.97 "
                                                          "or 30000/1001");
                });
  parser.text("--meta", "FILE", options.meta, "metadata for the input (INPUT.json, if it exists)");
  parser.flag("--vendor-recipe", options.vendor_recipe, "run the vendor page's command instead");
  parser.choice<Extract>(
      "--extract", "WHAT", options.extract,
      {{"video", Extract::video}, {"audio", Extract::audio}, {"matroska", Extract::matroska}},
      "without ffmpeg: video (Annex B), audio (A-law) or matroska (both, with times)");
  parser.text("--thumbnail", "FILE", options.thumbnail,
              "make a JPEG of one picture; of several inputs: a folder");
  parser.flag("--live", options.live, "hand out pictures as they arrive (from a pipe to a pipe)");
  parser.text("--follow", "FILE.part", options.follow,
              "an input that still arrives: live, until it gets its name");
  parser.custom("--at", "TIME", "", "the thumbnail's picture: 1.5, 0:01.5 or UTC (at the trigger)",
                [&](const std::string& given) -> std::optional<std::string> {
                  options.at = parse_moment(given);
                  return options.at ? std::nullopt
                                    : std::optional<std::string>(
                                          "seconds since the clip's start, as in 1.5, 500ms or "
                                          "0:01.5, or UTC, as in 2024-10-29T12:43:42Z");
                });
  parser.text("--contact-sheet", "FILE", options.contact_sheet,
              "make a JPEG with pictures from all inputs, folders too");
  parser.text("--page", "FILE.html", options.page,
              "make one page to look at what is in folders, and what it lacks");
  parser.flag("--stack", options.stack,
              "make one video of two clips, FRONT and REAR, by their time");
  parser.number("-j,--jobs", "N", options.jobs, 1U, 256U, "this many files at once");
  parser.flag("-n,--dry-run", options.dry_run, "print the commands, ready to paste; run none");
  parser.text("--ffmpeg", "PATH", options.ffmpeg, "the ffmpeg to run");
  parser.if_exists(options.if_exists);
  parser.flag("--strict", options.strict, "write nothing if the input is damaged");
}

/// What a page, and a stack of two, have no use for.
std::optional<std::string> page_contradiction(const ConvertOptions& options) {
  const bool page = !options.page.empty();
  if (!page && !options.stack) {
    return std::nullopt;
  }
  const auto name = page ? "--page" : "--stack";
  if (page && std::ranges::find(options.inputs, "-") != options.inputs.end()) {
    return "--page shows what is in folders, and reads no standard input";
  }
  if (page && options.codec == Codec::h265) {
    return "--page makes H.264, which every browser plays; --codec h265 is not for it";
  }
  if (options.live || !options.follow.empty()) {
    return fmt::format("{} takes whole files, neither --live nor --follow", name);
  }
  return options.meta.empty()
             ? std::nullopt
             : std::optional(
                   fmt::format("--meta describes one file; {} takes INPUT.json of each", name));
}

/// What contradicts what; nullopt if nothing does.
std::optional<std::string> contradiction(const ConvertOptions& options) {
  const int tasks = (options.vendor_recipe ? 1 : 0) +
                    (options.extract != Extract::nothing ? 1 : 0) +
                    (options.thumbnail.empty() ? 0 : 1) + (options.contact_sheet.empty() ? 0 : 1) +
                    (options.page.empty() ? 0 : 1) + (options.stack ? 1 : 0);
  if (options.inputs.empty()) {
    return "no INPUT given";
  }
  if (tasks > 1) {
    return "only one of --vendor-recipe, --extract, --thumbnail, --contact-sheet, --page and "
           "--stack at a time";
  }
  if (options.stack && options.inputs.size() != 2) {
    return "--stack takes two clips: FRONT REAR";
  }
  if (std::ranges::count(options.inputs, "-") > 1) {
    return "standard input can be read only once";
  }
  if (!options.follow.empty() && options.inputs.size() > 1) {
    return "--follow takes no other INPUT";
  }
  if (!options.follow.empty() && !options.follow.ends_with(part_suffix)) {
    return "--follow takes a FILE.part that grows: give whatever else as INPUT";
  }
  if (options.at && options.thumbnail.empty()) {
    return "--at picks the picture for --thumbnail";
  }
  const bool names_file = !options.thumbnail.empty() || !options.contact_sheet.empty();
  if ((names_file || !options.page.empty()) && !options.output.empty()) {
    return "--output has no use: --thumbnail, --contact-sheet and --page name their file";
  }
  if (const auto text = page_contradiction(options)) {
    return text;
  }
  if (options.inputs.size() > 1 && options.output == "-" && !makes_one(options.task())) {
    return "--output: standard output takes one file";
  }
  if (auto text = misfit(options)) {
    return text;
  }
  if (options.inputs.size() > 1 && !options.meta.empty()) {
    return "--meta describes one file; for several there is INPUT.json beside each";
  }
  const bool reads_stdin = std::ranges::find(options.inputs, "-") != options.inputs.end();
  if (reads_stdin && options.output.empty() && !names_file) {
    return "--output is needed for standard input: it has no name to go by";
  }
  if (reads_stdin && options.vendor_recipe) {
    return "--vendor-recipe reads files only";
  }
  const bool to_stdout = options.output == "-" || options.thumbnail == "-" ||
                         options.contact_sheet == "-" || options.page == "-";
  if (to_stdout && options.common.json) {
    return "--json and the file cannot both go to standard output";
  }
  return std::nullopt;
}

} // namespace

std::optional<Moment> parse_moment(const std::string& text) {
  if (const auto utc = parse_time(text)) {
    return *utc;
  }
  std::string_view rest = text;
  double unit = 1e6;
  const bool clock = rest.find(':') != rest.npos;
  if (!clock && rest.ends_with("ms")) {
    unit = 1e3;
    rest.remove_suffix(2);
  } else if (!clock && rest.ends_with('s')) {
    rest.remove_suffix(1);
  }
  double seconds = 0;
  for (int fields = 0; fields < 3; ++fields) {
    const auto colon = rest.find(':');
    const auto field = rest.substr(0, colon);
    double value = 0;
    const auto* end = field.data() + field.size();
    const auto parsed = std::from_chars(field.data(), end, value, std::chars_format::fixed);
    constexpr double longest = 1e6;
    if (parsed.ec != std::errc{} || parsed.ptr != end || !(value >= 0 && value < longest) ||
        field.starts_with('-') || (fields != 0 && value >= 60)) {
      return std::nullopt;
    }
    seconds = seconds * 60 + value;
    if (colon == rest.npos) {
      return std::chrono::microseconds(std::llround(seconds * unit));
    }
    rest.remove_prefix(colon + 1);
  }
  return std::nullopt;
}

Task ConvertOptions::task() const {
  return vendor_recipe                 ? Task::vendor_recipe
         : extract != Extract::nothing ? Task::extract
         : !thumbnail.empty()          ? Task::thumbnail
         : !contact_sheet.empty()      ? Task::contact_sheet
         : !page.empty()               ? Task::page
         : stack                       ? Task::stack
                                       : Task::convert;
}

std::expected<ConvertOptions, ExitCode> parse_convert_options(int count,
                                                              const char* const* arguments) {
  ConvertOptions options;
  options.jobs = std::clamp(std::thread::hardware_concurrency(), 1U, 256U);
  options.program = count > 0 ? arguments[0] : "dcam-convert";
  Arguments parser({
      .name = "dcam-convert",
      .usage = "[options] INPUT...",
      .summary = "Makes videos that everyone can play of a camera's files: every frame, the "
                 "sound, true times. INPUT is PTMF, HEVC, H.264, MP4 or JPEG, by content; "
                 "- is standard input.",
      .examples = "  dcam-convert clip.h265                        makes clip.mp4\n"
                  "  dcam-convert --codec h264 -o mp4/ *.h265      for players without HEVC\n"
                  "  dcam-convert --contact-sheet sheet.jpg DIR    what is in a folder",
      .verbose = "more notes: every damaged place, and the ffmpeg commands that are run",
      .libraries = libraries(count, arguments),
  });
  parser.positionals("INPUT", options.inputs, "the files");
  add_options(parser, options);
  parser.file_lists(options.inputs);
  parser.print0();
  if (const auto code = parser.parse(count, arguments)) {
    return std::unexpected(*code);
  }
  options.common = parser.common();
  const bool streams = options.live || !options.follow.empty();
  if (!options.follow.empty()) {
    options.inputs.push_back(options.follow);
  }
  if (streams && options.output.empty() && options.task() == Task::convert) {
    options.output = "-";
  }
  if (options.inputs.empty() && parser.has_file_lists()) {
    return std::unexpected(ExitCode::done);
  }
  if (const auto text = contradiction(options)) {
    return std::unexpected(parser.usage_error(*text));
  }
  return options;
}

} // namespace dualcam::convert
