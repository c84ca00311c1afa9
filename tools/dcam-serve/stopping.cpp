// What ends a server: the time of --wait, a signal, enough files; and what it still waits for then.
#include "dcam-serve/server.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/coroutine.hpp"
#include "common/counted.hpp"
#include "common/escape.hpp"
#include "common/units.hpp"
#include "dcam-serve/connection.hpp"

namespace dualcam::serve {
namespace {

constexpr std::chrono::seconds time_for_readers{2};
constexpr std::chrono::milliseconds time_for_last_line{100};
constexpr std::chrono::seconds time_for_tidying{1};
constexpr std::chrono::seconds time_for_disks{10}; ///< a slow one needs as long for 10,000 parts

} // namespace

/// The time that --wait gives begins anew.
void Server::start_waiting() {
  if (options_.wait) {
    camera_due_ = clock_.now() + *options_.wait;
    wait_timer_.cancel();
  }
}

asio::awaitable<void> Server::wait_loop() {
  while (!stopping_) {
    co_await clock_.wait(wait_timer_, camera_due_);
    if (stopping_ || clock_.now() < camera_due_) {
      continue;
    }
    outcome_.failed(outcome_.incomplete_files() == 0 ? ExitCode::nobody_came
                                                     : ExitCode::incomplete);
    reporter_.console().error(fmt::format("no camera came {}in {}", only_ ? "back " : "",
                                          format_duration(*options_.wait)));
    stop();
  }
}

asio::awaitable<void> Server::signal_loop() {
  const auto [error] =
      co_await signals_.async_wait(asio::posix::stream_descriptor::wait_read, as_values);
  if (!error) {
    outcome_.stopped_by(stop_signal_->signal());
    deadline_.begin(time_for_disks);
    stop();
    teller_.stop_hooks();
  }
}

/// Enough files: whoever just finished takes their leave, the others are stopped.
void Server::wind_down() {
  stop_listening();
  for (auto* connection : connections_) {
    if (!connection->leaving()) {
      connection->stop();
    }
  }
}

void Server::stop_listening() {
  if (!std::exchange(stopping_, true)) {
    service_.stopping();
  }
  asio::error_code ignored;
  acceptor_->close(ignored);
  progress_timer_.cancel();
  wait_timer_.cancel();
  service_signals_.cancel();
  tidy_timer_.cancel();
  said_timer_.cancel();
  if (tidying_) {
    tidying_->give_up_in(time_for_tidying);
  }
  if (exporter_) {
    exporter_->stop();
  }
  if (neighbours_) {
    neighbours_->stop();
  }
  release_signals();
}

/// Without connections and hooks nothing is left that a signal could end in good order.
void Server::release_signals() {
  if (stopping_ && connections_.empty() && teller_.hooks_running() == 0) {
    asio::error_code ignored;
    signals_.cancel(ignored);
    stop_signal_->release();
  }
}

void Server::stop() {
  stop_listening();
  for (auto* connection : connections_) {
    connection->interrupt();
  }
}

/// The time that a signal leaves is over; on a thread of its own, whatever the others wait for.
void Server::give_up_disks() {
  auto hanging = disks_.busy();
  if (hanging.empty() && capture_ && capture_->is_busy()) {
    hanging.push_back(options_.capture);
  }
  const bool lasts = is_over_ && ++seconds_over_ > time_for_readers.count();
  if (hanging.empty() && (keeper_.is_busy() || lasts)) { // they deal with what is there
    hanging.push_back(options_.output);
  }
  if (hanging.empty()) {
    return; // hooks or readers, who have their own times
  }
  Console console("dcam-serve", options_.common, reporter_.errors());
  for (const auto& folder : hanging) {
    console.error(fmt::format("{} hangs: it has not taken in {} what was to be stored; what it "
                              "does not have by now the camera sends again",
                              escaped(folder.string()), format_duration(time_for_disks)));
  }
  reporter_.flush(steady_now() + time_for_last_line);
  exit_(static_cast<int>(ExitCode::incomplete));
}

/// The last lines, for readers who may take their time. The exit status.
int Server::report() {
  if (capture_) {
    capture_->finish();
    check_capture();
  }
  check_product();
  auto status = outcome_.exit_status();
  reporter_.summary(outcome_.incomplete_files(), status, disks_.figures());
  if (status > 128) {
    reporter_.console().error(fmt::format("stopped; {}", outcome_.incomplete_files() == 0
                                                             ? "nothing is incomplete"
                                                             : destination_->left_incomplete()));
  }
  reporter_.console().clear_progress();
  // One run waits like any filter; a signal ends that at once (`release_signals`).
  const bool patient = !options_.keep_listening && stop_signal_->signal() == 0;
  const auto deadline = patient ? std::nullopt : std::optional(steady_now() + time_for_readers);
  teller_.flush(deadline);
  check_product();
  if (exporter_) {
    exporter_->finish();
  }
  if (const auto lines = reporter_.undelivered(); lines != 0) {
    outcome_.failed(ExitCode::io);
    reporter_.console().error(
        fmt::format("{} {}: what they say of files is said again at the next start",
                    reporter_.no_room() != 0 ? "standard output has no room for"
                                             : "the reader of standard output has not taken",
                    counted(lines, "line")));
  }
  if (reporter_.product().error() != 0 ||
      reporter_.undelivered() != 0) { // also of a server that ends as it was told
    status = std::max(status, static_cast<int>(ExitCode::io));
  }
  reporter_.flush(patient ? std::nullopt : std::optional(steady_now() + time_for_last_line));
  return std::max(status, outcome_.exit_status());
}

} // namespace dualcam::serve
