// A record -> the EXIF of a photo.
#pragma once

#include "common/record.hpp"
#include "dualcam/wire/error.hpp"

namespace dualcam::meta {

/// The JPEG with the record's time, position (if valid) and IMEI in its EXIF, where other tags
/// stay; no byte outside that segment changes. Errors: malformed (no JPEG, no EXIF that can be
/// extended).
///
/// DateTimeOriginal is local time where the zone is known (then with OffsetTimeOriginal), else UTC;
/// the GPS time is UTC. EXIF has no IMEI: it stands in BodySerialNumber.
Result<ByteBuffer> with_exif(Bytes jpeg, const Record& record);

} // namespace dualcam::meta
