// The forms that a text may have whose looks do not tell.
#pragma once

#include <string_view>
#include <vector>

#include "common/hex_style.hpp"

namespace dualcam::inline tools {

using Forms = std::vector<HexForm>;

/// Those to try on `sample`: some 300.
Forms other_forms(std::string_view sample);

} // namespace dualcam::inline tools
