// A file on its way to standard output.
#pragma once

#include <atomic>
#include <deque>

#include "dcam-serve/disk.hpp"
#include "dcam-serve/sha256.hpp"
#include "dcam-serve/transfer.hpp"

namespace dualcam::serve {

/// What was written cannot be taken back, so it lives as long as the process; what it needs to
/// prove that the camera still offers the same file is kept in memory.
class StreamTransfer : public Transfer {
public:
  /// The writing thread of `disk` waits for the reader.
  StreamTransfer(Disk& disk, const Clock& clock, FileFacts facts, std::uint32_t announced)
      : Transfer(clock, std::move(facts), announced), disk_(disk) {}

  std::filesystem::path path() const override { return "-"; }
  ResumePoint resume_point() const override;
  void interrupt() override { interrupted_ = true; }
  bool was_interrupted() const override { return interrupted_; }
  bool reader_gone() const override { return reader_gone_; }
  asio::awaitable<Result<void>> append(std::span<const Bytes> payloads) override;
  asio::awaitable<Result<void>> leave(std::uint32_t packet, std::uint64_t offset) override;
  asio::awaitable<Result<Finished>> finish(const FileCompleted& completed, Unsaid&) override;
  asio::awaitable<Result<std::filesystem::path>> set_aside() override;

private:
  Result<void> write_all(std::span<const Bytes> payloads);
  Result<void> write(Bytes bytes);

  Disk& disk_;
  HeldData data_;
  Sha256 digest_;
  std::deque<ByteBuffer> tail_; ///< the last packets
  std::size_t compared_ = 0;    ///< so many of them have come again, and nothing since
  std::uint64_t bytes_before_tail_ = 0;
  std::uint16_t crc_before_tail_ = 0;
  std::atomic<bool> interrupted_ = false;
  bool reader_gone_ = false;
};

} // namespace dualcam::serve
