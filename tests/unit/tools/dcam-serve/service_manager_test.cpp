#include "dcam-serve/service_manager.hpp"

#include <chrono>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "environment.hpp"
#include "temporary_folder.hpp"
#include "tools/loopback.hpp"

namespace dualcam::serve::service_manager_test {
namespace {

using namespace std::chrono_literals;

/// What systemd listens on for what its services tell.
class Systemd {
public:
  explicit Systemd(const std::string& name) : socket_(::socket(AF_UNIX, SOCK_DGRAM, 0)) {
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    REQUIRE(name.size() <= sizeof address.sun_path);
    std::ranges::copy(name, address.sun_path);
    if (name.starts_with('@')) {
      address.sun_path[0] = '\0';
    }
    REQUIRE(::bind(socket_, reinterpret_cast<sockaddr*>(&address),
                   static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size())) == 0);
  }
  ~Systemd() { ::close(socket_); }
  Systemd(const Systemd&) = delete;
  Systemd& operator=(const Systemd&) = delete;

  /// What came next; empty: nothing.
  std::string heard() const {
    char text[200];
    const auto count = ::recv(socket_, text, sizeof text, MSG_DONTWAIT);
    return {text, static_cast<std::size_t>(std::max<ssize_t>(count, 0))};
  }

private:
  int socket_;
};

/// A descriptor where systemd puts the first one that it passes.
class Passed {
public:
  explicit Passed(int descriptor) : before_(::fcntl(3, F_DUPFD_CLOEXEC, 10)) {
    if (descriptor != 3) {
      ::dup2(descriptor, 3);
      ::close(descriptor);
    }
  }
  ~Passed() {
    if (before_ >= 0) {
      ::dup2(before_, 3);
      ::close(before_);
    } else {
      ::close(3);
    }
  }
  Passed(const Passed&) = delete;
  Passed& operator=(const Passed&) = delete;

private:
  int before_;
};

std::string another_process() { return std::to_string(::getpid() + 1); }

int listening(int family, int type = SOCK_STREAM) {
  const int socket = ::socket(family, type, 0);
  if (family == AF_INET) {
    const auto address = loopback(0);
    REQUIRE(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  }
  if (family == AF_UNIX) { // a name that nobody has
    const sockaddr address{.sa_family = AF_UNIX, .sa_data = {}};
    REQUIRE(::bind(socket, &address, sizeof address.sa_family) == 0);
  }
  if (type == SOCK_STREAM) {
    REQUIRE(::listen(socket, 1) == 0);
  }
  return socket;
}

Result<int> passed(int descriptor, const std::string& count = "1",
                   const std::string& process = std::to_string(::getpid())) {
  const Passed here(descriptor);
  const Variable pid("LISTEN_PID", process);
  const Variable number("LISTEN_FDS", count);
  const Variable names("LISTEN_FDNAMES", "a");
  auto listener = ServiceManager::listener();
  for (const auto* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) {
    CHECK(std::getenv(name) == nullptr);
  }
  if (listener && *listener == 3) {
    CHECK((::fcntl(3, F_GETFD) & FD_CLOEXEC) != 0);
  }
  return listener;
}

std::string error_of(const Result<int>& listener) {
  return listener ? "" : listener.error().message;
}

} // namespace

TEST_CASE("service manager: readiness, the end and signs of life are told where it listens") {
  const TemporaryFolder folder;
  const bool is_file = GENERATE(true, false);
  const auto name =
      is_file ? (folder / "notify").string() : "@dualcam-test-" + std::to_string(::getpid());
  const Systemd systemd(name);
  const Variable socket("NOTIFY_SOCKET", name);
  const Variable often("WATCHDOG_USEC", "4000000");
  const bool is_named = GENERATE(true, false);
  const Variable process("WATCHDOG_PID",
                         is_named ? std::optional(std::to_string(::getpid())) : std::nullopt);
  ServiceManager service;
  service.ready("listening on port 7050");
  CHECK(systemd.heard() == "READY=1\nSTATUS=listening on port 7050");
  service.alive(TimePoint(1h));
  CHECK(systemd.heard() == "WATCHDOG=1");
  service.alive(TimePoint(1h + 1999ms));
  CHECK(systemd.heard().empty());
  service.alive(TimePoint(1h + 2s)); // half the time that there is
  CHECK(systemd.heard() == "WATCHDOG=1");
  service.stopping();
  CHECK(systemd.heard() == "STOPPING=1");
  CHECK(systemd.heard().empty());
}

TEST_CASE("service manager: nobody waits for a systemd that does not listen") {
  const TemporaryFolder folder;
  const auto name = (folder / "notify").string();
  const Systemd systemd(name);
  const Variable socket("NOTIFY_SOCKET", name);
  const Variable often("WATCHDOG_USEC", "2");
  ServiceManager service;
  std::size_t said = 0;
  for (auto now = TimePoint(1h); said < 2000; ++said, now += 1s) { // more than a socket holds
    service.alive(now);
  }
  service.stopping();
  std::size_t heard = 0;
  while (systemd.heard() == "WATCHDOG=1") {
    ++heard;
  }
  CHECK(heard > 0);
  CHECK(heard < said);
  service.alive(TimePoint(1h + 1999s)); // which had no room then
  CHECK(systemd.heard() == "WATCHDOG=1");
}

TEST_CASE("service manager: a watchdog that is none, or another process's, hears nothing") {
  const TemporaryFolder folder;
  const auto name = (folder / "notify").string();
  const Systemd systemd(name);
  const Variable socket("NOTIFY_SOCKET", name);
  const auto tells = [&](std::optional<std::string> often, std::optional<std::string> process) {
    const Variable time("WATCHDOG_USEC", often);
    const Variable pid("WATCHDOG_PID", process);
    ServiceManager().alive(TimePoint(100h));
    return !systemd.heard().empty();
  };
  CHECK(tells("2", std::nullopt));
  CHECK(tells("18446744073709551615", std::nullopt));
  CHECK_FALSE(tells(std::nullopt, std::nullopt));
  CHECK_FALSE(tells("", std::nullopt));
  CHECK_FALSE(tells("0", std::nullopt));
  CHECK_FALSE(tells("5s", std::nullopt));
  CHECK_FALSE(tells("4000000", another_process()));
  CHECK_FALSE(tells("4000000", "me"));
}

TEST_CASE("service manager: what cannot be an address is not spoken to") {
  const TemporaryFolder folder;
  const auto before = fs::current_path();
  fs::current_path(folder.path());
  const Systemd relative("notify");
  const std::string longest(sizeof(sockaddr_un::sun_path) - 1, 'x');
  const Systemd abstract('@' + longest);
  for (const auto& name :
       {std::string("notify"), std::string(), '@' + longest + 'x', '/' + longest + 'x'}) {
    const Variable socket("NOTIFY_SOCKET", name);
    ServiceManager().stopping();
    CHECK(relative.heard().empty());
    CHECK(abstract.heard().empty());
  }
  const Variable socket("NOTIFY_SOCKET", '@' + longest);
  ServiceManager().stopping();
  CHECK(abstract.heard() == "STOPPING=1");
  fs::current_path(before);
}

TEST_CASE("service manager: a socket that listens for TCP is taken over, others are refused") {
  CHECK(passed(listening(AF_INET)) == 3);
  CHECK(passed(listening(AF_INET6)) == 3);
  constexpr auto no_listener =
      "the socket that systemd has passed: it does not listen for TCP connections";
  CHECK(error_of(passed(listening(AF_UNIX))) == no_listener);
  CHECK(error_of(passed(listening(AF_INET, SOCK_DGRAM))) == no_listener);
  CHECK(error_of(passed(::socket(AF_INET, SOCK_STREAM, 0))) == no_listener);
  CHECK(error_of(passed(::open("/dev/null", O_RDONLY))) == no_listener);
  CHECK(error_of(passed(listening(AF_INET), "2")) ==
        "the socket that systemd has passed: one is expected, there are 2");
  CHECK(passed(listening(AF_INET), "0") == -1);
  CHECK(passed(listening(AF_INET), "x") == -1);
  CHECK(passed(listening(AF_INET), "1", another_process()) == -1);
  CHECK(passed(listening(AF_INET), "1", "") == -1);
  CHECK(ServiceManager::listener() == -1);
}

} // namespace dualcam::serve::service_manager_test
