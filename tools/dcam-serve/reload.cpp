// What signals ask of a server that goes on: SIGHUP with -k, SIGUSR1.
#include "dcam-serve/server.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include <sys/stat.h>

#include <fmt/format.h>

#include "common/coroutine.hpp"
#include "common/counted.hpp"
#include "common/escape.hpp"
#include "dcam-serve/connection.hpp"

namespace dualcam::serve {

namespace {

/// What of --config only a restart takes, and has changed since the start; the names, with commas.
std::string changed_for_restart(const ServeOptions& at_start, const ServeOptions& now,
                                const std::set<std::string>& taken) {
  std::set<std::pair<std::string, std::string>> before;
  std::set<std::pair<std::string, std::string>> after;
  for (const auto& [options, lines] : {std::pair(&at_start, &before), {&now, &after}}) {
    for (const auto& line : options->configured) {
      lines->emplace(line.name, line.value.value_or("true"));
    }
  }
  std::vector<std::pair<std::string, std::string>> different;
  std::ranges::set_symmetric_difference(before, after, std::back_inserter(different));
  std::string names;
  std::string last;
  for (const auto& [name, value] : different) {
    if (!taken.contains(name) && name != last) {
      names += (names.empty() ? "" : ", ") + name;
      last = name;
    }
  }
  return names;
}

/// What a pipe gave at the start it does not give again, and its end would be taken for a list that
/// lets nobody in, or for options that let in everybody. Opening one may take forever.
Result<void> can_be_read_again(const std::string& path) {
  struct stat status{};
  const bool is_pipe =
      path == "-" || (::stat(path.c_str(), &status) == 0 && S_ISFIFO(status.st_mode));
  return is_pipe ? malformed_error(0, escaped(path) + ": a pipe can be read only once")
                 : Result<void>();
}

struct ReadAgain {
  ServeOptions options;
  Admittance admittance;
};

/// For a thread that may wait.
Result<ReadAgain> read_again(const ServeOptions& before, const Server::Reread& reread) {
  ReadAgain again{before, {}};
  if (const auto readable = can_be_read_again(before.config); !readable) {
    return std::unexpected(readable.error());
  }
  if (reread) {
    auto options = reread();
    if (!options) {
      return malformed_error(0, options.error());
    }
    again.options.imeis = std::move(options->imeis);
    again.options.tls = std::move(options->tls);
    again.options.metrics = std::move(options->metrics);
    again.options.configured = std::move(options->configured);
  }
  for (const auto& devices : again.options.imeis) {
    const bool is_file = devices.starts_with('@');
    if (const auto readable = can_be_read_again(is_file ? devices.substr(1) : ""); !readable) {
      return std::unexpected(readable.error());
    }
  }
  auto admittance = Admittance::load(again.options);
  if (!admittance) {
    const auto& why = admittance.error().message;
    return malformed_error(0, escaped(place_in_config(again.options, why) + why));
  }
  again.admittance = std::move(*admittance);
  return again;
}

} // namespace

asio::awaitable<void> Server::service_loop() {
  while (!stopping_) {
    const auto asked = co_await service_signals_.next();
    if (!asked || stopping_) {
      co_return;
    }
    if (*asked == ServiceSignals::Asked::reload) {
      co_await reload();
    } else {
      tell_status();
    }
  }
}

/// Cameras that are connected stay as they are.
asio::awaitable<void> Server::reload() {
  auto& console = reporter_.console();
  const auto read = [this] { return read_again(options_, reread_); };
  auto again = co_await keeper_.run(read);
  if (!again) {
    console.error(fmt::format("SIGHUP: {}; all stays as it was", again.error().message));
    co_return;
  }
  auto& [options, admittance] = *again;
  if (admittance.tls.has_value() != tls_.has_value()) {
    console.error("SIGHUP: from plain TCP to TLS or back only by a restart; all stays as it was");
    co_return;
  }
  options_.imeis = options.imeis;
  options_.tls = options.tls;
  allowed_ = std::move(admittance.allowed);
  if (tls_) {
    tls_ = std::move(*admittance.tls);
  }
  co_await reopen_capture();
  std::set<std::string> taken{"imei", "tls-cert", "tls-key", "tls-client-ca"};
  if (exporter_ && !options.metrics.empty()) {
    exporter_->reopen(options.metrics);
    taken.insert("metrics");
  }
  const auto rest = changed_for_restart(options_, options, taken);
  const auto text = "SIGHUP: devices and certificates are read again";
  rest.empty() ? console.note(text)
               : console.error(fmt::format("{}; only a restart takes what --config has changed: {}",
                                           text, rest));
}

/// Whoever rotates logs has moved it away.
asio::awaitable<void> Server::reopen_capture() {
  if (!capture_ || capture_->has_reader()) {
    co_return;
  }
  // closures of their own: GCC 12 destroys those in a co_await twice
  const auto open = [this] { return PcapWriter::open(options_.capture, [] { return false; }); };
  auto again = co_await keeper_.run(open);
  if (!again) {
    reporter_.console().error(fmt::format("SIGHUP: cannot write to --capture {}: {}; the old one "
                                          "goes on",
                                          escaped(options_.capture.string()),
                                          escaped(again.error().message)));
    co_return;
  }
  capture_->swap(**again);
  capture_failed_ = false;
  const auto close = [&again] { return again->reset(), true; }; // when all of it is written
  co_await keeper_.run(close);
}

void Server::tell_status() {
  std::size_t cameras = 0;
  for (const auto* connection : connections_) {
    if (const auto text = connection->status(); !text.empty()) {
      ++cameras;
      reporter_.console().note(text);
    }
  }
  if (cameras == 0) {
    reporter_.console().note(
        fmt::format("no camera is connected; {} stored", counted(reporter_.files(), "file")));
  }
}

} // namespace dualcam::serve
