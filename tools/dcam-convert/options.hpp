#pragma once

#include <chrono>
#include <expected>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/exit_code.hpp"
#include "common/standard_streams.hpp"
#include "dcam-convert/sidecar.hpp"
#include "dualcam/storage/part_file.hpp"

namespace dualcam::convert {

enum class Codec { copy, h264, h265 };

enum class AudioMode {
  automatic, ///< what the container's players know: AAC in mp4 and mov, unchanged in mkv
  copy,
  aac,
  none,
};

enum class Container {
  mp4,
  mov,
  matroska,
  fragments, ///< fragmented MP4: a file, standard output or the segments of HLS
};

enum class Extract {
  nothing,
  video,    ///< HEVC as Annex B
  audio,    ///< A-law
  matroska, ///< both with their times: what ffmpeg is given
};

/// A point in a clip.
using Moment = std::variant<std::chrono::microseconds, ///< since its start
                            SystemTime>;

/// "1.5", "1.5s", "500ms", "01:02.5", "0:01:02.5", or UTC as in `2024-10-29T12:43:42Z`.
std::optional<Moment> parse_moment(const std::string& text);

/// What is made of the inputs.
enum class Task { convert, vendor_recipe, extract, thumbnail, contact_sheet, page, stack };

/// Whether it makes one output of all inputs.
constexpr bool makes_one(Task task) {
  return task == Task::contact_sheet || task == Task::page || task == Task::stack;
}

struct ConvertOptions {
  CommonOptions common;
  std::vector<std::string> inputs;
  std::string output;                 ///< file, folder or "-"; empty = beside the input
  std::optional<Container> container; ///< nullopt: as the output's name tells
  Codec codec = Codec::copy;
  AudioMode audio = AudioMode::automatic;
  double fps = 0;   ///< 0 = not given
  std::string meta; ///< empty = INPUT.json
  bool vendor_recipe = false;
  Extract extract = Extract::nothing;
  std::string thumbnail;
  std::optional<Moment> at; ///< of the thumbnail
  bool live = false;        ///< output while the input arrives
  std::string follow;       ///< NAME.part that still grows
  std::string contact_sheet;
  std::string page;             ///< FILE.html over what is in the inputs
  bool stack = false;           ///< two clips, one above the other
  unsigned thumbnail_width = 0; ///< at most; 0 = as the picture is
  unsigned jobs = 1;
  bool dry_run = false;
  std::string ffmpeg = "ffmpeg";
  IfExists if_exists = IfExists::number;
  bool strict = false;
  std::string program; ///< as it was called, for commands to paste

  Task task() const;
};

/// Parses and checks the command line; touches nothing. An exit code: the tool ends with it.
std::expected<ConvertOptions, ExitCode> parse_convert_options(int count,
                                                              const char* const* arguments);

} // namespace dualcam::convert
