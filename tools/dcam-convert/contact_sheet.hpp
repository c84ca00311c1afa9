// One JPEG that shows what is in many files.
#pragma once

#include <string>
#include <vector>

#include "dcam-convert/converter.hpp"

namespace dualcam::convert {

/// `count` of `all` numbers from 0, evenly spread, the first included.
std::vector<std::uint64_t> spread(std::uint64_t all, std::uint64_t count);

/// Makes --contact-sheet of all inputs; folders stand for the files in them, in order of their
/// names, what is no video or photo left out.
ExitCode make_contact_sheet(const Workshop& workshop);

} // namespace dualcam::convert
