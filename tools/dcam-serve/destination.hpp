// Where a transfer's bytes go: a file below the output folder, or standard output.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "dualcam/storage/resumable_file.hpp"

namespace dualcam::serve {

class Destination {
public:
  Destination() = default;
  Destination(const Destination&) = delete;
  Destination& operator=(const Destination&) = delete;
  virtual ~Destination() = default;

  /// For people: a path.
  virtual std::filesystem::path path() const = 0;
  virtual const HeldData& data() const = 0;
  /// What to ask the camera for, to go on behind `data`.
  virtual ResumePoint resume_point() const = 0;
  /// Whether `append` may take as long as a reader likes.
  virtual bool may_block() const = 0;
  /// Makes an `append` that is blocked give up.
  virtual void interrupt() {}
  /// `append` failed because nobody reads any more (`| head -c 100`).
  virtual bool reader_gone() const { return false; }
  virtual std::uint64_t unsaved() const = 0;

  /// The next packets.
  virtual Result<void> append(std::span<const Bytes> payloads) = 0;
  virtual Result<void> save() = 0;
  /// As ResumableFile::keep_compared.
  virtual Result<void> keep_compared(std::uint32_t next, std::uint64_t offset) = 0;
  /// Nothing of it is to remain.
  virtual void discard() = 0;
  /// As ResumableFile::finish.
  virtual Result<std::optional<StoredFile>> finish(const Finish& how, Barrier folders) = 0;
  /// The camera offers another file now. Returns where the old one is.
  virtual Result<std::filesystem::path> set_aside() = 0;
};

class FileDestination : public Destination {
public:
  explicit FileDestination(ResumableFile file) : file_(std::move(file)) {}

  const ResumableFile& file() const { return file_; }

  std::filesystem::path path() const override { return file_.path(); }
  const HeldData& data() const override { return file_.data(); }
  ResumePoint resume_point() const override { return file_.resume_point(); }
  bool may_block() const override { return false; }
  std::uint64_t unsaved() const override { return file_.unsaved(); }
  Result<void> append(std::span<const Bytes> payloads) override { return file_.append(payloads); }
  Result<void> save() override { return file_.save(); }
  Result<void> keep_compared(std::uint32_t next, std::uint64_t offset) override {
    return file_.keep_compared(next, offset);
  }
  void discard() override { file_.discard(); }
  Result<std::optional<StoredFile>> finish(const Finish& how, Barrier folders) override {
    return file_.finish(how, std::move(folders));
  }
  Result<std::filesystem::path> set_aside() override { return file_.set_aside(); }

private:
  ResumableFile file_;
};

/// `-o -`. What was written cannot be taken back, so it lives as long as the process; what it
/// needs to prove that the camera still offers the same file is kept in memory.
class StreamDestination : public Destination {
public:
  std::filesystem::path path() const override { return "-"; }
  const HeldData& data() const override { return data_; }
  ResumePoint resume_point() const override;
  bool may_block() const override { return true; }
  void interrupt() override { interrupted_ = true; }
  bool reader_gone() const override { return reader_gone_; }
  std::uint64_t unsaved() const override { return 0; }
  Result<void> append(std::span<const Bytes> payloads) override;
  Result<void> save() override { return {}; }
  Result<void> keep_compared(std::uint32_t next, std::uint64_t offset) override;
  void discard() override {}
  Result<std::optional<StoredFile>> finish(const Finish& how, Barrier folders) override;
  Result<std::filesystem::path> set_aside() override;

private:
  Result<void> write(Bytes bytes);

  HeldData data_;
  std::deque<ByteBuffer> tail_; ///< the last packets
  std::size_t compared_ = 0;    ///< so many of them have come again, and nothing since
  std::uint64_t bytes_before_tail_ = 0;
  std::uint16_t crc_before_tail_ = 0;
  std::atomic<bool> interrupted_ = false;
  bool reader_gone_ = false;
};

} // namespace dualcam::serve
