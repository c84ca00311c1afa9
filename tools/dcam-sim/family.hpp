// The families of cameras that the simulator plays; dualcam-protocol(7), FILES BY PATH.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

#include "dualcam/files/camera.hpp"

namespace dualcam::sim {

struct Family {
  Camera camera;
  std::string_view front; ///< what its paths begin with
  std::string_view rear;  ///< the same for the other lens, where it has one

  friend bool operator==(const Family&, const Family&) = default;
};

inline constexpr std::array families{
    Family{Camera::dualcam, "dualcam_front", "dualcam_rear"},
    Family{Camera::adas, "mdas9", "mdas9"},
    Family{Camera::dsm, "dsm", "dsm"},
    Family{Camera::dashcam, "dashcam", "dashcam"},
};
inline constexpr const Family& dualcam_family = families[0];

/// null: none has this name.
inline const Family* family_named(std::string_view name) {
  const auto camera = camera_named(name);
  const auto* found = std::ranges::find(families, camera, &Family::camera);
  return found != families.end() ? found : nullptr;
}

/// Whose file dcam-serve takes it for; a DualCam's if the path does not tell.
inline const Family& family_of_path(std::string_view path) {
  const auto* found = std::ranges::find(families, camera_of_path(path), &Family::camera);
  return found != families.end() ? *found : dualcam_family;
}

} // namespace dualcam::sim
