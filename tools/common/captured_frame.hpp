// One frame of a capture file.
#pragma once

#include <cstdint>

#include "common/link_layer.hpp"
#include "dualcam/wire/bytes.hpp"

namespace dualcam::inline tools {

struct CapturedFrame {
  LinkType link;
  Bytes bytes;          ///< what was captured of it; valid during the call
  std::uint64_t length; ///< what was sent: more, if the snapshot length cut it off
  std::uint64_t time;   ///< nanoseconds since 1970; 0: the file does not tell
};

} // namespace dualcam::inline tools
