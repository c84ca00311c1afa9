#include "common/stop_signal.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

namespace dualcam {
namespace {

std::atomic<int> received{0};
std::array<int, 2> ends{-1, -1};

void note(int signal) {
  const int saved = errno;
  int none = 0;
  received.compare_exchange_strong(none, signal);
  (void)!::write(ends[1], "", 1);
  errno = saved;
}

} // namespace

StopSignal::StopSignal() {
  if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) {
    throw std::system_error(errno, std::generic_category(), "pipe");
  }
  struct sigaction action{};
  action.sa_handler = note;
  for (const int signal : {SIGINT, SIGTERM}) {
    struct sigaction previous{};
    ::sigaction(signal, nullptr, &previous);
    if (previous.sa_handler != SIG_IGN) { // nohup, and jobs in the background of a script
      ::sigaction(signal, &action, nullptr);
    }
  }
}

int StopSignal::signal() const { return received; }

int StopSignal::descriptor() const { return ends[0]; }

} // namespace dualcam
