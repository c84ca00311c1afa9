/// \file
/// What is known of one camera beyond its files: ROOT/.dcam-serve/IMEI/, where the records of the
/// last files that were stored of it are, NUMBER.record, counted from 1 (file_record.hpp).
///
/// Several processes and objects may use it at once: a number belongs to whoever creates its file.
/// Every call that returns a Result may block as long as the disk takes; errors are of category io
/// and name the path.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "dualcam/storage/file_record.hpp"

namespace dualcam {

/// How many files of a camera are remembered.
inline constexpr std::size_t remembered_files = 8;

/// The records of one camera. An object is used by one thread at a time.
class StateFolder {
public:
  /// Below `root`, which exists; the current folder if that is empty. Nothing is created before the
  /// first record.
  StateFolder(std::filesystem::path root, std::uint64_t imei);

  /// A record that is there.
  struct Entry {
    std::uint64_t number; ///< of its file
    FileRecord record;    ///< what that says
  };

  /// The newest first, `remembered_files` at most. What is no record is left out; what cannot be
  /// read is an error.
  Result<std::vector<Entry>> entries() const;

  /// Makes it durable, then drops all but the newest. Returns its number.
  Result<std::uint64_t> add(const FileRecord& record);

  /// The file will not come to that name: forgets the record, if it is there.
  void remove(std::uint64_t number);

  /// Those that a file of this camera may be; of records that are not `named` only those that the
  /// file under their name bears out. The newest first.
  Result<std::vector<Entry>> known(const FileIdentity& identity) const;

  /// The file has its name, and what a cut may leave undone after that is done: the name is made
  /// durable, the part's checkpoint removed, the record `named`. Returns whether there is a file of
  /// this name (it may have moved on).
  Result<bool> settle(const Entry& entry);

  /// The path was told; after `settle` or ResumableFile::finish. A power cut may undo it. No error
  /// if the record has been dropped.
  Result<void> mark_said(std::uint64_t number);

  /// A path of a record as the caller sees it: below `root`.
  std::filesystem::path absolute(const std::filesystem::path& relative) const;
  /// The reverse, for a path below `root`.
  std::filesystem::path relative(const std::filesystem::path& path) const;

private:
  std::filesystem::path path_of(std::uint64_t number) const;
  Result<void> write(int descriptor, const std::filesystem::path& path, std::string_view text);
  Result<void> append_line(std::uint64_t number, std::string_view line);
  Result<bool> bears_out(const FileRecord& record) const;

  std::filesystem::path root_;
  std::filesystem::path folder_;
};

/// How to ask the camera for as much as tells which of these its file is: ResumePoint::known has
/// their tails, in this order. At least one.
ResumePoint resume_point_for(std::span<const StateFolder::Entry> entries);

/// Removes the records of all cameras below `root` that have not changed for `age`, and what is
/// empty then. What cannot be removed is left.
void remove_old_records(const std::filesystem::path& root, std::chrono::seconds age);

/// The name of the folder that has the state folders.
inline constexpr std::string_view state_folder_name = ".dcam-serve";

} // namespace dualcam
