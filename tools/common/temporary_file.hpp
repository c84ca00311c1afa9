// A file without a name, which goes with its descriptor.
#pragma once

#include <filesystem>

#include "common/descriptor.hpp"

namespace dualcam::inline tools {

/// For reading and writing, in `folder`. -1 and errno if that is not possible.
Descriptor temporary_file(const std::filesystem::path& folder);

} // namespace dualcam::inline tools
