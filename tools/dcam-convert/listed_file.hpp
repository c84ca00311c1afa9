// One file that a run reads.
#pragma once

#include <string>

namespace dualcam::convert {

struct ListedFile {
  std::string path;
  std::string place = {}; ///< its path inside the folder that was given; empty: it was given itself

  bool from_folder() const { return !place.empty(); }
};

} // namespace dualcam::convert
