// Exit codes, the same in every tool: dualcam(7).
#pragma once

#include <algorithm>

namespace dualcam::inline tools {

enum class ExitCode {
  done = 0,          ///< all that was asked for is done and verified
  bad_data = 1,      ///< looked at, and the data is bad
  usage = 2,         ///< the command line is wrong
  io = 3,            ///< cannot read, write or listen
  nobody_came = 4,   ///< the wait ran out
  incomplete = 5,    ///< link lost or stopped; the same command continues
  device_failed = 6, ///< the device reported a failure
  child_failed = 7,  ///< ffmpeg or a hook failed
};

/// Of several outcomes the largest counts.
constexpr ExitCode worse_of(ExitCode a, ExitCode b) { return std::max(a, b); }

} // namespace dualcam::inline tools
