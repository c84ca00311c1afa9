#include "dcam-convert/run_each.hpp"

#include <atomic>
#include <thread>
#include <vector>

#include "common/unforeseen.hpp"

namespace dualcam::convert {

ExitCode run_each(std::size_t count, std::size_t jobs, const StopSignal& stop,
                  const std::function<ExitCode(std::size_t)>& work) {
  std::atomic<std::size_t> next = 0;
  std::atomic<ExitCode> worst = ExitCode::done;
  const auto run = [&] {
    for (auto number = next++; number < count && !stop.requested(); number = next++) {
      const auto code = static_cast<ExitCode>(
          run_tool("dcam-convert", [&] { return static_cast<int>(work(number)); }));
      for (auto known = worst.load(); known < code && !worst.compare_exchange_weak(known, code);) {
      }
    }
  };
  std::vector<std::jthread> helpers;
  for (auto wanted = std::min(count, jobs); wanted > 1; --wanted) {
    try {
      helpers.emplace_back(run);
    } catch (const std::exception&) {
      break; // no more of them: those that there are do it all
    }
  }
  run();
  helpers.clear();
  return worst;
}

} // namespace dualcam::convert
