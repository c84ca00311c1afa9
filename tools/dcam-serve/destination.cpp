#include "dcam-serve/destination.hpp"

#include <algorithm>

#include <limits.h>
#include <poll.h>
#include <unistd.h>

#include "dualcam/wire/crc16.hpp"

namespace dualcam::serve {
namespace {

constexpr std::uint32_t longest_tail = 16; // packets
constexpr int poll_milliseconds = 100;

} // namespace

ResumePoint StreamDestination::resume_point() const {
  return {data_.packets - tail_packets_ + 1, data_.packet_size, crc_before_tail_, tail_};
}

Result<void> StreamDestination::append(std::span<const Bytes> payloads) {
  for (const auto payload : payloads) {
    if (const auto written = write(payload); !written) {
      return written;
    }
    data_.add(payload);
    if (tail_packets_ == longest_tail) {
      const auto oldest = tail_.begin() + data_.packet_size;
      crc_before_tail_ = crc16(std::span(tail_.begin(), oldest), crc_before_tail_);
      tail_.erase(tail_.begin(), oldest);
      --tail_packets_;
    }
    dualcam::append(tail_, payload);
    ++tail_packets_;
  }
  return {};
}

/// A pipe that is writable takes PIPE_BUF bytes at once, so this never waits in write().
Result<void> StreamDestination::write(Bytes bytes) {
  while (!bytes.empty()) {
    pollfd reader{STDOUT_FILENO, POLLOUT, 0};
    if (uninterrupted([&] { return ::poll(&reader, 1, poll_milliseconds); }) == 0) {
      if (interrupted_) {
        return io_error("write to", "standard output", ECANCELED);
      }
      continue;
    }
    const auto piece = bytes.first(std::min<std::size_t>(bytes.size(), PIPE_BUF));
    const auto written =
        uninterrupted([&] { return ::write(STDOUT_FILENO, piece.data(), piece.size()); });
    if (written < 0 && errno != EAGAIN) {
      reader_gone_ = errno == EPIPE;
      return io_error("write to", "standard output", errno);
    }
    bytes = bytes.subspan(static_cast<std::size_t>(std::max<ssize_t>(written, 0)));
  }
  return {};
}

Result<std::optional<std::filesystem::path>> StreamDestination::finish(const std::filesystem::path&,
                                                                       IfExists) {
  return path();
}

Result<std::filesystem::path> StreamDestination::set_aside() {
  return std::unexpected(Error{ErrorCategory::io, 0,
                               "the camera offers another file now, and what went to standard "
                               "output cannot be taken back: run the command again"});
}

} // namespace dualcam::serve
