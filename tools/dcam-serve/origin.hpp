// Where something comes from, for events: the connection and its other end. Why it was refused.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace dualcam::serve {

struct Origin {
  std::uint64_t connection = 0; ///< counted from 1; 0 = none: an earlier run's
  std::string address{};        ///< and port
};

/// Of a peer that has not opened as a camera does.
struct Refusal {
  std::string why{};
  std::optional<std::uint64_t> imei{}; ///< where it said it: a tracker's tracking connection
};

} // namespace dualcam::serve
