/// \file
/// What is known of one camera beyond its files, on disk: ROOT/.dcam-serve/IMEI (file_record.hpp).
/// One file to open, however many parts and files there are.
///
/// Several processes and objects may use it at once: what one has added all others see when they
/// read it. Every call that returns a Result may block as long as the disk takes; errors are of
/// category io and name the path.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <vector>

#include "dualcam/storage/barrier.hpp"
#include "dualcam/storage/file_record.hpp"
#include "dualcam/storage/kept_path.hpp"

namespace dualcam {

/// The state of one camera. A value without an open file; used by one thread at a time.
class StateFolder {
public:
  /// Below `root`, which exists; the current folder if that is empty. Nothing is created before
  /// something is added.
  StateFolder(const std::filesystem::path& root, std::uint64_t imei);

  /// That of another camera, below the same root.
  StateFolder of(std::uint64_t imei) const { return {root_, imei}; }

  /// What it is below.
  std::filesystem::path root() const { return root_; }

  /// All of it, as it is now. What cannot be read is an error.
  Result<CameraState> read() const;
  /// All parts and the last `remembered_files` records, without those of them that were forgotten
  /// lately, and perhaps some more: what a START asks for, at a cost that does not grow with what
  /// there is. Errors as of `read`.
  Result<CameraState> recent() const;

  /// Adds what has to be durable before something else is done, which is for `barrier` to cover.
  Result<void> add(const PartEntry& part, Barrier& barrier);
  /// As for a part.
  Result<void> add(const FileRecord& record, Barrier& barrier);

  /// The part has become a file, or has been removed. A power cut may undo it, which does no harm.
  Result<void> mark_gone(std::uint64_t id);
  /// Its name is durable. A power cut may undo it; then the file bears it out.
  Result<void> mark_named(std::uint64_t id);
  /// The path was told. A power cut may undo it; then it is told again. No error if the record has
  /// been dropped.
  Result<void> mark_said(std::uint64_t id);
  /// The file did not come to that name.
  Result<void> forget(std::uint64_t id);

  /// Those that a file of this camera may be; of records that are not `named` only those that the
  /// file under their name bears out. The newest first.
  Result<std::vector<FileRecord>> known(const CameraState& state,
                                        const FileIdentity& identity) const;

  /// The file has its name, and what a cut may leave undone after that is done: the name is made
  /// durable, the part's checkpoint removed, the record `named`. Returns whether there is a file of
  /// this name (it may have moved on).
  Result<bool> settle(const FileRecord& record);

  /// A path of a record as the caller sees it: below `root`.
  std::filesystem::path absolute(const std::filesystem::path& relative) const;
  /// The reverse, for a path below `root`.
  std::filesystem::path relative(const std::filesystem::path& path) const;
  /// An error if `path` is not below `root` as they are spelled, both absolute or neither: it would
  /// not be found again.
  Result<void> check_below(const std::filesystem::path& path) const;

private:
  Result<void> add_line(const std::string& line, Barrier& barrier);
  Result<void> mark(const std::string& line);
  Result<std::optional<File>> open_locked(int flags) const;
  Result<void> shorten(File& file) const;

  KeptPath root_;
  KeptPath path_;
  std::uint64_t imei_;
};

/// How to ask the camera for as much as tells which of these its file is: ResumePoint::known has
/// their tails, in this order. Of none: from its start.
ResumePoint resume_point_for(std::span<const FileRecord> records);

/// Whether the file of this path ends as the record says; false if there is none.
Result<bool> bears_out(const std::filesystem::path& path, const FileRecord& record);

/// Removes the states of all cameras below `root` that have not changed for `age` and have no part
/// any more, and what is empty then, unless it was made within a minute (and `age`): somebody may
/// be about to put a file there. What cannot be removed is left.
void remove_old_records(const std::filesystem::path& root, std::chrono::seconds age);

/// The name of the folder that has the states.
inline constexpr std::string_view state_folder_name = ".dcam-serve";

} // namespace dualcam
