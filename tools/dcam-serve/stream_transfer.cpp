#include "dcam-serve/stream_transfer.hpp"

#include <algorithm>

#include <limits.h>
#include <poll.h>
#include <unistd.h>

#include "dualcam/storage/durable.hpp"
#include "dualcam/wire/crc16.hpp"

namespace dualcam::serve {
namespace {

constexpr std::size_t longest_tail = 16; // packets
constexpr int poll_milliseconds = 100;

} // namespace

ResumePoint StreamTransfer::resume_point() const {
  const auto packets = static_cast<std::uint32_t>(tail_.size());
  const auto skipped = tail_.empty() ? 0 : std::min(compared_, tail_.size() - 1);
  ResumePoint from{
      data_.packets - packets + 1, data_.packets, bytes_before_tail_, crc_before_tail_, {}};
  from.in_packets = identity().in_packets;
  for (std::size_t i = 0; i < tail_.size(); ++i) {
    if (i >= skipped) {
      dualcam::append(from.overlap, tail_[i]);
      continue;
    }
    ++from.packet;
    from.offset += tail_[i].size();
    from.crc = crc16(tail_[i], from.crc);
  }
  return from;
}

asio::awaitable<Result<void>> StreamTransfer::leave(std::uint32_t, std::uint64_t offset) {
  if (new_bytes() == 0 && offset <= data_.bytes) {
    auto end = bytes_before_tail_;
    for (std::size_t i = 0; i < tail_.size() && (end += tail_[i].size()) <= offset; ++i) {
      compared_ = std::max(compared_, i + 1);
    }
  }
  co_return Result<void>();
}

asio::awaitable<Result<void>> StreamTransfer::append(std::span<const Bytes> payloads) {
  if (payloads.empty()) {
    co_return Result<void>();
  }
  auto written = co_await disk_.run([this, payloads] { return write_all(payloads); });
  has_come(data_);
  co_return written;
}

Result<void> StreamTransfer::write_all(std::span<const Bytes> payloads) {
  for (const auto payload : payloads) {
    if (const auto written = write(payload); !written) {
      return written;
    }
    data_.add(payload);
    digest_.add(payload);
    compared_ = 0;
    tail_.emplace_back(payload.begin(), payload.end());
    if (tail_.size() > longest_tail) {
      bytes_before_tail_ += tail_.front().size();
      crc_before_tail_ = crc16(tail_.front(), crc_before_tail_);
      tail_.pop_front();
    }
  }
  return {};
}

/// A pipe that is writable takes PIPE_BUF bytes at once, so this never waits in write().
Result<void> StreamTransfer::write(Bytes bytes) {
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

asio::awaitable<Result<Finished>> StreamTransfer::finish(const FileCompleted& completed, Unsaid&) {
  if (data_.bytes != completed.bytes || data_.crc != completed.crc) {
    co_return std::unexpected(
        Error{ErrorCategory::crc, 0, "what went to standard output is not what was verified"});
  }
  co_return Finished{Finished::What::stored, path(), data_, true, digest_.hex()};
}

asio::awaitable<Result<std::filesystem::path>> StreamTransfer::set_aside() {
  co_return std::unexpected(Error{ErrorCategory::io, 0,
                                  "the camera offers another file now, and what went to standard "
                                  "output cannot be taken back: run the command again"});
}

} // namespace dualcam::serve
