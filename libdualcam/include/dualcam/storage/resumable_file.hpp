// A file that may need several connections, processes and power cuts to arrive: `NAME.part` and
// `NAME.part.checkpoint` (checkpoint.hpp).
//
// What `save` has confirmed is found again by `find`, whatever happens to the process or the
// machine. A checkpoint is trusted only as far as the data's CRC bears it out, and whether the
// camera still offers that file is proved by comparing an overlap (ResumePoint).
//
// One part has one writer at a time: it is locked (flock), also against other processes.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "dualcam/files/resume_point.hpp"
#include "dualcam/storage/checkpoint.hpp"
#include "dualcam/storage/part_file.hpp"

namespace dualcam {

/// Where to look for parts: a folder and so many levels of folders below it.
struct FolderTree {
  std::filesystem::path root;
  unsigned levels = 0;
};

class ResumableFile {
public:
  /// Begins NAME.part, in a folder that exists. A part of that name that nobody holds is not this
  /// file (`find` did not take it): it is kept, as NAME_1.EXT.part or the like.
  static Result<ResumableFile> create(const std::filesystem::path& final_name,
                                      FileIdentity identity);

  /// The part of this file with the most data that nobody holds, or the file that was stored
  /// without the camera having heard so. What cannot be read is an error: it may be the one.
  static Result<std::optional<ResumableFile>> find(const FolderTree& tree,
                                                   const FileIdentity& identity);

  ResumableFile(ResumableFile&& other) noexcept;
  ResumableFile& operator=(ResumableFile&& other) noexcept;
  ~ResumableFile();

  const FileIdentity& identity() const { return identity_; }
  /// NAME.part; NAME if it is stored.
  const std::filesystem::path& path() const { return part_.path(); }
  /// It is whole and has its name; only the proof is missing that the camera means this file.
  bool is_stored() const { return stored_; }
  /// What has been appended.
  const HeldData& data() const { return data_; }
  /// Bytes that `save` has not confirmed.
  std::uint64_t unsaved() const { return data_.bytes - saved_.bytes; }

  /// What to ask the camera for. Right behind `create` and `find`.
  const ResumePoint& resume_point() const { return resume_point_; }

  /// Hands out everything held, in pieces valid during the call.
  Result<void> read_back(const std::function<void(Bytes)>& take) const;

  /// The next packets. After an error only what was saved before counts.
  Result<void> append(std::span<const Bytes> payloads);

  /// Makes what was appended durable, then the checkpoint that says so.
  Result<void> save();

  /// As PartFile::finish. The checkpoint remains until `forget_stored`.
  Result<std::optional<std::filesystem::path>> finish(const std::filesystem::path& final_name,
                                                      IfExists if_exists);

  /// The camera has other bytes: keeps these, under another name, and never goes on with them.
  /// Returns that name.
  Result<std::filesystem::path> set_aside();

  /// Removes the part and its checkpoint.
  void discard();

private:
  ResumableFile(PartFile part, std::filesystem::path checkpoint, FileIdentity identity);
  static Result<std::optional<ResumableFile>> adopt(const FolderTree& tree,
                                                    const std::filesystem::path& checkpoint,
                                                    const FileIdentity& identity);
  Result<void> trust(const std::array<std::optional<HeldData>, 2>& lines);
  Result<bool> bears_out(const HeldData& held);
  Result<void> begin_checkpoint();
  Result<void> continue_checkpoint();
  Result<void> write_checkpoint(std::uint64_t offset, std::string_view text);
  Result<void> write_last_line(const std::string& line);
  Result<void> announce(const std::filesystem::path& name);
  Result<void> each_block(std::uint64_t begin, std::uint64_t end,
                          const std::function<void(Bytes)>& take) const;

  PartFile part_;
  std::filesystem::path checkpoint_path_;
  int checkpoint_ = -1;
  FileIdentity identity_;
  std::string header_;
  unsigned next_line_ = 0; ///< the `held` line to overwrite
  HeldData data_;
  HeldData saved_;
  ResumePoint resume_point_;
  bool stored_ = false;
};

/// The camera has heard that its files of these kinds are stored: removes their checkpoints.
void forget_stored(const FolderTree& tree, std::uint64_t imei, FileKinds kinds);

/// Removes parts that have not grown for `age`. Returns those removed.
std::vector<std::filesystem::path> remove_abandoned(const FolderTree& tree,
                                                    std::chrono::seconds age);

} // namespace dualcam
