// A library to preload (LD_PRELOAD) into dcam-serve: each sync takes so many milliseconds longer as
// DUALCAM_SLOW_SYNC says (20), as an ordinary disk would.
#include <chrono>
#include <cstdlib>
#include <thread>

#include <dlfcn.h>
#include <unistd.h>

namespace {

void wait_a_while() {
  static const auto time = [] {
    const auto* text = std::getenv("DUALCAM_SLOW_SYNC");
    return std::chrono::milliseconds(text != nullptr ? std::atoi(text) : 20);
  }();
  std::this_thread::sleep_for(time);
}

template <class Function> Function* next(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

} // namespace

extern "C" {

int fsync(int descriptor) {
  static auto* const real = next<int(int)>("fsync");
  wait_a_while();
  return real(descriptor);
}

int fdatasync(int descriptor) {
  static auto* const real = next<int(int)>("fdatasync");
  wait_a_while();
  return real(descriptor);
}

int syncfs(int descriptor) noexcept {
  static auto* const real = next<int(int)>("syncfs");
  wait_a_while();
  return real(descriptor);
}

} // extern "C"
