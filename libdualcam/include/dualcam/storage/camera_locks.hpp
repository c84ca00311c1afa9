/// \file
/// Which process serves a camera where several share a folder, be they on several machines: one at
/// a time, so that a file is never begun anew while somebody else still writes to its part.
///
/// ROOT/.dcam-serve/lock stays empty. The byte at the offset of an IMEI is locked by who serves
/// that camera, and far behind it another one is shared by all who would like to (fcntl's locks of
/// open file descriptions, which shared file systems know, too). When a process or its machine dies
/// its locks go with it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

#include "dualcam/storage/file.hpp"

namespace dualcam {

/// The locks of one process. An object is used by one thread at a time; every call may block as
/// long as the disk takes. Errors are of category io: there may be no such locks here.
class CameraLocks {
public:
  /// Of the cameras below `root`, which is `base` or below that; `base` exists. Nothing is created
  /// before the first camera is asked for.
  CameraLocks(const std::filesystem::path& base, const std::filesystem::path& root);

  /// Whether nothing has been stored below `root`: then nobody can have a camera's part.
  bool is_new() const;
  /// Nobody else serves this camera from here on, until `release`. False: somebody does, and sees
  /// that it is wanted, until it is taken or released.
  Result<bool> take(std::uint64_t imei);
  /// After `take`, whatever that has returned.
  void release(std::uint64_t imei);
  /// Whether somebody else would like to serve it.
  Result<bool> is_wanted(std::uint64_t imei) const;

  /// Removes the file of the locks below `root` if nobody has any.
  static void remove_unused(const std::filesystem::path& root);

private:
  Result<void> open();
  Result<bool> take_named(std::uint64_t imei);
  void release_wish(std::uint64_t imei);

  std::filesystem::path base_;
  std::filesystem::path path_;
  std::optional<File> file_;
};

/// Its file, among the states of cameras (state_folder.hpp).
inline constexpr std::string_view camera_locks_name = "lock";

} // namespace dualcam
