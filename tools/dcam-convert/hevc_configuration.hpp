// HEVC as players want it in Matroska and MP4 (ISO 14496-15): lengths in front of the NAL units
// instead of start codes, and a record of the parameter sets.
#pragma once

#include "dualcam/wire/bytes.hpp"

namespace dualcam::convert {

/// The NAL units of an Annex B stretch, each behind its length in 4 bytes.
ByteBuffer with_lengths(Bytes stretch);

/// The `hvcC` record of the parameter sets in an access unit's head; empty if it has not all.
ByteBuffer hevc_configuration(Bytes head);

} // namespace dualcam::convert
