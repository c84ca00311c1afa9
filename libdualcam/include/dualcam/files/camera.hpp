// The families of cameras that speak the protocol, each with its own metadata.
// Facts: shared/protocol.md, "ADAS, DSM, DashCam, and protocol >= 6".
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace dualcam {

enum class Camera : std::uint8_t {
  dualcam, ///< also DashCam
  adas,    ///< looks at the road
  dsm,     ///< looks at the driver
};

inline constexpr std::array all_cameras{Camera::dualcam, Camera::adas, Camera::dsm};

/// `dualcam`, `adas`, `dsm`.
std::string_view name_of(Camera camera);

/// "DualCam", "ADAS", "DSM".
std::string_view description_of(Camera camera);

std::optional<Camera> camera_named(std::string_view name);

/// From a PATH: `mdas9` in it is ADAS, `dsm` DSM, `dualcam_front`, `dualcam_rear` and `dashcam`
/// DualCam [srv].
std::optional<Camera> camera_of_path(std::string_view path);

} // namespace dualcam
