// A file descriptor that closes itself.
#pragma once

#include <cerrno>
#include <cstddef>
#include <expected>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "dualcam/wire/bytes.hpp"

namespace dualcam::inline tools {

class Descriptor {
public:
  explicit Descriptor(int value = -1) : value_(value) {}
  Descriptor(Descriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }
  ~Descriptor() { close(); }
  int get() const { return value_; }
  int release() { return std::exchange(value_, -1); }
  void close() {
    if (value_ >= 0) {
      ::close(std::exchange(value_, -1));
    }
  }

private:
  int value_;
};

/// Writes everything there, whatever interrupts it. False: errno.
inline bool write_all(int to, Bytes bytes) {
  while (!bytes.empty()) {
    const auto count = ::write(to, bytes.data(), bytes.size());
    if (count < 0 && errno != EINTR) {
      return false;
    }
    bytes = bytes.subspan(count < 0 ? 0 : static_cast<std::size_t>(count));
  }
  return true;
}

/// Neither end is inherited by programs that are started.
struct Pipe {
  Descriptor read;
  Descriptor write;
};

/// Or errno.
inline std::expected<Pipe, int> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    return std::unexpected(errno);
  }
  return Pipe{Descriptor(ends[0]), Descriptor(ends[1])};
}

} // namespace dualcam::inline tools
