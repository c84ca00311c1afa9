// What has to be there before the first camera may come. Errors say what to do about it.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "common/pcap_writer.hpp"

namespace dualcam::serve {

/// Whether files can be made in the output folder, which is made if the one that it is in is there.
Result<void> check_output(const std::filesystem::path& folder);

/// The same of what it would find, and nothing is made.
Result<void> foresee_output(const std::filesystem::path& folder);

/// Whether there is such a program as the first word of --exec, which may be in the PATH.
Result<void> check_hook(const std::string& program);

/// For --capture; `waits`: as PcapWriter has it.
Result<std::unique_ptr<PcapWriter>> open_capture(const std::filesystem::path& path,
                                                 const std::function<bool()>& waits);

/// Whether there is a place for it, and nothing is made.
Result<void> foresee_capture(const std::filesystem::path& path);

} // namespace dualcam::serve
