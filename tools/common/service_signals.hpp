// SIGUSR1 and SIGHUP as what a program that goes on is asked for. Beside a StopSignal, which is
// made before and ends the program.
#pragma once

#include <csignal>
#include <optional>

#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>

#include "common/coroutine.hpp"

namespace dualcam::inline tools {

class ServiceSignals {
public:
  enum class Asked {
    status, ///< by SIGUSR1: how it goes
    reload, ///< by SIGHUP: to read its files again
  };

  explicit ServiceSignals(asio::io_context& io) : signals_(io) {}

  /// From now on they are noted. `reloads`: SIGHUP is no StopSignal's any more.
  void take(bool reloads) {
    asio::error_code error;
    signals_.add(SIGUSR1, error);
    if (reloads) {
      signals_.add(SIGHUP, error);
    }
  }
  /// What comes next; nullopt: it was cancelled.
  asio::awaitable<std::optional<Asked>> next() {
    const auto [error, signal] = co_await signals_.async_wait(as_values);
    std::optional<Asked> asked;
    if (!error) {
      asked = signal == SIGHUP ? Asked::reload : Asked::status;
    }
    co_return asked;
  }
  void cancel() {
    asio::error_code ignored;
    signals_.cancel(ignored);
  }

private:
  asio::signal_set signals_;
};

} // namespace dualcam::inline tools
