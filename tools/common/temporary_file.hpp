// A file without a name, which goes with its descriptor.
#pragma once

#include <expected>
#include <filesystem>
#include <string_view>

#include "common/descriptor.hpp"
#include "dualcam/wire/error.hpp"

namespace dualcam::inline tools {

/// For reading and writing, in `folder`. -1 and errno if that is not possible.
Descriptor temporary_file(const std::filesystem::path& folder);

/// Where those of a tool go that has no folder of its own: what TMPDIR names, or /tmp.
std::filesystem::path folder_of_temporaries();

/// Why one there failed, and what to do: "cannot write a temporary file in /tmp: ...".
std::unexpected<Error> temporary_error(std::string_view what, int error);

} // namespace dualcam::inline tools
