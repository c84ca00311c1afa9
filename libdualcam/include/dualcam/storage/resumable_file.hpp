/// \file
/// A file that may need several connections, processes and power cuts to arrive: `NAME.part` and
/// `NAME.part.checkpoint` (checkpoint.hpp).
///
/// What `save` has confirmed is found again by `find`, whatever happens to the process or the
/// machine. A checkpoint is trusted only as far as the data's CRC bears it out, and whether the
/// camera still offers that file is proved by comparing an overlap (ResumePoint).
///
/// One part has one writer at a time: it is locked (flock), also against other processes. When it
/// is whole it becomes a file with a record (state_folder.hpp), which is what its camera's next
/// offer is compared with.
#pragma once

#include <array>
#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "dualcam/files/resume_point.hpp"
#include "dualcam/storage/checkpoint.hpp"
#include "dualcam/storage/part_file.hpp"
#include "dualcam/storage/state_folder.hpp"

namespace dualcam {

/// Where to look for parts: a folder (empty: the current one) and so many levels of folders below
/// it.
struct FolderTree {
  std::filesystem::path root; ///< it may be missing: then there are no parts
  unsigned levels = 0;        ///< 0: the folder alone
};

/// How a part becomes a file.
struct Finish {
  std::filesystem::path name;            ///< that the file is to get
  IfExists if_exists = IfExists::number; ///< if that is taken
  HeldData verified;   ///< what its session says that it is; but for the packet size
  ByteBuffer metadata; ///< as known by now; empty = not known
};

/// A file that has its name.
struct StoredFile {
  std::filesystem::path path; ///< which may be numbered
  std::uint64_t record;       ///< its number in the state folder
};

/// A part with its checkpoint, open and locked. An object is used by one thread at a time; every
/// call may block as long as the disk takes. Errors are of category io, but for that of `finish`,
/// and name the path. After one of `append` or `save` nothing more may be appended; what was saved
/// remains.
class ResumableFile {
public:
  /// Begins NAME.part, in a folder that exists. A part of that name that nobody holds is not this
  /// file (`find` did not take it): it is kept, as NAME_1.EXT.part or the like.
  static Result<ResumableFile> create(const std::filesystem::path& final_name,
                                      FileIdentity identity);

  /// The part of this file with the most data that nobody holds. What cannot be read is an error:
  /// it may be the one.
  static Result<std::optional<ResumableFile>> find(const FolderTree& tree,
                                                   const FileIdentity& identity);

  /// Leaves `other` good for destruction and assignment only.
  ResumableFile(ResumableFile&& other) noexcept;
  /// As the constructor; `other` gets what this object had.
  ResumableFile& operator=(ResumableFile&& other) noexcept;
  /// Closes and unlocks without saving.
  ~ResumableFile();

  /// Which file it is, as it was when it was begun.
  const FileIdentity& identity() const { return identity_; }
  /// NAME.part; after `finish` the name it got, after `set_aside` the one it is kept under.
  const std::filesystem::path& path() const { return part_.path(); }
  /// What has been appended.
  const HeldData& data() const { return data_; }
  /// Bytes that `save` has not confirmed.
  std::uint64_t unsaved() const { return data_.bytes - saved_.bytes; }

  /// What to ask the camera for. Right after `create` and `find`.
  const ResumePoint& resume_point() const { return resume_point_; }

  /// Hands out everything held, in pieces valid during the call.
  Result<void> read_back(const std::function<void(Bytes)>& take) const;

  /// The next packets. After an error only what was saved before counts.
  Result<void> append(std::span<const Bytes> payloads);

  /// Makes what was appended durable, then the checkpoint that says so.
  Result<void> save();

  /// The link was lost while the camera sent again what is held: the packets before `next` were the
  /// same. If nothing new has come since, the next comparison begins there, with one packet at
  /// least.
  Result<void> keep_compared(std::uint32_t next);

  /// As PartFile::finish, with a record in `state`, whose root the name and the part are below.
  /// Before the file gets its name it is read back: an error of category crc if it, or what was
  /// appended, is not what was `verified`; then it has no name, and `set_aside` keeps it from being
  /// continued. The checkpoint is removed, which the next sync of its folder makes durable.
  /// nullopt: the name was taken and `if_exists` is `skip`.
  Result<std::optional<StoredFile>> finish(const Finish& how, StateFolder& state);

  /// Keeps these bytes, under another name, and never goes on with them: the camera has others, or
  /// they are not what was verified. Returns that name.
  Result<std::filesystem::path> set_aside();

  /// Removes the part and its checkpoint.
  void discard();

private:
  ResumableFile(PartFile part, std::filesystem::path checkpoint, FileIdentity identity);
  static Result<std::optional<ResumableFile>> adopt(const std::filesystem::path& checkpoint,
                                                    const FileIdentity& identity);
  Result<void> trust(const std::array<std::optional<HeldData>, 2>& lines);
  void skip_compared(const Checkpoint& checkpoint);
  Result<bool> bears_out(const HeldData& held);
  Result<void> begin_checkpoint();
  Result<void> continue_checkpoint();
  Result<void> write_checkpoint(std::uint64_t offset, std::string_view text);
  Result<std::uint64_t> find_tail(FileRecord& record) const;
  Result<FileRecord> read_whole(const StateFolder& state) const;

  PartFile part_;
  std::filesystem::path checkpoint_path_;
  int checkpoint_ = -1;
  FileIdentity identity_;
  std::string header_;
  unsigned next_line_ = 0; ///< the `held` line to overwrite
  HeldData data_;
  HeldData saved_;
  ResumePoint resume_point_;
};

/// Removes parts that have not grown for `age`. Returns those removed.
std::vector<std::filesystem::path> remove_abandoned(const FolderTree& tree,
                                                    std::chrono::seconds age);

} // namespace dualcam
