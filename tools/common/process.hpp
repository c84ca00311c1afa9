// Running ffmpeg and the like: no shell, never the terminal as standard input, always reaped.
#pragma once

#include <string>
#include <vector>

#include "dualcam/bytes.hpp"
#include "dualcam/error.hpp"

namespace dualcam {

struct ProcessResult {
  int status = 0;     ///< exit status, 128 + signal for one that was killed
  ByteBuffer output;  ///< standard output
  std::string errors; ///< the last 4 KiB of standard error
};

/// Runs `command` (found by PATH) with `input` on its standard input, to its end. An error (io)
/// means that it could not be started.
Result<ProcessResult> run_process(const std::vector<std::string>& command, Bytes input = {});

/// The last non-empty line of a program's complaints, escaped.
std::string last_line(const std::string& text);

} // namespace dualcam
