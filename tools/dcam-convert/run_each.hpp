// The same work for many files, some at once.
#pragma once

#include <cstddef>
#include <functional>

#include "common/exit_code.hpp"
#include "common/stop_signal.hpp"

namespace dualcam::convert {

/// Calls `work` with each number below `count`, on up to `jobs` threads, until a stop signal; the
/// worst outcome. What it throws is told, and is one.
ExitCode run_each(std::size_t count, std::size_t jobs, const StopSignal& stop,
                  const std::function<ExitCode(std::size_t)>& work);

} // namespace dualcam::convert
