// The CRC of a file, at the speed of reading it.
#pragma once

#include <cstdint>
#include <functional>

#include "common/input_file.hpp"

namespace dualcam::crc {

struct Checksum {
  std::uint16_t crc;
  std::uint64_t bytes;
};

/// Reads `file` to its end. `progress` is told how many bytes have been read, by the calling
/// thread. A large regular file is read by several threads, a stretch each, and their CRCs are
/// combined: reading it is what takes the time (tests/bench/crc_file_bench.sh).
Result<Checksum> checksum(InputFile& file, std::uint16_t initial,
                          const std::function<void(std::uint64_t)>& progress);

} // namespace dualcam::crc
