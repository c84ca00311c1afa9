// The barrier: makes what many jobs have written durable, and tells for which of them that failed.
#pragma once

#include <span>

#include "dcam-serve/committer.hpp"

namespace dualcam::serve {

/// One for each file system. May block as long as the disk takes.
class Syncer {
public:
  /// `threads`: how many files are synced at a time.
  explicit Syncer(std::size_t threads = 16) : threads_(threads) {}

  void sync(std::span<Commit> commits);

private:
  std::size_t threads_;
};

} // namespace dualcam::serve
