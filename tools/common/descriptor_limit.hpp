// How many files a process may have open.
#pragma once

#include <cstdint>
#include <utility>

#include <sys/resource.h>

namespace dualcam::inline tools {

/// Raises the limit as far as it goes, and returns it: the usual soft one of 1024 is for programs
/// that use select().
inline std::uint64_t allow_many_descriptors() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const auto soft = std::exchange(limit.rlim_cur, limit.rlim_max);
  return ::setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_max : soft;
}

} // namespace dualcam::inline tools
