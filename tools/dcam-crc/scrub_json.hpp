// A camera's JSON document with other values.
#pragma once

#include <string>
#include <string_view>

#include "dcam-crc/scrub_values.hpp"

namespace dualcam::crc {

/// Byte for byte as long as it was, and as well formed. Names that a camera's documents are known
/// to have stay, and so do the numbers of versions, types, times, lengths and frame rates; every
/// other letter and digit becomes another one.
std::string scrubbed_json(std::string_view text, ScrubValues& values);

} // namespace dualcam::crc
