// One file on its way from a camera to its destination.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "common/clock.hpp"
#include "dcam-serve/file_facts.hpp"
#include "dcam-serve/unsaid.hpp"
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

/// A FileTransfer or a StreamTransfer, as its Destination made it. Everything that returns a Result
/// may block on the disk.
class Transfer {
public:
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;
  virtual ~Transfer() = default;

  const FileFacts& facts() const { return facts_; }
  FileFacts& facts() { return facts_; }
  FileIdentity identity() const { return facts_.identity(announced_); }
  /// By START: packets, of a file by path bytes.
  std::uint32_t announced() const { return announced_; }
  std::uint32_t packets() const { return data().packets; }
  std::uint64_t bytes() const { return data().bytes; }
  /// As START lets expect them, at least what has come.
  std::uint64_t expected_bytes() const;
  /// The part of `bytes` that this connection brought.
  std::uint64_t new_bytes() const { return bytes() - bytes_before_; }
  std::chrono::milliseconds duration() const;
  /// Once a RESUME was sent, for bytes lost on the way or on a new connection.
  void count_resumption() { ++resumptions_; }
  unsigned resumptions() const { return resumptions_; }

  /// For people: where it is now.
  virtual std::filesystem::path path() const = 0;
  /// What has come of it, in earlier connections as well.
  virtual const HeldData& data() const = 0;
  /// Where the camera is to begin.
  virtual ResumePoint resume_point() const = 0;
  /// It is only compared with files that were stored before.
  virtual bool is_comparing() const { return false; }
  /// It is none of them.
  virtual Result<void> begin_new() { return {}; }

  /// Whether the next `append` may take its time: it makes the file, or waits for a reader.
  virtual bool may_block() const = 0;
  /// Makes an `append` that waits for a reader give up, also the next ones.
  virtual void interrupt() {}
  virtual bool was_interrupted() const { return false; }
  /// `append` failed because nobody reads any more (`| head -c 100`).
  virtual bool reader_gone() const { return false; }
  /// The next verified packets, in order. After an error the file can only be given up; what was
  /// appended before is saved if the disk allows it.
  virtual Result<void> append(std::span<const Bytes> payloads) = 0;

  /// When so much time will have passed, or so much has come, that `save` is due.
  virtual TimePoint save_due_at() const { return TimePoint::max(); }
  /// Makes what has arrived durable, as a part. An error also when --min-free is not left any more.
  virtual Result<void> save() { return {}; }
  /// The link is lost: makes what has arrived durable, and that what is before packet `packet`,
  /// which begins at `offset`, has come again as it is held (0: nothing). Of nothing, nothing
  /// remains.
  virtual Result<void> leave(std::uint32_t packet = 0, std::uint64_t offset = 0) = 0;
  /// The next connection goes on with this object.
  void pause();

  /// Makes the file durable under its final name, with its sidecar. An error of category crc: what
  /// is stored is not what was verified; it is kept under another name.
  virtual Result<Finished> finish(const FileCompleted& completed, Unsaid& unsaid) = 0;
  /// The camera offers another file now. Returns where what has come of this one is kept.
  virtual Result<std::filesystem::path> set_aside() = 0;

protected:
  Transfer(const Clock& clock, FileFacts facts, std::uint32_t announced)
      : clock_(clock), facts_(std::move(facts)), announced_(announced), started_(clock.now()) {}

  TimePoint now() const { return clock_.now(); }
  /// So much was there when this connection began, or another one: it is gone on with.
  void goes_on_with(std::uint64_t bytes) { bytes_before_ = bytes; }

private:
  const Clock& clock_;
  FileFacts facts_;
  std::uint32_t announced_;
  TimePoint started_;
  std::uint64_t bytes_before_ = 0;
  unsigned resumptions_ = 0;
};

} // namespace dualcam::serve
