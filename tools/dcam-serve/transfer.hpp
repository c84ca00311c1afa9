// One file on its way from a camera to its destination.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <utility>

#include "common/clock.hpp"
#include "common/coroutine.hpp"
#include "dcam-serve/file_facts.hpp"
#include "dcam-serve/unsaid.hpp"
#include "dualcam/files/geometry.hpp"
#include "dualcam/files/resume_point.hpp"
#include "dualcam/session/server_session.hpp"

namespace dualcam::serve {

/// What became of a whole file.
struct Finished {
  enum class What {
    stored,
    known,   ///< it was stored before, and is where it was or has moved on
    skipped, ///< by --if-exists
  };
  What what;
  std::filesystem::path path;
  HeldData file;
  bool is_news;         ///< nobody was told of it before
  std::string sha256{}; ///< of news
  Unsaid::Line line{};  ///< of news that have a record
};

/// A FileTransfer or a StreamTransfer, as its Destination made it. An object is used by the loop's
/// thread alone; what takes its time is awaited, one thing after the other, until it is over.
class Transfer {
public:
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;
  virtual ~Transfer() = default;

  const FileFacts& facts() const { return facts_; }
  /// To change them, on which the file's name depends.
  FileFacts& new_facts() {
    have_changed_ = true;
    return facts_;
  }
  /// The connection that goes on with it.
  void comes_by(const Origin& origin) { facts_.origin = origin; }
  FileIdentity identity() const { return facts_.identity(announced_); }
  /// By START: packets if `counts_packets`, else bytes.
  std::uint32_t announced() const { return announced_; }
  bool counts_packets() const { return counts_packets_; }
  /// What has come of it, in earlier connections as well.
  std::uint32_t packets() const { return packets_; }
  std::uint64_t bytes() const { return bytes_; }
  /// As START lets expect them, at least what has come.
  std::uint64_t expected_bytes() const { return std::max(bytes_, expected_); }
  /// The part of `bytes` that this connection brought.
  std::uint64_t new_bytes() const { return bytes() - bytes_before_; }
  std::chrono::milliseconds duration() const;
  /// Of new bytes, a second.
  double rate() const;
  /// Once a RESUME was sent, for bytes lost on the way or on a new connection.
  void count_resumption() { ++resumptions_; }
  void count_resumptions(unsigned earlier) { resumptions_ += earlier; }
  unsigned resumptions() const { return resumptions_; }

  /// What its packets have shown so far of how the device counts it.
  void counts_as(const Geometry& geometry);

  /// For people: where it is now.
  virtual std::filesystem::path path() const = 0;
  /// Where what has come of it lies; empty: nothing has, or it lies there no more.
  virtual asio::awaitable<std::filesystem::path> kept() {
    co_return packets() > 0 ? path() : std::filesystem::path();
  }
  /// Where the camera is to begin.
  virtual ResumePoint resume_point() const = 0;
  /// It is only compared with files that were stored before.
  virtual bool is_comparing() const { return false; }
  /// It is none of them.
  virtual asio::awaitable<Result<void>> begin_new() { co_return Result<void>(); }

  /// Makes an `append` that waits for a reader give up, also the next ones.
  virtual void interrupt() {}
  virtual bool was_interrupted() const { return false; }
  /// `append` failed because nobody reads any more (`| head -c 100`).
  virtual bool reader_gone() const { return false; }
  /// The next verified packets, in order; none: whether all is well. It becomes durable within a
  /// second or so, as a part. After an error, which may be one of what was appended before, or
  /// that --min-free is not left any more, the file can only be given up; what was appended before
  /// is saved if the disk allows it.
  virtual asio::awaitable<Result<void>> append(std::span<const Bytes> payloads) = 0;
  /// `on_failure` is called when nothing is being awaited and the next `append` will fail.
  virtual void watch(const std::function<void()>& on_failure) { (void)on_failure; }

  /// The link is lost: makes what has arrived durable, and that what is before packet `packet`,
  /// which begins at `offset`, has come again as it is held (0: nothing). Of nothing, nothing
  /// remains.
  virtual asio::awaitable<Result<void>> leave(std::uint32_t packet = 0,
                                              std::uint64_t offset = 0) = 0;
  /// The next connection goes on with this object.
  void pause();

  /// Makes the file durable under its final name, with its sidecar. An error of category crc: what
  /// is stored is not what was verified; it is kept under another name.
  virtual asio::awaitable<Result<Finished>> finish(const FileCompleted& completed,
                                                   Unsaid& unsaid) = 0;
  /// The camera offers another file now. Returns where what has come of this one is kept.
  virtual asio::awaitable<Result<std::filesystem::path>> set_aside() = 0;

protected:
  Transfer(const Clock& clock, FileFacts facts, std::uint32_t announced)
      : clock_(clock), facts_(std::move(facts)), announced_(announced), started_(clock.now()) {
    counts_as(Geometry(facts_.file, announced_, facts_.in_packets));
  }

  /// Whether the facts have changed since this was asked last, or since it began.
  bool have_changed() { return std::exchange(have_changed_, false); }
  /// So much has come of it.
  void has_come(const HeldData& data) {
    packets_ = data.packets;
    bytes_ = data.bytes;
  }
  /// The same, and of these more.
  void add(std::span<const Bytes> payloads) {
    for (const auto payload : payloads) {
      ++packets_;
      bytes_ += payload.size();
    }
  }
  /// So much was there when this connection began, or another one: it is gone on with.
  void goes_on_with(std::uint64_t bytes) { bytes_before_ = bytes; }

private:
  const Clock& clock_;
  FileFacts facts_;
  bool have_changed_ = false;
  std::uint32_t announced_;
  bool counts_packets_ = false;
  std::uint64_t expected_ = 0;
  TimePoint started_;
  std::uint32_t packets_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t bytes_before_ = 0;
  unsigned resumptions_ = 0;
};

} // namespace dualcam::serve
