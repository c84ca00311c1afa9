// dcam-crc's command line.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "common/exit_code.hpp"
#include "common/standard_streams.hpp"

namespace dualcam::crc {

struct CrcOptions {
  std::vector<std::string> files; ///< at least one; `-` is standard input
  std::optional<std::uint16_t> initial;
  bool check = false;
  bool dump = false;
  std::optional<std::uint16_t> port;
  std::string scrub;          ///< the capture to make; empty: none
  std::string extract_folder; ///< empty: do not
  std::uint64_t max_file_size = std::uint64_t{1} << 30;
  bool map = false;
  CommonOptions common;
};

/// Touches nothing. The code is what the tool is to exit with at once.
std::expected<CrcOptions, ExitCode> parse_crc_options(int count, const char* const* arguments);

} // namespace dualcam::crc
