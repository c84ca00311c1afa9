// What has to be there before the first camera may come. Errors say what to do about it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "common/pcap_writer.hpp"

namespace dualcam::serve {

/// Raises the limit of open files as far as it goes, and returns it: the usual soft one of 1024 is
/// for programs that use select().
std::uint64_t allow_many_descriptors();

/// Whether files can be made in the output folder.
Result<void> check_output(const std::filesystem::path& folder);

/// For --capture.
Result<std::unique_ptr<PcapWriter>> open_capture(const std::filesystem::path& path);

} // namespace dualcam::serve
