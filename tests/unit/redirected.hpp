#pragma once

#include <fcntl.h>
#include <unistd.h>

namespace dualcam {

/// While it lives a standard stream is what `descriptor` is, which it closes.
class Redirected {
public:
  Redirected(int stream, int descriptor) : stream_(stream), before_(::dup(stream)) {
    ::dup2(descriptor, stream_);
    ::close(descriptor);
  }
  ~Redirected() {
    ::dup2(before_, stream_);
    ::close(before_);
  }
  Redirected(const Redirected&) = delete;
  Redirected& operator=(const Redirected&) = delete;

private:
  int stream_;
  int before_;
};

/// Nothing can be written to it.
inline int open_full_disk() { return ::open("/dev/full", O_WRONLY | O_CLOEXEC); }

} // namespace dualcam
