// When a capture begins.
#pragma once

#include <cstdint>
#include <optional>

#include "common/input_file.hpp"

namespace dualcam::inline tools {

/// The time of its first frame, nanoseconds since 1970. nullopt: it has none in its first 64 KiB,
/// or is no capture. Nothing of the file is used up.
std::optional<std::uint64_t> first_time_of(InputFile& file);

} // namespace dualcam::inline tools
