#include "common/stop_signal.hpp"

#include <csignal>

#include <poll.h>

#include "testing.hpp"

namespace dualcam::stop_signal_test {
namespace {

constexpr std::array stopping{SIGINT, SIGTERM, SIGHUP};

bool is_readable(const StopSignal& stop) {
  pollfd polled{stop.descriptor(), POLLIN, 0};
  return ::poll(&polled, 1, 0) == 1;
}

/// As in a terminal: whoever runs the tests may ignore some, as nohup and a shell's & do.
void be_deadly() {
  for (const auto signal : stopping) {
    std::signal(signal, SIG_DFL);
  }
}

/// Whether it would end the process.
bool is_deadly(int signal) {
  struct sigaction action{};
  ::sigaction(signal, nullptr, &action);
  return action.sa_handler == SIG_DFL;
}

} // namespace

TEST_CASE("stop signal: the first one that comes is noted, and can be waited for") {
  be_deadly();
  for (const auto signal : stopping) {
    const StopSignal stop;
    CHECK(stop.signal() == 0);
    CHECK_FALSE(stop.requested());
    CHECK_FALSE(is_readable(stop));
    std::raise(signal);
    CHECK(stop.signal() == signal);
    CHECK(stop.requested());
    CHECK(is_readable(stop));
    std::raise(signal == SIGINT ? SIGTERM : SIGINT); // another one is without effect
    CHECK(stop.signal() == signal);
  }
  CHECK(std::ranges::all_of(stopping, is_deadly)); // again
}

TEST_CASE("stop signal: behind the first one, or once released, they end the process") {
  be_deadly();
  {
    const StopSignal impatient(StopSignal::Second::immediate);
    CHECK(std::ranges::none_of(stopping, is_deadly));
    std::raise(SIGTERM);
    CHECK(std::ranges::all_of(stopping, is_deadly));
    CHECK(impatient.signal() == SIGTERM);
  }
  {
    StopSignal released;
    released.release();
    CHECK(std::ranges::all_of(stopping, is_deadly));
  }
  const StopSignal next; // knows nothing of the one before
  CHECK_FALSE(next.requested());
  std::raise(SIGHUP);
  CHECK(std::ranges::none_of(stopping, is_deadly));
}

TEST_CASE("stop signal: what is ignored stays so, as under nohup") {
  be_deadly();
  const auto before = std::signal(SIGHUP, SIG_IGN);
  {
    const StopSignal stop;
    std::raise(SIGHUP);
    CHECK_FALSE(stop.requested());
    std::raise(SIGTERM);
    CHECK(stop.signal() == SIGTERM);
  }
  CHECK(std::signal(SIGHUP, before) == SIG_IGN);
}

} // namespace dualcam::stop_signal_test
