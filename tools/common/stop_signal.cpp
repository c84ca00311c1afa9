#include "common/stop_signal.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace dualcam::inline tools {
namespace {

std::atomic<int> received{0};
std::array<int, 2> ends{-1, -1};
bool second_is_immediate = false;

/// But where a signal is ignored: under nohup, and in the background jobs of a script.
void handle_by(void (*handler)(int)) {
  struct sigaction action{};
  action.sa_handler = handler;
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction previous{};
    ::sigaction(signal, nullptr, &previous);
    if (previous.sa_handler != SIG_IGN) {
      ::sigaction(signal, &action, nullptr);
    }
  }
}

void note(int signal) {
  const int saved = errno;
  int none = 0;
  received.compare_exchange_strong(none, signal);
  if (second_is_immediate) {
    handle_by(SIG_DFL);
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
  handle_by(note);
}

StopSignal::~StopSignal() {
  release();
  for (auto& end : ends) {
    ::close(std::exchange(end, -1));
  }
  received = 0;
}

int StopSignal::signal() const { return received; }

int StopSignal::descriptor() const { return ends[0]; }

void StopSignal::release() { handle_by(SIG_DFL); }

} // namespace dualcam::inline tools
