// A METADATA payload with another position, another driver, and other text.
#pragma once

#include "dcam-crc/scrub_values.hpp"

namespace dualcam::crc {

/// Of the same length and layout. Times, triggers, lengths and versions stay; what is not known of
/// the layout is disguised.
ByteBuffer scrubbed_metadata(Bytes payload, ScrubValues& values, const ScrubKey& key);

} // namespace dualcam::crc
