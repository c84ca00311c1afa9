#include "dcam-serve/service_manager.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <optional>

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <fmt/format.h>

#include "common/descriptor.hpp"

namespace dualcam::serve {
namespace {

constexpr int first_passed = 3;

std::string_view variable(const char* name) {
  const auto* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

/// Of digits alone.
std::optional<std::uint64_t> number_in(const char* name) {
  const auto text = variable(name);
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(number)
                                                                  : std::nullopt;
}

/// sd_notify(3); whether systemd has it, which is waited for with no `flags`.
bool notify(std::string_view state, int flags) {
  const auto path = variable("NOTIFY_SOCKET");
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  if ((!path.starts_with('/') && !path.starts_with('@')) || path.size() > sizeof address.sun_path) {
    return false;
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  if (path.starts_with('@')) { // no file, but a name
    address.sun_path[0] = '\0';
  }
  const Descriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  return ::sendto(socket.get(), state.data(), state.size(), MSG_NOSIGNAL | flags,
                  reinterpret_cast<const sockaddr*>(&address),
                  static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size())) >= 0;
}

bool listens_for_tcp(int socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  int type = 0;
  int listens = 0;
  socklen_t type_size = sizeof type;
  socklen_t listens_size = sizeof listens;
  return ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0 &&
         (address.ss_family == AF_INET || address.ss_family == AF_INET6) &&
         ::getsockopt(socket, SOL_SOCKET, SO_TYPE, &type, &type_size) == 0 && type == SOCK_STREAM &&
         ::getsockopt(socket, SOL_SOCKET, SO_ACCEPTCONN, &listens, &listens_size) == 0 &&
         listens != 0;
}

} // namespace

ServiceManager::ServiceManager() {
  const auto limit = number_in("WATCHDOG_USEC");
  const bool is_ours = variable("WATCHDOG_PID").empty() ||
                       number_in("WATCHDOG_PID") == static_cast<std::uint64_t>(::getpid());
  if (limit && is_ours) {
    constexpr auto often_enough = std::chrono::microseconds(std::chrono::hours(1)).count();
    watchdog_ = std::chrono::microseconds(std::min<std::uint64_t>(*limit / 2, often_enough));
  }
}

Result<int> ServiceManager::listener() {
  const auto count = number_in("LISTEN_FDS");
  const bool is_ours = number_in("LISTEN_PID") == static_cast<std::uint64_t>(::getpid());
  for (const auto* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) {
    ::unsetenv(name); // hooks are not to take it for theirs
  }
  if (!is_ours || !count || *count == 0) {
    return -1;
  }
  const auto refused = [](std::string_view why) {
    return std::unexpected(
        Error{ErrorCategory::io, 0, fmt::format("the socket that systemd has passed: {}", why)});
  };
  if (*count > 1) {
    return refused(fmt::format("one is expected, there are {}", *count));
  }
  if (!listens_for_tcp(first_passed)) {
    return refused("it does not listen for TCP connections");
  }
  if (::fcntl(first_passed, F_SETFD, FD_CLOEXEC) != 0) {
    return refused(reason_of(errno));
  }
  return first_passed;
}

void ServiceManager::ready(const std::string& status) {
  notify(fmt::format("READY=1\nSTATUS={}", status), 0);
}

// From here on it is cameras that would wait for a systemd that does not listen.
void ServiceManager::stopping() { notify("STOPPING=1", MSG_DONTWAIT); }

void ServiceManager::alive(TimePoint now) {
  if (watchdog_.count() != 0 && now - said_ >= watchdog_ && notify("WATCHDOG=1", MSG_DONTWAIT)) {
    said_ = now;
  }
}

} // namespace dualcam::serve
