// When a capture begins, and how pcapng writes times.
#pragma once

#include <cstdint>
#include <optional>

#include "common/input_file.hpp"

namespace dualcam::inline tools {

/// The time of its first frame, nanoseconds since 1970. nullopt: it has none in its first 64 KiB,
/// or is no capture. Nothing of the file is used up.
std::optional<std::uint64_t> first_time_of(InputFile& file);

/// A time of pcapng in nanoseconds. Its resolution is 10^-n seconds, or 2^-n where the top bit is
/// set.
std::uint64_t nanoseconds_of(std::uint64_t time, unsigned resolution);
/// The resolution among the options of an interface.
unsigned time_resolution_in(Bytes options, bool big_endian);

} // namespace dualcam::inline tools
