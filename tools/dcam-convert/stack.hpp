// --stack: one video of what two lenses saw.
#pragma once

#include "dcam-convert/converter.hpp"

namespace dualcam::convert {

/// Makes one video of the two inputs, the first above the second, each picture at its time by the
/// clock of their device. Clips without metadata start together; so far apart that no recording
/// explains it, they are refused.
ExitCode stack(const Workshop& workshop);

} // namespace dualcam::convert
