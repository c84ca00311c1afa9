// Where something comes from, for events: the connection and its other end.
#pragma once

#include <cstdint>
#include <string>

namespace dualcam::serve {

struct Origin {
  std::uint64_t connection = 0; ///< counted from 1; 0 = none: an earlier run's
  std::string address{};        ///< and port
};

} // namespace dualcam::serve
