// The words of --camera.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "dualcam/files/camera.hpp"

namespace dualcam::inline tools {

/// For Arguments::choice: `auto`, which is no family, and the name of each.
inline std::vector<std::pair<std::string, std::optional<Camera>>> camera_choices() {
  std::vector<std::pair<std::string, std::optional<Camera>>> words{{"auto", std::nullopt}};
  for (const auto camera : all_cameras) {
    words.emplace_back(name_of(camera), camera);
  }
  return words;
}

} // namespace dualcam::inline tools
