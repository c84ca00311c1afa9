// The operating system's files, with a hand in some calls.
#pragma once

#include <cerrno>
#include <functional>
#include <utility>

#include "dualcam/storage/file_system.hpp"

namespace dualcam {

class HookedFiles : public FileSystem {
public:
  /// Is called before the next flock; whatever happens there happens between opening and locking.
  std::function<void()> before_lock;
  /// Is called before the next file that is opened, perhaps created.
  std::function<void()> before_open;
  /// Is called before each sync.
  std::function<void()> before_sync;
  /// rename knows no flags, as on some file systems.
  bool no_rename_flags = false;
  /// What rename fails with.
  int rename_error = 0;

  int fdatasync(int descriptor) override {
    if (before_sync) {
      before_sync();
    }
    return FileSystem::fdatasync(descriptor);
  }

  int open(const char* path, int flags, mode_t mode) override {
    if (before_open) {
      std::exchange(before_open, nullptr)();
    }
    return FileSystem::open(path, flags, mode);
  }

  int flock(int descriptor, int operation) override {
    if (before_lock) {
      std::exchange(before_lock, nullptr)();
    }
    return FileSystem::flock(descriptor, operation);
  }

  int rename(const char* from, const char* to, unsigned flags) override {
    if (rename_error != 0) {
      errno = rename_error;
      return -1;
    }
    if (no_rename_flags && flags != 0) {
      errno = EINVAL;
      return -1;
    }
    return FileSystem::rename(from, to, flags);
  }
};

} // namespace dualcam
