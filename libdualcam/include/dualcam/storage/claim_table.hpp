/// \file
/// Claims of many parts in one file, so that one sync covers all of them:
/// ROOT/.dcam-serve/claims-ID, beside the states of the cameras. dualcam(7), Checkpoints, has the
/// format.
///
/// Errors are of category io and name the path.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "dualcam/storage/checkpoint.hpp"
#include "dualcam/storage/file.hpp"

namespace dualcam {

/// A table that is being written, by who has made it and no other process: it is locked (flock).
/// Its last owner removes it, unless something may still be looked for in it.
class ClaimTable {
public:
  /// A block of a row.
  struct Block {
    std::uint64_t offset; ///< of `offset_of`
    ClaimText text;       ///< there
  };

  /// A new one, below a root that has a folder of states.
  static Result<std::shared_ptr<ClaimTable>> create(const std::filesystem::path& root);
  /// What is in both blocks of a row of a table below `root`, as much as there is; nothing if that
  /// has gone.
  static Result<std::array<ByteBuffer, 2>> read(const std::filesystem::path& root,
                                                const SharedRow& row);

  ~ClaimTable();
  ClaimTable(const ClaimTable&) = delete;
  ClaimTable& operator=(const ClaimTable&) = delete;

  // From any thread.

  /// A row that nobody has.
  SharedRow take_row();
  /// Nobody looks for anything there any more.
  void give_back(const SharedRow& row);
  /// Where block 0 or 1 of a row is, in bytes.
  static std::uint64_t offset_of(const SharedRow& row, unsigned block);
  /// Something has failed: what was written since the last sync may be lost, and nothing is to be
  /// written any more.
  void set_broken() { is_broken_ = true; }
  /// Whether it has.
  bool is_broken() const { return is_broken_; }

  // By one thread at a time.

  /// What is side by side is written in one go.
  Result<void> write(std::vector<const Block*> blocks);
  /// To be synced.
  const File& file() const { return file_; }

private:
  ClaimTable(File file, std::uint64_t id) : file_(std::move(file)), id_(id) {}

  File file_;
  FileSystem& files_ = FileSystem::current();
  std::uint64_t id_;
  std::atomic<bool> is_broken_ = false;
  std::mutex rows_mutex_;
  std::uint32_t rows_ = 0;          ///< so many there have been at once
  std::vector<std::uint32_t> free_; ///< of these
};

} // namespace dualcam
