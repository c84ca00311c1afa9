#include "dcam-convert/output.hpp"

#include <cerrno>
#include <system_error>
#include <utility>

#include <poll.h>
#include <unistd.h>

namespace dualcam {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t surely_fits = 4096; // PIPE_BUF: what a writable pipe takes at once

} // namespace

fs::path output_path(const std::string& output, const std::string& input,
                     std::string_view extension, bool many) {
  auto name = input == "-" ? fs::path("stdin") : fs::path(input);
  name.replace_extension(extension);
  std::error_code ignored;
  if (output.empty()) {
    return name;
  }
  if (output != "-" && (many || output.ends_with('/') || fs::is_directory(output, ignored))) {
    return fs::path(output) / name.filename();
  }
  return output;
}

Result<Output> Output::create(const fs::path& path, bool make_folder) {
  if (path == "-") {
    return Output(std::nullopt);
  }
  if (make_folder && path.has_parent_path()) {
    std::error_code error;
    fs::create_directories(path.parent_path(), error);
    if (error) {
      return errno_error(error.value(), "cannot create " + path.parent_path().string());
    }
  }
  auto part = PartFile::create(path);
  if (!part) {
    return std::unexpected(part.error());
  }
  return Output(std::move(*part));
}

Output::~Output() {
  if (part_ && !finished_) {
    part_->discard();
  }
}

Result<void> Output::write(Bytes bytes, const StopSignal& stop) {
  return part_ ? part_->append(std::span(&bytes, 1)) : write_to_stdout(bytes, stop);
}

Result<void> Output::write_to_stdout(Bytes bytes, const StopSignal& stop) {
  while (!bytes.empty()) {
    std::array polled{pollfd{STDOUT_FILENO, POLLOUT, 0}, pollfd{stop.descriptor(), POLLIN, 0}};
    (void)::poll(polled.data(), polled.size(), -1);
    if (stop.requested()) {
      return errno_error(EINTR, "stopped");
    }
    const auto written = ::write(STDOUT_FILENO, bytes.data(), std::min(bytes.size(), surely_fits));
    if (written < 0 && errno == EPIPE) {
      reader_gone_ = true;
      return {};
    }
    if (written < 0 && errno != EINTR && errno != EAGAIN) {
      return errno_error(errno, "cannot write to standard output");
    }
    bytes = bytes.subspan(static_cast<std::size_t>(std::max<ssize_t>(written, 0)));
  }
  return {};
}

Result<std::optional<fs::path>> Output::finish(IfExists if_exists) {
  if (!part_) {
    finished_ = true;
    return fs::path();
  }
  auto name = part_->finish(if_exists);
  finished_ = name.has_value();
  return name;
}

} // namespace dualcam
