// The names of a part and its checkpoint.
#pragma once

#include <filesystem>
#include <string_view>

#include "dualcam/storage/file_names.hpp"
#include "dualcam/wire/error.hpp"

namespace dualcam {

inline constexpr std::string_view part_suffix = ".part";
inline constexpr std::string_view checkpoint_suffix = ".part.checkpoint";

inline std::filesystem::path checkpoint_of(const std::filesystem::path& part) {
  return with_suffix(part, ".checkpoint");
}

inline std::filesystem::path without_suffix(const std::filesystem::path& path,
                                            std::string_view suffix) {
  const auto text = path.string();
  return text.substr(0, text.size() - suffix.size());
}

/// Gives a part that its caller holds, and its checkpoint, a number of their own: the new name.
Result<std::filesystem::path> move_aside(const std::filesystem::path& part,
                                         const std::filesystem::path& final_name);

} // namespace dualcam
