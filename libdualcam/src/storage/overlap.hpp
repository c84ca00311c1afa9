// What is asked for again, to prove that the camera still offers the same file.
#pragma once

#include <deque>

#include "dualcam/storage/checkpoint.hpp"
#include "dualcam/storage/part_file.hpp"

namespace dualcam {

/// The last of these places behind which there is at least a full packet, and no mere padding: it
/// proves nothing, and a photo's last packet may be two bytes that every JPEG ends in.
Result<Place> find_from(const PartFile& part, const HeldData& held,
                        const std::deque<Place>& places);

} // namespace dualcam
