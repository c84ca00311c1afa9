// --page: one static page to look at what is in folders.
#pragma once

#include "dcam-convert/converter.hpp"

namespace dualcam::convert {

/// Makes what the files lack, then the page. One bad file does not spoil it.
ExitCode make_page(const Workshop& workshop);

} // namespace dualcam::convert
