#include "dcam-serve/service_manager.hpp"

#include <cstdlib>

#include <sys/socket.h>
#include <unistd.h>

#include <fmt/format.h>
#include <systemd/sd-daemon.h>

namespace dualcam::serve {

ServiceManager::ServiceManager() {
  std::uint64_t limit = 0;
  if (::sd_watchdog_enabled(0, &limit) > 0) {
    watchdog_ = std::chrono::microseconds(limit / 2);
  }
}

Result<int> ServiceManager::listener() {
  constexpr int forget = 1; // hooks are not to take it for theirs
  const int count = ::sd_listen_fds(forget);
  if (count == 0) {
    return -1;
  }
  const auto refused = [](std::string_view why) {
    return std::unexpected(
        Error{ErrorCategory::io, 0, fmt::format("the socket that systemd has passed: {}", why)});
  };
  if (count < 0) {
    return refused(reason_of(-count));
  }
  if (count > 1) {
    return refused(fmt::format("one is expected, there are {}", count));
  }
  constexpr int listening = 1;
  if (::sd_is_socket_inet(SD_LISTEN_FDS_START, AF_UNSPEC, SOCK_STREAM, listening, 0) <= 0) {
    return refused("it does not listen for TCP connections");
  }
  return SD_LISTEN_FDS_START;
}

void ServiceManager::ready(const std::string& status) {
  ::sd_notify(0, fmt::format("READY=1\nSTATUS={}", status).c_str());
}

void ServiceManager::stopping() { ::sd_notify(0, "STOPPING=1"); }

void ServiceManager::alive(TimePoint now) {
  if (watchdog_.count() != 0 && now - said_ >= watchdog_) {
    said_ = now;
    ::sd_notify(0, "WATCHDOG=1");
  }
}

} // namespace dualcam::serve
