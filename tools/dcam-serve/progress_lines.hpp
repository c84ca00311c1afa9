// How far transfers are, in as many lines as a terminal has room for.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "dcam-serve/transfer.hpp"

namespace dualcam::serve {

/// One for each camera, those first that will be done first, as far as there is room, and the sum;
/// of a single camera its line alone. `transfers`: at least one.
std::vector<std::string> progress_lines(std::span<const Transfer* const> transfers);

} // namespace dualcam::serve
