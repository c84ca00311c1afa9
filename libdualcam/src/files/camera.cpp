#include "dualcam/files/camera.hpp"

#include <utility>

namespace dualcam {

std::string_view name_of(Camera camera) {
  switch (camera) {
  case Camera::dualcam:
    return "dualcam";
  case Camera::adas:
    return "adas";
  case Camera::dsm:
    return "dsm";
  case Camera::dashcam:
    return "dashcam";
  }
  return "";
}

std::string_view description_of(Camera camera) {
  switch (camera) {
  case Camera::dualcam:
    return "DualCam";
  case Camera::adas:
    return "ADAS";
  case Camera::dsm:
    return "DSM";
  case Camera::dashcam:
    return "DashCam";
  }
  return "";
}

std::optional<Camera> camera_named(std::string_view name) {
  for (const auto camera : all_cameras) {
    if (name_of(camera) == name) {
      return camera;
    }
  }
  return std::nullopt;
}

std::optional<Camera> camera_of_path(std::string_view path) {
  using Mark = std::pair<std::string_view, Camera>;
  constexpr std::array marks{
      Mark{"mdas9", Camera::adas},
      Mark{"dsm", Camera::dsm},
      Mark{"dualcam_front", Camera::dualcam},
      Mark{"dualcam_rear", Camera::dualcam},
      Mark{"dashcam", Camera::dashcam},
  };
  std::optional<Camera> found; // of several marks the later one here counts [srv]
  for (const auto& [mark, camera] : marks) {
    if (path.find(mark) != std::string_view::npos) {
      found = camera;
    }
  }
  return found;
}

} // namespace dualcam
