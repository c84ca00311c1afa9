#include "storage/system_calls.hpp"

#include <cerrno>
#include <utility>

#include <sys/file.h>
#include <sys/syscall.h>
#include <unistd.h>

using namespace dualcam::system_calls;

extern "C" {

int flock(int descriptor, int operation) noexcept {
  if (before_lock) {
    std::exchange(before_lock, nullptr)();
  }
  return static_cast<int>(::syscall(SYS_flock, descriptor, operation));
}

int renameat2(int from_folder, const char* from, int to_folder, const char* to,
              unsigned flags) noexcept {
  if (no_rename_flags && flags != 0) {
    errno = EINVAL;
    return -1;
  }
  return static_cast<int>(::syscall(SYS_renameat2, from_folder, from, to_folder, to, flags));
}

} // extern "C"
