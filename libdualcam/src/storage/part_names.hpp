// The names of a part, its checkpoint and the file that it becomes.
#pragma once

#include <filesystem>
#include <set>
#include <string_view>

#include "dualcam/storage/part_file.hpp"
#include "dualcam/wire/error.hpp"

namespace dualcam {

inline std::filesystem::path without_suffix(const std::filesystem::path& path,
                                            std::string_view suffix) {
  const auto text = path.string();
  return text.substr(0, text.size() - suffix.size());
}

/// Which number a file gets that is to be called `name`: where others are to stay a free one, which
/// is none of `reserved`.
Result<unsigned> number_for(const std::filesystem::path& name, IfExists if_exists,
                            const std::set<unsigned>& reserved = {});

/// Gives a part that its caller has locked, and its checkpoint, a number of their own: the new
/// name.
Result<std::filesystem::path> move_aside(const std::filesystem::path& part,
                                         const std::filesystem::path& final_name);

} // namespace dualcam
