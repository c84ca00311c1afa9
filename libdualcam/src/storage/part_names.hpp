// The names of a part, its checkpoint and the file that it becomes.
#pragma once

#include <filesystem>
#include <string_view>

#include "dualcam/storage/part_file.hpp"
#include "dualcam/wire/error.hpp"

namespace dualcam {

inline std::filesystem::path without_suffix(const std::filesystem::path& path,
                                            std::string_view suffix) {
  const auto text = path.string();
  return text.substr(0, text.size() - suffix.size());
}

/// What is about to become the checkpoint of a part.
inline std::filesystem::path new_checkpoint_of(const std::filesystem::path& part) {
  return with_suffix(part, ".new.checkpoint");
}

/// Gives a part that its caller has locked, and its checkpoint, a number of their own: the new
/// name.
Result<std::filesystem::path> move_aside(const std::filesystem::path& part,
                                         const std::filesystem::path& final_name);

} // namespace dualcam
