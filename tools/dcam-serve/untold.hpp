// Files that an earlier run has stored but could not tell: it was killed between the name and the
// line, or nobody read its lines.
#pragma once

#include <string>
#include <vector>

#include "dcam-serve/file_facts.hpp"
#include "dcam-serve/unsaid.hpp"
#include "dualcam/files/wishes.hpp"

namespace dualcam::serve {

struct Untold {
  FileFacts facts;
  HeldData file;
  std::filesystem::path path;
  bool is_there = false; ///< it may have moved on since
  std::string sha256;    ///< empty: not known
  Unsaid::Line line;
};

/// Those of all cameras whose states are below `root`, the oldest first, but for what another
/// living server is about to tell. Reads the disk. What cannot be read is left for another time.
std::vector<Untold> find_untold(const std::filesystem::path& root, const Wishes& wanted,
                                Unsaid& unsaid);

/// If it is there: writes its sidecar and reads the file if its SHA-256 is wanted. An error says
/// why that could not be done.
Result<void> look_at(Untold& untold, bool wants_sha256);

} // namespace dualcam::serve
