// Traffic of our own connections, written as a capture that Wireshark, tcpdump and dcam-crc read.
//
// The file is pcap with nanoseconds and LINKTYPE_RAW: IP packets without a link layer. We see
// streams, not packets, so the packets are made up: a handshake, then one segment a `received` or
// `sent` (cut where IP's length field ends), sequence numbers and checksums as they must be. What a
// TLS connection carries is written in the clear.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <utility>

#include "common/appender.hpp"
#include "common/descriptor.hpp"
#include "common/line_queue.hpp"
#include "common/tcp_segment.hpp"
#include "dualcam/wire/error.hpp"

namespace dualcam::inline tools {

using CaptureTime = std::chrono::sys_time<std::chrono::nanoseconds>;

/// One capture file, which connections share. Nobody waits for it, but for `open` and `finish`.
/// Each record is appended by one write, so that several processes may add to one file. After a
/// failure nothing more is written.
class PcapWriter {
public:
  /// Makes the file, or goes on in one that was written here before: a torn record at its end (the
  /// disk was full, the machine went down) is cut off. Anything else in the file's place is an
  /// error, and stays as it is. The opened file is readable by its owner alone: positions are in
  /// it. A named pipe is opened once somebody reads it; until then `waits` is called again and
  /// again, and may say false.
  static Result<std::unique_ptr<PcapWriter>>
  open(const std::filesystem::path& path, const std::function<bool()>& waits = [] { return true; });
  /// Whether `open` would go on in the regular file that is there, which stays as it is.
  static Result<void> check(const std::filesystem::path& path);
  PcapWriter(const PcapWriter&) = delete;
  PcapWriter& operator=(const PcapWriter&) = delete;

  /// Behind the last record: waits until all is written; a reader has a little time for what they
  /// have not taken.
  void finish();

  /// So much waits for the disk that no more should come. Of a reader that is an error instead.
  bool is_behind() const;
  /// Something waits for the disk; from any thread.
  bool is_busy() const { return file_ && file_->waiting() > 0; }

  /// The errno of the first failure, 0 if there was none: the capture is incomplete, the transfer
  /// need not be.
  int error() const { return error_ == 0 && file_ ? file_->error() : error_; }

  /// It goes to a pipe, not to a file.
  bool has_reader() const { return reader_ != nullptr; }
  /// What follows goes to where `other` did.
  void swap(PcapWriter& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    std::swap(error_, other.error_);
    std::swap(reader_, other.reader_);
    std::swap(file_, other.file_);
  }

private:
  friend class CapturedConnection;

  explicit PcapWriter(Descriptor descriptor) : descriptor_(std::move(descriptor)) {}
  Result<void> reopen_to_reader(const std::filesystem::path& path,
                                const std::function<bool()>& waits);
  void write(ByteBuffer records);

  Descriptor descriptor_; // closed after the two that write to it
  int error_ = 0;
  std::unique_ptr<LineQueue> reader_; ///< of what is no regular file
  std::unique_ptr<Appender> file_;    ///< of what is one
};

/// One connection in it.
class CapturedConnection {
public:
  /// Writes nothing yet. `writer` must outlive the connection.
  explicit CapturedConnection(PcapWriter& writer) : writer_(writer) {}

  /// `device` has opened a connection to `server`: both of one address family.
  void connected(const Endpoint& device, const Endpoint& server, CaptureTime time);
  /// From the device.
  void received(Bytes bytes, CaptureTime time);
  /// To the device.
  void sent(Bytes bytes, CaptureTime time);
  void closed(CaptureTime time);

private:
  struct Side {
    Endpoint endpoint;
    std::uint32_t next = 0; ///< sequence number
  };

  void data(Side& from, const Side& to, Bytes bytes, CaptureTime time);
  void record(Side& from, const Side& to, std::uint8_t flags, Bytes payload, CaptureTime time,
              ByteBuffer& out);

  PcapWriter& writer_;
  Side device_;
  Side server_;
  bool open_ = false;
};

} // namespace dualcam::inline tools
