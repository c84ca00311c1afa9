// --exec: a command that is run for each finished file, beside the transfers.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include <asio/io_context.hpp>

#include "common/json.hpp"
#include "common/workers.hpp"

namespace dualcam::serve {

/// `NAME=value`s: our own without those that begin with DCAM_, and DCAM_KEY for each plain value of
/// a `file-done` event and of its metadata that has 64 KiB at most.
std::vector<std::string> hook_environment(const Json& file);

struct HookLimits {
  std::size_t at_once = 4;                                   ///< the others wait for their turn
  std::chrono::milliseconds time = std::chrono::minutes(10); ///< then SIGTERM to its process group
  std::chrono::milliseconds grace = std::chrono::seconds(5); ///< then SIGKILL
};

/// All functions are called, and call back, on the thread that runs `io`, which goes on as long as
/// there are hooks; processes are started and waited for on threads of their own.
class HookRunner {
public:
  struct Listener {
    /// The hook of `file`, as `run` had it, was not run, or did not end well.
    std::function<void(const Json& file, const std::string& why)> failed;
    /// The last one has ended.
    std::function<void()> idle;
  };

  HookRunner(asio::io_context& io, std::vector<std::string> command, Listener listener,
             HookLimits limits = {});
  ~HookRunner();

  /// As soon as its turn comes; `file` is the object of a `file-done` event.
  void run(const Json& file);

  /// Those that run go on, those that wait are given up, and so are all to come.
  void stop();

  std::size_t running() const { return running_; }

private:
  void start_waiting();
  void start(const Json& file);

  asio::io_context& io_;
  Workers threads_;
  std::vector<std::string> command_;
  Listener listener_;
  HookLimits limits_;
  std::deque<Json> waiting_;
  std::size_t running_ = 0;
  bool stopped_ = false;
};

} // namespace dualcam::serve
