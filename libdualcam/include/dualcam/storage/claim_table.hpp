/// \file
/// Claims of many parts in one file, so that one sync covers all of them:
/// ROOT/.dcam-serve/claims-ID, beside the states of the cameras. dualcam(7), Checkpoints, has the
/// format.
///
/// Rows are in groups, whose claims are one behind another, so that they fill their blocks. Each
/// group has two areas: what the newer one claims stays until the other one is durable. What other
/// rows claim is written again with a new claim, which costs little where most of a group grow.
///
/// Any thread may take rows and give them back; one at a time writes, syncs and confirms. Errors
/// are of category io and name the path.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "dualcam/storage/checkpoint.hpp"
#include "dualcam/storage/file.hpp"

namespace dualcam {

/// A table that is being written, by who has made it and no other process: it is locked (flock).
/// Its last owner removes it, unless something may still be looked for in it.
class ClaimTable {
public:
  /// The claim of a row.
  struct Entry {
    std::uint32_t row; ///< of `take_row`
    ClaimText text;    ///< there
  };

  /// A new one, below a root that has a folder of states.
  static Result<std::shared_ptr<ClaimTable>> create(const std::filesystem::path& root);
  /// The claims of a row of a table below `root`, and those of its group (`claims_among`); nothing
  /// if that has gone.
  static Result<ByteBuffer> read(const std::filesystem::path& root, const SharedRow& row);

  ~ClaimTable();
  ClaimTable(const ClaimTable&) = delete;
  ClaimTable& operator=(const ClaimTable&) = delete;

  // From any thread.

  /// A row that nobody has.
  SharedRow take_row();
  /// Nobody looks for anything there any more.
  void give_back(const SharedRow& row);
  /// Something has failed: what was written since the last sync may be lost, and nothing is to be
  /// written any more.
  void set_broken() { is_broken_ = true; }
  /// Whether it has.
  bool is_broken() const { return is_broken_; }

  // By one thread at a time.

  /// At most one claim a row. It fails unless all that was written before is confirmed.
  Result<void> write(std::vector<const Entry*> entries);
  /// To be synced.
  const File& file() const { return file_; }
  /// What was written is durable: it takes the place of what was claimed before.
  void confirm();

private:
  static constexpr std::uint32_t rows_together = 16;
  /// Room for the longest claims of as many.
  static constexpr std::size_t area_size = rows_together * checkpoint_block;

  struct Group {
    unsigned area = 0;                                ///< with the newest claims: 0 or 1
    std::array<std::uint16_t, rows_together> sizes{}; ///< of each row's claim there, in bytes
  };

  ClaimTable(File file, std::uint64_t id) : file_(std::move(file)), id_(id) {}

  static std::uint64_t offset_of(std::uint32_t group, unsigned area);
  std::array<bool, rows_together> taken_in(std::uint32_t group);
  Result<void> write_group(std::uint32_t group, std::span<const Entry* const> entries);

  File file_;
  FileSystem& files_ = FileSystem::current();
  std::uint64_t id_;
  std::atomic<bool> is_broken_ = false;
  std::vector<Group> groups_;                            ///< what is durable
  std::vector<std::pair<std::uint32_t, Group>> written_; ///< and what is not yet
  std::mutex rows_mutex_;
  std::vector<bool> taken_;         ///< by row: whether somebody has it
  std::vector<std::uint32_t> free_; ///< those that nobody has
};

} // namespace dualcam
