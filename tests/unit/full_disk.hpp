// A disk that has no room for more, as far as this process is concerned.
#pragma once

#include <csignal>
#include <cstdint>

#include <sys/resource.h>

#include "testing.hpp"

namespace dualcam {

/// While it lives no file grows beyond so many bytes: writing says EFBIG, "File too large".
class FullDisk {
public:
  explicit FullDisk(std::uint64_t most) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before_) == 0);
    const rlimit small{most, before_.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  }
  ~FullDisk() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

private:
  void (*handler_)(int);
  rlimit before_{};
};

} // namespace dualcam
