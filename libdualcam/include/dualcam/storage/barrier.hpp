/// \file
/// What has to be durable before something else may be done: the library's steps of the kind
/// "prepare" and "publish" collect it (ResumableFile), and whoever drives them makes it durable.
///
/// dualcam(7), Becoming durable: nothing is published that was not covered by a barrier which began
/// after the calls that prepared it had returned.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

#include "dualcam/storage/claim_table.hpp"
#include "dualcam/storage/file.hpp"

namespace dualcam {

/// Bytes of files, and names in folders. An object is used by one thread at a time. A host with
/// many files collects many steps in one, or does by other means what `sync` does.
class Barrier {
public:
  /// A file that is not kept open meanwhile: of many only a few are open at once.
  struct Late {
    std::filesystem::path path; ///< its name
    /// Opens it, and writes what is to be durable; empty: that was written before. On any thread,
    /// once.
    std::function<Result<File>()> write{};

    /// Does that, and makes it durable.
    Result<void> sync() const;
    /// As File::was_written, of what was written before.
    Result<void> was_written() const;
  };

  /// A claim in a table, which is synced once for all of its claims.
  struct Shared {
    std::shared_ptr<ClaimTable> table; ///< it is in
    ClaimTable::Entry entry;           ///< and what
  };

  /// The bytes of a file that stays open, and where it is, until then.
  void add(const File& file) { files_.push_back(&file); }
  /// Those of one that does not.
  void add(Late file) { late_.push_back(std::move(file)); }
  /// A claim that it writes and makes durable.
  void add(Shared claim) { shared_.push_back(std::move(claim)); }
  /// The names in a folder. `made`: one of them, of a folder; once it is durable that is
  /// remembered.
  void add_folder(const std::filesystem::path& folder, const std::filesystem::path& made = {});
  /// All that was added to `other`, which is left with nothing.
  void take(Barrier& other);
  /// The names in folders that were added to `other`; its files are dropped.
  void take_folders(Barrier& other);

  /// What was added.
  const std::vector<const File*>& files() const { return files_; }
  /// What was added.
  const std::vector<Late>& late_files() const { return late_; }
  /// What was added.
  const std::vector<Shared>& shared() const { return shared_; }
  /// What was added, each once.
  const std::vector<std::filesystem::path>& folders() const { return folders_; }

  /// The plain way: a sync of each file, then of each folder. Nothing is left to be done then.
  /// After an error nothing that was added is to be relied on.
  Result<void> sync();
  /// It was done by other means.
  void passed();

private:
  std::vector<const File*> files_;
  std::vector<Late> late_;
  std::vector<Shared> shared_;
  std::vector<std::filesystem::path> folders_;
  std::vector<std::filesystem::path> made_;
};

/// Makes the names in a folder durable.
Result<void> sync_folder(const std::filesystem::path& folder);

} // namespace dualcam
