#pragma once

namespace dualcam::inline tools {

/// The commit this was built from, `-dirty` behind it if it was not only that; "unknown" outside
/// git.
const char* git_id();

} // namespace dualcam::inline tools
