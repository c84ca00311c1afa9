// Numbers of things, for people.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace dualcam::inline tools {

/// "1 file", "2 files"; `many` is for words that take another form than an s at the end.
inline std::string counted(std::uint64_t count, std::string_view one, std::string_view many = {}) {
  const bool takes_s = count != 1 && many.empty();
  return fmt::format("{} {}{}", count, count == 1 || many.empty() ? one : many, takes_s ? "s" : "");
}

} // namespace dualcam::inline tools
