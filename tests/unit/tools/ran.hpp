// How a tool's run ended, and what it said.
#pragma once

#include <string>

#include "common/exit_code.hpp"
#include "quiet.hpp"

namespace dualcam::inline tools {

struct Ran {
  ExitCode code;
  std::string output;
  std::string errors;
};

/// Of a tool in this process.
template <class Tool, class Options> Ran run_with(const Options& options) {
  const Quiet quiet;
  const auto code = Tool(options).run();
  return {code, quiet.output(), quiet.errors()};
}

} // namespace dualcam::inline tools
