// HEVC and H.264 as players want them in Matroska and MP4 (ISO 14496-15): lengths in front of the
// NAL units instead of start codes, and a record of the parameter sets.
#pragma once

#include "dualcam/media/annex_b.hpp"
#include "dualcam/wire/bytes.hpp"

namespace dualcam::convert {

/// The NAL units of an Annex B stretch, each behind its length in 4 bytes.
ByteBuffer with_lengths(Bytes stretch);

/// The record of the parameter sets in an access unit's head, `hvcC` or `avcC`; empty if it has not
/// all.
ByteBuffer codec_configuration(Bytes head, VideoCodec codec);

} // namespace dualcam::convert
