// A page's HTML.
#pragma once

#include <string>
#include <vector>

#include "dcam-convert/page/entry.hpp"

namespace dualcam::convert {

/// The whole page; `title` is printable.
std::string page_of(const std::vector<Entry>& entries, const std::string& title);

} // namespace dualcam::convert
