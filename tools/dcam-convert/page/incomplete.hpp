// What is known of a file that has not arrived whole.
#pragma once

#include "dcam-convert/page/entry.hpp"

namespace dualcam::convert {

/// From the checkpoint beside a .part, if there is one: what else a sidecar tells, and how large
/// the file is going to be.
void take_checkpoint(Entry& entry);

} // namespace dualcam::convert
