// A file descriptor that closes itself.
#pragma once

#include <utility>

#include <unistd.h>

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

} // namespace dualcam::inline tools
