/// \file
/// The families of cameras that speak the protocol, each with its own metadata.
/// Facts: dualcam-protocol(7), FILES BY PATH.
///
/// The functions may be called from any thread. All text is static: it is valid for ever.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace dualcam {

/// A family.
enum class Camera : std::uint8_t {
  dualcam, ///< two lenses: front and rear
  adas,    ///< looks at the road
  dsm,     ///< looks at the driver
  dashcam, ///< one lens; speaks as a DualCam that has a front only
};

/// Every family.
inline constexpr std::array all_cameras{Camera::dualcam, Camera::adas, Camera::dsm,
                                        Camera::dashcam};

/// `dualcam`, `adas`, `dsm`, `dashcam`.
std::string_view name_of(Camera camera);

/// "DualCam", "ADAS", "DSM", "DashCam".
std::string_view description_of(Camera camera);

/// From `dualcam` and so on; nullopt: anything else.
std::optional<Camera> camera_named(std::string_view name);

/// Whether its metadata has the layout of a DualCam's: versions, and kinds of files.
constexpr bool is_like_dualcam(Camera camera) {
  return camera == Camera::dualcam || camera == Camera::dashcam;
}

/// From a PATH, by what stands anywhere in it: `mdas9` ADAS, `dsm` DSM, `dualcam_front` and
/// `dualcam_rear` DualCam, `dashcam` DashCam; of several the last one of this list counts [srv].
/// nullopt: nothing of it.
std::optional<Camera> camera_of_path(std::string_view path);

} // namespace dualcam
