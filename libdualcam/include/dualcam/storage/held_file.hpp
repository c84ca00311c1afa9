/// \file
/// What is held of a file that a camera has begun to offer: a part of it, or files that were stored
/// before and that it may be.
///
/// The functions may be called from any thread; an object is used by one at a time.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "dualcam/storage/resumable_file.hpp"

namespace dualcam {

/// A part, or records, or nothing. The part is open and locked.
struct HeldFile {
  std::optional<ResumableFile> part; ///< what has come of it
  std::vector<FileRecord> known;     ///< otherwise what it may be, the newest first

  /// What to ask the camera for: as much as tells whether it is that. Of nothing: from its start.
  ResumePoint resume_point() const;
};

/// Looks among the parts and records of `state`, and for NAME.part of `final_name`. The camera's
/// part must not be open still: it would not be found. May block as long as the disk takes; an
/// error is of category io: what cannot be read may be the one.
Result<HeldFile> find_held(const StateFolder& state, const FileIdentity& identity,
                           const std::filesystem::path& final_name);

} // namespace dualcam
