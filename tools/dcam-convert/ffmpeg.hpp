// Every ffmpeg command line of this tool. They are vectors of words: no shell, and file names
// behind `file:`, so that none is taken for an option, a protocol or a pattern.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "dcam-convert/options.hpp"
#include "dcam-convert/sidecar.hpp"
#include "dualcam/media/picture_size.hpp"

namespace dualcam::convert {

using Command = std::vector<std::string>;

/// By its extension: .mp4, .mov, .mkv or .m3u8, upper case too.
std::optional<Container> container_of(const std::filesystem::path& path);

/// Whether it is named as an HLS playlist.
bool is_playlist_name(const std::filesystem::path& path);

/// What a target's name or --container says; standard output is Matroska.
Container container_for(const ConvertOptions& options, const std::filesystem::path& target);

/// What ffmpeg calls it.
std::string_view name_of(Container container);

/// Whether a name is one that JPEGs have.
bool is_jpeg_name(const std::filesystem::path& path);

/// `file:PATH`
std::string file_argument(const std::filesystem::path& path);

/// What ffmpeg reads.
struct FfmpegInput {
  bool stream = true;     ///< our Matroska stream on standard input; otherwise an MP4 or JPEG file
  std::string argument;   ///< behind -i
  std::string format;     ///< behind -f; empty = ffmpeg finds out
  bool hevc = true;       ///< the pictures are HEVC
  bool has_sound = false; ///< known for streams only
  bool raw_sound = false; ///< of a file: PCM or G.711
};

/// The stream as input.
FfmpegInput stream_input(bool has_sound, VideoCodec codec = VideoCodec::h265);

/// Where an output goes, and whether it replaces what is there.
struct FfmpegOutput {
  std::string argument;
  bool overwrite = false;
};

/// How ffmpeg is to work while its input arrives.
struct Haste {
  bool live = false;   ///< nothing waits for what comes later
  bool by_key = false; ///< key pictures stay such: segments begin with them
};

/// What --audio means for this container and input.
AudioMode audio_for(AudioMode wanted, Container container, const FfmpegInput& input);

/// Whether the container can hold the input's sound unchanged.
bool can_copy_audio(Container container, const FfmpegInput& input);

/// Pictures and sound into a container. Times stay as they are: to 1/90000 s in MP4 and MOV, which
/// QuickTime likes and which tenths of a millisecond fit exactly, to 1 ms in Matroska.
Command convert_command(const ConvertOptions& options, Container container,
                        const FfmpegInput& input, const Sidecar& sidecar,
                        const FfmpegOutput& output, const Haste& haste = {});

/// `ffmpeg -r FPS -i INPUT -ss 00:00:0.9 -c:a copy -c:v libx264 OUTPUT`, the vendor page's.
Command vendor_command(const ConvertOptions& options, double fps,
                       const std::filesystem::path& input, Container container,
                       const FfmpegOutput& output);

/// One of two clips, one above the other.
struct StackedInput {
  FfmpegInput input;
  std::chrono::microseconds start; ///< of the clip, since that of the earlier one
  const char* title;               ///< of its sound
};

/// Two clips on one clock as one video, the first above the second, each in a cell of this size
/// (even numbers): black where a clip has no picture, a picture at every time at which one of them
/// has one, the sounds as tracks.
Command stack_command(const ConvertOptions& options, Container container,
                      const std::array<StackedInput, 2>& inputs, PictureSize cell,
                      const Sidecar& sidecar, const FfmpegOutput& output);

/// Which picture becomes a thumbnail.
struct Pick {
  bool first_key = true;          ///< the first key picture; otherwise:
  std::uint64_t number = 0;       ///< of a stream's pictures, as they are shown
  std::chrono::microseconds at{}; ///< of a file's
};

/// One picture as a JPEG.
Command thumbnail_command(const ConvertOptions& options, const FfmpegInput& input, const Pick& pick,
                          const FfmpegOutput& output);

/// Size of one picture of a contact sheet.
inline constexpr unsigned cell_width = 320;
inline constexpr unsigned cell_height = 180;

/// Which pictures of an input go into a contact sheet.
struct Selection {
  bool key_only = false;               ///< `pictures` counts key pictures only, the others unread
  std::vector<std::uint64_t> pictures; ///< numbers, rising
  std::string label;                   ///< [A-Za-z0-9._-] in front of the time
  bool has_time = true;
};

/// The chosen pictures, labelled and of one size, as raw RGB on standard output.
Command cells_command(const ConvertOptions& options, const FfmpegInput& input,
                      const Selection& selection);

/// A line for the first picture that can be decoded.
Command probe_command(const ConvertOptions& options, const FfmpegInput& input);

/// Raw RGB cells on standard input, as a JPEG.
Command sheet_command(const ConvertOptions& options, std::uint64_t cells,
                      const FfmpegOutput& output);

/// The same command, which then tells on its standard output how many frames it has done.
Command with_progress(Command command);

/// "ffmpeg 5.1.9", or that there is none.
std::string ffmpeg_version(const std::string& program);

} // namespace dualcam::convert
