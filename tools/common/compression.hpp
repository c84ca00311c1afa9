// How compressed files begin.
#pragma once

#include <string>

#include "dualcam/wire/bytes.hpp"

namespace dualcam::inline tools {

/// The tool that undoes it, if a file that begins so is compressed: gzip, zstd, lz4, bzip2 or xz;
/// otherwise empty. 6 bytes tell.
std::string compression_tool(Bytes first_bytes);

} // namespace dualcam::inline tools
