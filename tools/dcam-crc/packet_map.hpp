// A transfer's packets as a picture in the terminal.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "dualcam/capture/captured_transfer.hpp"

namespace dualcam::crc {

/// Rows of cells, each for as many packets, or bytes where files go by path, as make the picture
/// fit `width` columns and a screen's height, and a legend. A cell shows the worst of its packets:
/// missing, bad, unchecked, repeated, good.
std::vector<std::string> packet_map(const CapturedTransfer& transfer, std::size_t width,
                                    bool color);

/// Columns of the terminal that standard output goes to; 80 where it is none.
std::size_t map_width();

} // namespace dualcam::crc
