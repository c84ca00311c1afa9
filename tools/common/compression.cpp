#include "common/compression.hpp"

#include <string_view>

namespace dualcam::inline tools {

std::string compression_tool(Bytes first_bytes) {
  const auto text = as_text(first_bytes);
  return text.starts_with("\x1f\x8b\x08")                              ? "gzip"
         : text.starts_with("\x28\xb5\x2f\xfd")                        ? "zstd"
         : text.starts_with("\x04\x22\x4d\x18")                        ? "lz4"
         : text.starts_with("BZh") && text.substr(4).starts_with("1A") ? "bzip2"
         : text.starts_with(std::string_view("\xfd"
                                             "7zXZ\0",
                                             6))
             ? "xz"
             : "";
}

} // namespace dualcam::inline tools
