#include "common/service_signals.hpp"

#include "common/stop_signal.hpp"
#include "testing.hpp"

namespace dualcam::service_signals_test {
namespace {

using Asked = ServiceSignals::Asked;

std::optional<Asked> next_of(asio::io_context& io, ServiceSignals& signals,
                             const std::function<void()>& act) {
  std::optional<Asked> asked;
  asio::co_spawn(io, [&]() -> asio::awaitable<void> { asked = co_await signals.next(); }, rethrow);
  asio::post(io, act);
  io.restart();
  io.run();
  return asked;
}

} // namespace

TEST_CASE("service signals: a program that goes on is asked how it goes, or to read again") {
  const StopSignal stop;
  asio::io_context io(1);
  ServiceSignals signals(io);
  signals.take(true);
  CHECK(next_of(io, signals, [] { std::raise(SIGUSR1); }) == Asked::status);
  CHECK(next_of(io, signals, [] { std::raise(SIGHUP); }) == Asked::reload);
  CHECK_FALSE(next_of(io, signals, [&] { signals.cancel(); }));
  CHECK_FALSE(stop.requested());
}

TEST_CASE("service signals: where nothing can be read again SIGHUP ends the program, as ever") {
  std::signal(SIGHUP, SIG_DFL); // nohup may have had it ignored
  const StopSignal stop;
  asio::io_context io(1);
  ServiceSignals signals(io);
  signals.take(false);
  std::raise(SIGHUP);
  CHECK(stop.signal() == SIGHUP);
  CHECK(next_of(io, signals, [] { std::raise(SIGUSR1); }) == Asked::status);
}

} // namespace dualcam::service_signals_test
