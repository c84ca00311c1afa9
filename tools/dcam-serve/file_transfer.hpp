// A file on its way to a folder.
#pragma once

#include <optional>
#include <vector>

#include "dcam-serve/sha256.hpp"
#include "dcam-serve/transfer.hpp"
#include "dualcam/storage/resumable_file.hpp"

namespace dualcam::serve {

class FolderDestination;

class FileTransfer : public Transfer {
public:
  FileTransfer(const FolderDestination& folder, const Clock& clock, FileFacts facts,
               std::uint32_t announced)
      : Transfer(clock, std::move(facts), announced), folder_(folder), saved_at_(clock.now()) {}

  /// Goes on with a part of this file, or finds files stored before that it may be. A new one is
  /// made with its first packet: the disk knows nothing of what was only announced. Refuses when it
  /// could not be made, or --min-free not be left. Before anything else.
  Result<void> open();

  std::filesystem::path path() const override;
  const HeldData& data() const override;
  ResumePoint resume_point() const override;
  bool is_comparing() const override { return !known_.empty(); }
  /// Refuses as `open`.
  Result<void> begin_new() override;
  bool may_block() const override { return !file_; }
  Result<void> append(std::span<const Bytes> payloads) override;
  TimePoint save_due_at() const override;
  Result<void> save() override;
  Result<void> leave(std::uint32_t packet, std::uint64_t offset) override;
  Result<Finished> finish(const FileCompleted& completed, Unsaid& unsaid) override;
  Result<std::filesystem::path> set_aside() override { return file_->set_aside(); }

private:
  Result<void> begin_file();
  Result<void> go_on(ResumableFile file);
  Result<Finished> finish_new(const FileCompleted& completed, Unsaid& unsaid);
  Result<Finished> finish_known(const FileCompleted& completed, Unsaid& unsaid);
  Result<void> check_room() const;

  const FolderDestination& folder_;
  std::optional<ResumableFile> file_; ///< from its first packet on
  std::vector<FileRecord> known_;     ///< what it is compared with
  TimePoint saved_at_;
};

} // namespace dualcam::serve
