// The barrier: makes what many jobs have written durable, and tells for which of them that failed.
#pragma once

#include <chrono>
#include <span>
#include <vector>

#include "common/clock.hpp"
#include "dcam-serve/committer.hpp"

namespace dualcam::serve {

/// Which of two ways costs less, as far as has been measured: to sync file by file, or the file
/// system as one.
class SyncCosts {
public:
  /// Up to so many are synced one by one, whose costs that tells.
  explicit SyncCosts(std::size_t few) : few_(few) {}

  /// Whether the whole is to be synced for so many files.
  bool prefers_whole(std::size_t files);
  void by_file(std::size_t files, std::chrono::nanoseconds took);
  void whole(std::chrono::nanoseconds took);

private:
  std::size_t few_;
  double file_ = 0; ///< seconds; 0: not measured
  double whole_ = 0;
};

/// One for each file system. May block as long as the disk takes.
class Syncer {
public:
  struct Settings {
    std::size_t threads = 16; ///< so many files are synced at a time
    std::size_t few = 16;     ///< as SyncCosts has it
  };
  explicit Syncer(Clock& clock) : Syncer(clock, Settings()) {}
  Syncer(Clock& clock, Settings settings)
      : clock_(clock), threads_(settings.threads), costs_(settings.few) {}
  ~Syncer();
  Syncer(const Syncer&) = delete;
  Syncer& operator=(const Syncer&) = delete;

  /// A folder of the file system, before anything is written there: an error is told only to who
  /// was there. Without it, and where syncfs is no barrier, each file is synced.
  void open(const std::filesystem::path& folder);

  void sync(std::span<Commit> commits);
  /// How many have synced the file system as one.
  std::uint64_t whole_syncs() const { return whole_syncs_; }

private:
  struct Item;
  struct Items;

  bool sync_whole(std::span<Commit> commits, Items& items);
  void sync_each(std::vector<Item*>& items) const;

  Clock& clock_;
  std::size_t threads_;
  SyncCosts costs_;
  FileSystem* files_ = nullptr; ///< of the anchor
  int anchor_ = -1;             ///< never opened anew
  std::uint64_t device_ = 0;    ///< its
  std::uint64_t whole_syncs_ = 0;
};

} // namespace dualcam::serve
