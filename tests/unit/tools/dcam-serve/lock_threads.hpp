// Notes which threads ask for locks of bytes, and let them go: that may wait for the disk.
#pragma once

#include <mutex>
#include <set>
#include <thread>

#include "dualcam/storage/file_system.hpp"

namespace dualcam::serve {

class LockThreads : public FileSystem {
public:
  int lock_range(int descriptor, int command, struct ::flock* range) override {
    {
      const std::lock_guard lock(mutex_);
      (range->l_type == F_UNLCK ? released_ : asked_).insert(std::this_thread::get_id());
    }
    return FileSystem::lock_range(descriptor, command, range);
  }

  /// Locks were let go, and this thread had nothing to do with them.
  bool spared(std::thread::id thread) {
    const std::lock_guard lock(mutex_);
    return !released_.empty() && !released_.contains(thread) && !asked_.contains(thread);
  }

private:
  std::mutex mutex_;
  std::set<std::thread::id> asked_;
  std::set<std::thread::id> released_;
};

} // namespace dualcam::serve
