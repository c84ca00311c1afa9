// What is known of a captured file beside its packets: its metadata, and what it is named by.
#pragma once

#include <string>
#include <string_view>

#include "common/record.hpp"
#include "dualcam/capture/captured_transfer.hpp"
#include "dualcam/wire/error.hpp"

namespace dualcam::crc {

/// As PATH said; empty: nothing tells it. Valid as long as `transfer`.
std::string_view device_path_of(const CapturedTransfer& transfer);

/// From its METADATA, read as that of the camera its path tells. Errors: as read_payload's.
Result<Record> record_of(const CapturedTransfer& transfer);

/// `350612071913857_20241029T124342Z_videof`: the IMEI, the time in the metadata, else in the
/// path, and the kind, by path the camera; nothing that the device could choose freely.
std::string stem_of(const CapturedTransfer& transfer);

/// As the kind or the path has it, else as the file's first bytes have it; `.bin`: nothing tells.
std::string extension_of(const CapturedTransfer& transfer, Bytes first_bytes);

} // namespace dualcam::crc
