// A file on its way to a folder.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "dcam-serve/disk.hpp"
#include "dcam-serve/growing_part.hpp"
#include "dcam-serve/transfer.hpp"
#include "dualcam/storage/kept_path.hpp"

namespace dualcam::serve {

class FolderDestination;

/// The loop's side of it; the writing thread has a GrowingPart.
class FileTransfer : public Transfer {
public:
  /// `name`: as `folder` has it by these facts.
  FileTransfer(const FolderDestination& folder, Disk& disk, const Clock& clock, FileFacts facts,
               const std::filesystem::path& name, std::uint32_t announced);
  ~FileTransfer() override;

  /// Goes on with a part of this file, or finds files stored before that it may be. A new one is
  /// made with its first packet: the disk knows nothing of what was only announced. Refuses when it
  /// could not be made, or --min-free not be left. Before anything else.
  asio::awaitable<Result<void>> open();

  std::filesystem::path path() const override { return path_; }
  asio::awaitable<std::filesystem::path> kept() override;
  ResumePoint resume_point() const override { return resume_point_; }
  bool is_comparing() const override { return !known_.empty(); }
  /// Refuses as `open`.
  asio::awaitable<Result<void>> begin_new() override;
  asio::awaitable<Result<void>> append(std::span<const Bytes> payloads) override;
  void watch(const std::function<void()>& on_failure) override { flow_->on_failure = on_failure; }
  asio::awaitable<Result<void>> leave(std::uint32_t packet, std::uint64_t offset) override;
  asio::awaitable<Result<Finished>> finish(const FileCompleted& completed, Unsaid& unsaid) override;
  asio::awaitable<Result<std::filesystem::path>> set_aside() override;

private:
  /// Of the loop, but it may outlive the transfer.
  struct Flow {
    explicit Flow(asio::io_context& loop) : turn(loop) {}

    std::size_t bytes = 0;   ///< on their way to the disk
    asio::steady_timer turn; ///< is cancelled when some have arrived
    bool has_failed = false; ///< the part
    std::function<void()> on_failure;
  };

  Result<void> find();
  Result<void> check_new();
  Result<void> make_folders(Barrier& barrier);
  Result<void> begin_file();
  asio::awaitable<Result<void>> begin_part();
  asio::awaitable<void> turn();
  asio::awaitable<Result<void>> failure();
  Result<Finish> how_to_finish(const FileCompleted& completed, Barrier& barrier);
  asio::awaitable<Result<Finished>> finish_new(const FileCompleted& completed, Unsaid& unsaid);
  asio::awaitable<Error> keep_unnamed(Error error);
  Result<Finished> finish_known(const FileCompleted& completed, Unsaid& unsaid);

  const FolderDestination& folder_;
  Disk& disk_;
  std::shared_ptr<Flow> flow_;
  std::shared_ptr<GrowingPart> part_;
  bool begun_ = false; ///< the part is there
  KeptPath name_;      ///< it is to get, by what is known so far
  KeptPath path_;
  ResumePoint resume_point_;
  std::vector<FileRecord> known_; ///< what it is compared with
};

} // namespace dualcam::serve
