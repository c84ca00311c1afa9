// Where a camera was, as a plot that needs no map.
#pragma once

#include <string>

#include "dcam-convert/page/groups.hpp"

namespace dualcam::convert {

/// An SVG of the positions of a camera's files: a line and points for each day. Empty if no
/// position is known. `first_id` is the number of the camera's first file in the page.
std::string track_of(const PageCamera& camera, std::size_t first_id);

} // namespace dualcam::convert
