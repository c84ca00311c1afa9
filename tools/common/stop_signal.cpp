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
bool second_is_immediate = false;

void restore() {
  for (const int each : {SIGINT, SIGTERM}) {
    struct sigaction action{};
    ::sigaction(each, nullptr, &action);
    if (action.sa_handler != SIG_IGN) {
      ::signal(each, SIG_DFL);
    }
  }
}

void note(int signal) {
  const int saved = errno;
  int none = 0;
  received.compare_exchange_strong(none, signal);
  if (second_is_immediate) {
    restore();
  }
  (void)!::write(ends[1], "", 1);
  errno = saved;
}

} // namespace

StopSignal::StopSignal(Second second) {
  second_is_immediate = second == Second::immediate;
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

void StopSignal::release() { restore(); }

} // namespace dualcam
