#include "dcam-meta/options.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "common/arguments.hpp"
#include "common/camera_choices.hpp"
#include "common/pcap_reader.hpp"
#include "dcam-meta/exif.hpp"
#include "dualcam/wire/hex_value.hpp"

namespace dualcam::meta {
namespace {

constexpr std::string_view coord_word = "coord";

/// A coordinate that would pass for an option: -33.8, -.5, -inf.
bool is_negative_number(std::string_view argument) {
  if (argument.size() < 2 || argument[0] != '-') {
    return false;
  }
  const auto rest = argument.substr(1);
  return std::string_view("0123456789.").find(rest[0]) != std::string_view::npos ||
         rest.starts_with("inf") || rest.starts_with("nan");
}

/// With `coord` among the arguments, negative numbers get a space in front, which keeps them from
/// being read as options; coordinates are trimmed anyway.
std::vector<std::string> shield_negative_numbers(int count, const char* const* arguments) {
  std::vector<std::string> shielded(arguments, arguments + count);
  if (std::ranges::find(shielded, coord_word) != shielded.end()) {
    for (auto& argument : shielded) {
      argument = is_negative_number(argument) ? ' ' + argument : argument;
    }
  }
  return shielded;
}

std::string libraries() {
  return fmt::format("nlohmann-json {}.{}.{}, {}", NLOHMANN_JSON_VERSION_MAJOR,
                     NLOHMANN_JSON_VERSION_MINOR, NLOHMANN_JSON_VERSION_PATCH, pcap_version());
}

void add_options(Arguments& parser, MetaOptions& options) {
  parser.custom(
      "-x,--hex", "HEX", "", "the metadata itself as hex digits instead of FILE; repeatable",
      [&](const auto& given) -> std::optional<std::string> {
        auto bytes = parse_hex(given);
        if (!bytes || bytes->empty()) {
          return "hex digits in pairs, spaces, commas or colons between them or not";
        }
        options.hex.push_back(std::move(*bytes));
        return std::nullopt;
      },
      true);
  parser.choice("--camera", "FAMILY", options.camera, camera_choices(),
                "auto, dualcam, adas, dsm or dashcam");
  parser.choice("-f,--format", "FORMAT", options.format,
                {{"text", RecordFormat::text},
                 {"json", RecordFormat::json},
                 {"csv", RecordFormat::csv},
                 {"geojson", RecordFormat::geojson},
                 {"gpx", RecordFormat::gpx}},
                "text, json, csv, geojson or gpx");
  parser.flag("--tag", options.tag,
              "write time, position and IMEI from FILE.json into the EXIF of FILE, a JPEG");
}

std::optional<std::string> contradiction(const MetaOptions& options) {
  const bool formatted = options.format != RecordFormat::text;
  const auto mode = options.coord ? "coord" : "--tag";
  if (options.common.json && formatted && options.format != RecordFormat::json) {
    return "--json and another --format exclude each other";
  }
  if (options.coord && options.tag) {
    return "coord and --tag exclude each other";
  }
  if (options.coord || options.tag) {
    if (!options.hex.empty()) {
      return fmt::format("--hex has no meaning with {}", mode);
    }
    if (formatted && options.format != RecordFormat::json) {
      return fmt::format("--format has no meaning with {}", mode);
    }
  }
  if (options.common.print0 && !options.tag) {
    return "--print0 is of use with --tag only, which prints paths";
  }
  if (options.tag && options.files.empty()) {
    return "--tag needs the name of a photo";
  }
  return std::nullopt;
}

} // namespace

std::expected<MetaOptions, ExitCode> parse_meta_options(int count, const char* const* arguments) {
  MetaOptions options;
  Arguments parser({
      .name = "dcam-meta",
      .usage = "[options] [FILE...]\n       dcam-meta [options] coord [VALUE...]",
      .summary = "Shows what the camera knew about its files, from metadata, sidecars and captured "
                 "traffic; converts coordinates.",
      .examples = "  dcam-meta 350612071913857/*.json -f gpx > photos.gpx\n"
                  "  dcam-meta coord 404b59a74e8e028d 403947973bf147d6\n"
                  "  dcam-meta --tag 350612071913857/*_photof.jpg",
      .verbose = "more notes",
      .libraries = libraries(),
  });
  parser.positionals("FILE", options.files, "standard input by default, or -; after coord, values");
  add_options(parser, options);
  parser.file_lists(options.files);
  parser.print0();
  const auto shielded = shield_negative_numbers(count, arguments);
  std::vector<const char*> pointers;
  for (const auto& argument : shielded) {
    pointers.push_back(argument.c_str());
  }
  if (const auto code = parser.parse(count, pointers.data())) {
    return std::unexpected(*code);
  }
  options.common = parser.common();
  options.coord = !options.files.empty() && options.files.front() == coord_word;
  if (const auto text = contradiction(options)) {
    return std::unexpected(parser.usage_error(*text));
  }
  if (options.coord) {
    options.values.assign(options.files.begin() + 1, options.files.end());
  }
  if (options.common.json) {
    options.format = RecordFormat::json;
  }
  if (options.files.empty() && options.hex.empty() && parser.has_file_lists()) {
    return std::unexpected(ExitCode::done);
  }
  if (options.files.empty() && options.hex.empty()) {
    options.files.emplace_back("-");
  }
  return options;
}

} // namespace dualcam::meta
