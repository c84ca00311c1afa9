// Files that somebody may take for a capture, and that have to be made into one first.
#pragma once

#include <string>

#include "dualcam/wire/bytes.hpp"

namespace dualcam::inline tools {

/// What a file is that begins like this, and what to do with it; empty: nothing of the kind. 512
/// bytes tell.
std::string other_format(Bytes first_bytes);

} // namespace dualcam::inline tools
