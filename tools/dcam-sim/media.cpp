#include "dcam-sim/media.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <system_error>

#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "common/arguments.hpp"
#include "common/escape.hpp"
#include "common/process.hpp"
#include "dualcam/files/file_ref.hpp"
#include "dualcam/media/annex_b.hpp"
#include "dualcam/media/media_type.hpp"
#include "dualcam/media/ptmf.hpp"
#include "dualcam/wire/message.hpp"

namespace dualcam::sim {
namespace {

constexpr std::uint16_t width = 1280;
constexpr std::uint16_t height = 720;
constexpr std::uint64_t first_sound_time = 63'000; // microseconds after the first picture
constexpr std::uint64_t sound_period = 40'000;
constexpr std::size_t sound_size = 320;

constexpr auto advice = "install it (apt-get install ffmpeg) or give FILEs to upload";

Result<ByteBuffer> ffmpeg(std::vector<std::string> arguments, int stop) {
  arguments.insert(arguments.begin(), {"ffmpeg", "-nostdin", "-v", "error"});
  arguments.emplace_back("pipe:1");
  Process process{.command = std::move(arguments)};
  process.stop = stop;
  auto result = run_process(process);
  if (!result) {
    return std::unexpected(Error{ErrorCategory::io, 0, result.error().message + "; " + advice});
  }
  if (result->status != 0 || result->output.empty()) {
    return std::unexpected(Error{ErrorCategory::io, 0,
                                 fmt::format("ffmpeg failed with status {}: {}", result->status,
                                             last_line(result->errors))});
  }
  return std::move(result->output);
}

std::string test_picture(unsigned frame_rate) {
  return fmt::format("testsrc2=size={}x{}:rate={}", width, height, frame_rate);
}

Result<ByteBuffer> make_pictures(std::uint32_t seconds, unsigned frame_rate, int stop) {
  return ffmpeg({"-f", "lavfi", "-i", test_picture(frame_rate), "-t", std::to_string(seconds),
                 "-c:v", "libx265", "-preset", "ultrafast", "-x265-params",
                 fmt::format("log-level=error:bframes=0:keyint={0}:min-keyint={0}:"
                             "vui-timing-info=0", // as a camera's
                             frame_rate),
                 "-f", "hevc"},
                stop);
}

/// A sine that rises all the time, so that every moment sounds different.
Result<ByteBuffer> make_sound(std::uint32_t seconds, int stop) {
  return ffmpeg(
      {"-f", "lavfi", "-i",
       fmt::format("aevalsrc=0.5*sin(2*PI*(300*t+400*t*t/{})):s=8000:d={}", seconds, seconds), "-f",
       "alaw"},
      stop);
}

/// When the camera takes its pictures: 30 a second, of which it keeps as many as it is told to, so
/// that at 20 a second the distances are 66.6 and 33.4 ms in turn.
std::uint64_t picture_time(std::uint64_t number, unsigned frame_rate) {
  const auto period = 1'000'000 / frame_rate;
  return number * 1'000'000 / frame_rate + (number % 2 == 0 ? 0 : period * 332 / 1000);
}

/// Both in the order of their times, as the camera stores them.
ByteBuffer make_ptmf(Bytes pictures, Bytes sound, unsigned frame_rate) {
  AccessUnitSplitter splitter;
  std::vector<AccessUnit> units;
  splitter.feed(pictures, units);
  if (const auto last = splitter.finish()) {
    units.push_back(*last);
  }
  ByteBuffer file;
  PtmfWriter writer({static_cast<std::uint8_t>(frame_rate), width, height});
  auto sound_time = first_sound_time;
  const auto write_sound_until = [&](std::uint64_t time) {
    for (; sound_time < time && sound.size() >= sound_size; sound_time += sound_period) {
      writer.sound(sound.first(sound_size), sound_time, file);
      sound = sound.subspan(sound_size);
    }
  };
  for (std::size_t i = 0; i < units.size(); ++i) {
    const auto time = picture_time(i, frame_rate);
    write_sound_until(time);
    writer.picture(units[i].key, pictures.subspan(units[i].offset, units[i].size), time, file);
  }
  write_sound_until(picture_time(units.size(), frame_rate));
  return file;
}

/// By its content, and if that does not tell, by its name.
FileKind kind_of(Bytes content, std::string_view path) {
  const auto sample = content.first(std::min(content.size(), extension_sample_size));
  const bool is_jpeg = content.size() > 2 && load_be<std::uint16_t>(content) == 0xFFD8;
  const auto file = FileRef::of_path(path);
  const auto ending = file ? file->extension() : std::string_view();
  const bool is_named_photo = ending == ".jpg" || ending == ".jpeg";
  return is_jpeg || (is_named_photo && extension_of_content(sample).empty())
             ? FileKind::front_photo
             : FileKind::front_video;
}

SystemTime last_change_of(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) {
    return system_now();
  }
  return SystemTime(
      std::chrono::milliseconds(status.st_mtim.tv_sec * 1000 + status.st_mtim.tv_nsec / 1'000'000));
}

} // namespace

std::string mistaken_file(const std::string& argument) {
  const auto word = argument.substr(0, argument.find('='));
  if (argument.empty() || (argument.ends_with('=') && file_kind_named(word))) {
    return fmt::format("'{}' names no file", argument);
  }
  const bool is_word = word.size() < argument.size() && !word.empty() &&
                       std::ranges::all_of(word, [](char c) { return c >= 'a' && c <= 'z'; });
  if (!is_word || file_kind_named(word) || ::access(argument.c_str(), F_OK) == 0) {
    return "";
  }
  const auto near = nearest(word, {"photof", "photor", "videof", "videor"});
  return fmt::format("{}: '{}' is no kind of file; give photof, photor, videof or videor{}",
                     escaped(argument), word,
                     near.empty() ? "" : fmt::format("; did you mean '{}'?", near));
}

Result<Recording> load_recording(const std::string& argument) {
  const auto equals = argument.find('=');
  const auto kind =
      equals == std::string::npos ? std::nullopt : file_kind_named(argument.substr(0, equals));
  const auto path = kind ? argument.substr(equals + 1) : argument;
  std::ifstream file(path, std::ios::binary);
  ByteBuffer content;
  std::error_code unknown;
  if (const auto size = std::filesystem::file_size(path, unknown); !unknown) {
    content.reserve(size);
  }
  ByteBuffer piece(std::size_t{1} << 18);
  while (file) { // to its end, since only that tells the size of a pipe and shows a folder
    file.read(reinterpret_cast<char*>(piece.data()), static_cast<std::streamsize>(piece.size()));
    append(content, Bytes(piece).first(static_cast<std::size_t>(file.gcount())));
  }
  if (file.bad() || !file.eof()) {
    return std::unexpected(Error{
        ErrorCategory::io, 0, fmt::format("cannot read {}: {}", escaped(path), reason_of(errno))});
  }
  if (content.empty()) {
    return std::unexpected(
        Error{ErrorCategory::malformed, 0, escaped(path) + " is empty: no camera has such a file"});
  }
  return Recording{kind.value_or(kind_of(content, path)), path, std::move(content),
                   last_change_of(path)};
}

Result<std::vector<Recording>> generate_recordings(std::uint32_t seconds, unsigned frame_rate,
                                                   int stop) {
  auto photo = ffmpeg(
      {"-f", "lavfi", "-i", test_picture(1), "-frames:v", "1", "-q:v", "4", "-f", "mjpeg"}, stop);
  if (!photo) {
    return std::unexpected(photo.error());
  }
  const auto pictures = make_pictures(seconds, frame_rate, stop);
  if (!pictures) {
    return std::unexpected(pictures.error());
  }
  const auto sound = make_sound(seconds, stop);
  if (!sound) {
    return std::unexpected(sound.error());
  }
  std::vector<Recording> recordings;
  recordings.push_back({FileKind::front_photo, "generated photo", std::move(*photo), system_now()});
  recordings.push_back({FileKind::front_video, "generated video",
                        make_ptmf(*pictures, *sound, frame_rate), system_now()});
  return recordings;
}

ByteBuffer other_content(Bytes content, Random random) {
  ByteBuffer other(content.begin(), content.end());
  const auto equal = content.size() > full_packet ? full_packet : content.size() / 2;
  for (auto& byte : std::span(other).subspan(equal)) {
    byte ^= static_cast<std::byte>(1 + random.below(255));
  }
  return other;
}

} // namespace dualcam::sim
