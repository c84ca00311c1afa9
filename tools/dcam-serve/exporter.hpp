// --metrics: the file that Prometheus' node_exporter picks up, as its textfile collector.
#pragma once

#include <functional>
#include <memory>

#include <asio/steady_timer.hpp>

#include "common/clock.hpp"
#include "common/coroutine.hpp"
#include "common/replaced_file.hpp"
#include "common/standard_streams.hpp"
#include "dcam-serve/metrics.hpp"

namespace dualcam::serve {

class Exporter {
public:
  /// `collect` gives what is to be said now, on the loop. All outlive it.
  Exporter(const std::filesystem::path& file, asio::io_context& loop, Clock& clock,
           Console& console, std::function<Metrics()> collect);

  /// Replaces the file every 10 s, until `stop`. What goes wrong is said, and costs nothing else.
  asio::awaitable<void> run();
  void stop();
  /// From now on this file; it is written at once.
  void reopen(const std::filesystem::path& file);
  /// After `stop`, and when nothing runs any more: a last time.
  void finish();

private:
  asio::awaitable<void> wait_for_outcome();
  void write();
  void warn_of_failure();

  Clock& clock_;
  Console& console_;
  std::function<Metrics()> collect_;
  std::filesystem::path path_;
  std::unique_ptr<ReplacedFile> file_;
  asio::steady_timer timer_;
  bool is_due_ = false;
  bool failing_ = false;
  bool stopping_ = false;
};

} // namespace dualcam::serve
