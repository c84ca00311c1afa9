#include "dcam-sim/media.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>

#include <fmt/format.h>

#include "common/escape.hpp"
#include "common/process.hpp"

namespace dualcam {
namespace {

constexpr auto advice = "install it (apt-get install ffmpeg) or give FILEs to upload";

Result<ByteBuffer> ffmpeg(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"ffmpeg", "-nostdin", "-v", "error"});
  arguments.emplace_back("pipe:1");
  auto result = run_process(arguments);
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
  return fmt::format("testsrc2=size=1280x720:rate={}", frame_rate);
}

} // namespace

Result<Recording> load_recording(const std::string& argument) {
  const auto equals = argument.find('=');
  const auto kind =
      equals == std::string::npos ? std::nullopt : file_kind_named(argument.substr(0, equals));
  const auto path = kind ? argument.substr(equals + 1) : argument;
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  const auto size = file.tellg();
  ByteBuffer content(size > 0 ? static_cast<std::size_t>(size) : 0);
  file.seekg(0);
  file.read(reinterpret_cast<char*>(content.data()), static_cast<std::streamsize>(content.size()));
  if (!file) {
    return std::unexpected(
        Error{ErrorCategory::io, 0,
              fmt::format("cannot read {}: {}", escaped(path), std::strerror(errno))});
  }
  if (content.empty()) {
    return std::unexpected(
        Error{ErrorCategory::malformed, 0, escaped(path) + " is empty: no camera has such a file"});
  }
  const bool is_jpeg = content.size() > 2 && load_be<std::uint16_t>(content) == 0xFFD8;
  return Recording{kind.value_or(is_jpeg ? FileKind::front_photo : FileKind::front_video), path,
                   std::move(content)};
}

Result<std::vector<Recording>> generate_recordings(std::uint32_t seconds, unsigned frame_rate) {
  auto photo =
      ffmpeg({"-f", "lavfi", "-i", test_picture(1), "-frames:v", "1", "-q:v", "4", "-f", "mjpeg"});
  if (!photo) {
    return std::unexpected(photo.error());
  }
  auto video =
      ffmpeg({"-f", "lavfi", "-i", test_picture(frame_rate), "-t", std::to_string(seconds), "-c:v",
              "libx265", "-preset", "ultrafast", "-x265-params",
              fmt::format("log-level=error:bframes=0:keyint={0}:min-keyint={0}", frame_rate), "-f",
              "hevc"});
  if (!video) {
    return std::unexpected(video.error());
  }
  std::vector<Recording> recordings;
  recordings.push_back({FileKind::front_photo, "generated photo", std::move(*photo)});
  recordings.push_back({FileKind::front_video, "generated video", std::move(*video)});
  return recordings;
}

} // namespace dualcam
