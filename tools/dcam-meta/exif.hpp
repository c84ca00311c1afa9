// A record -> the EXIF of a photo, through libexiv2 where the build has it.
#pragma once

#include <string>

#include "common/record.hpp"
#include "dualcam/wire/error.hpp"

namespace dualcam::meta {

/// For --version: "Exiv2 0.27.6 (--tag)", or that it is not in.
std::string exif_version();

bool has_exif_support();

/// The JPEG with the record's time, position (if valid) and IMEI in its EXIF, where other tags
/// stay. Errors: malformed (no JPEG, no EXIF that can be extended), unsupported.
///
/// Exiv2 makes the EXIF segment alone, and no other byte is touched: its own way of writing a JPEG
/// moves comments between the picture's segments.
///
/// DateTimeOriginal is local time where the zone is known (then with OffsetTimeOriginal), else UTC;
/// the GPS time is UTC. EXIF has no IMEI: it stands in BodySerialNumber.
Result<ByteBuffer> with_exif(Bytes jpeg, const Record& record);

} // namespace dualcam::meta
