// The folder that everything goes below. Its paths have one spelling, wherever they are told.
#pragma once

#include <filesystem>

namespace dualcam::serve {

/// `folder` as its user wrote it, without what means nothing: `./d`, `d/`, `d/.`, `e/../d` are `d`.
/// Where a link makes `e/../d` another folder than `d` it stays as it is.
std::filesystem::path one_spelling(const std::filesystem::path& folder);

/// 0, or the errno that says why no file can be made in there.
int can_write(const std::filesystem::path& folder);

/// `path` below `folder`; `path` itself if that is the current one.
std::filesystem::path below(const std::filesystem::path& folder, const std::filesystem::path& path);

} // namespace dualcam::serve
