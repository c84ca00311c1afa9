// Capture files of both formats, through libpcap.
#pragma once

#include <functional>
#include <string>

#include "common/capture_magic.hpp"
#include "common/captured_frame.hpp"
#include "common/input_file.hpp"

namespace dualcam::inline tools {

/// Calls `take` for each captured frame, in the file's order. Errors: io; malformed, which tells
/// where (a truncated file among it: the frames before have been taken); unsupported (no link layer
/// in it is supported).
Result<void> read_capture(InputFile& file, const std::function<void(const CapturedFrame&)>& take);

/// For --version.
std::string pcap_version();

} // namespace dualcam::inline tools
