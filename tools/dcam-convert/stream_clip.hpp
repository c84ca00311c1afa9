// A clip from an elementary stream.
#pragma once

#include <vector>

#include "dcam-convert/clip.hpp"
#include "dcam-convert/head_mender.hpp"
#include "dualcam/media/annex_b.hpp"

namespace dualcam::convert {

/// A stream has no times: `frame_rate` pictures a second, in the order in which they are shown.
/// Damaged ones are left out. `heads` knows of its key pictures, `damage` is what is known of them.
Clip clip_of(const std::vector<AccessUnit>& units, double frame_rate, const HeadMender& heads = {},
             std::vector<PtmfDamage> damage = {});

} // namespace dualcam::convert
