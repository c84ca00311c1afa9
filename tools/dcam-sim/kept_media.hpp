// What was generated last, for --again: in the user's cache.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "dcam-sim/media.hpp"

namespace dualcam::sim {

/// What `generate_recordings` was asked for, and made.
struct Generated {
  std::uint32_t seconds = 0;
  std::uint8_t frame_rate = 0;
  std::vector<Recording> recordings;
};

/// $XDG_CACHE_HOME/dcam-sim or ~/.cache/dcam-sim; empty: neither is known.
std::filesystem::path kept_media_folder();

/// Keeps it in `folder` in place of what is there. An error matters to those alone who want it
/// again.
Result<void> keep(const Generated& generated, const std::filesystem::path& folder);

/// What was kept there; an error says what to do.
Result<Generated> kept(const std::filesystem::path& folder);

} // namespace dualcam::sim
