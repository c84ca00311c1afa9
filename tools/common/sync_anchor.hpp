// Syncing a file system at once.
#pragma once

#include <filesystem>

namespace dualcam::inline tools {

/// A descriptor of the folder, by which syncfs makes all of its file system durable, and tells
/// whether something that was written since this was opened could not be. -1: the folder cannot be
/// opened, or it is not known that syncfs does so there.
int open_sync_anchor(const std::filesystem::path& folder);

} // namespace dualcam::inline tools
