// Running ffmpeg and the like: no shell, never the terminal as standard input, always reaped.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "dualcam/wire/bytes.hpp"
#include "dualcam/wire/error.hpp"

namespace dualcam::inline tools {

struct ProcessResult {
  int status = 0;     ///< exit status, 128 + signal for one that was killed
  ByteBuffer output;  ///< standard output
  std::string errors; ///< the last 4 KiB of standard error
};

struct Process {
  std::vector<std::string> command; ///< the program is found by PATH
  /// The next piece for its standard input, empty at the end; valid until the next call.
  std::function<Bytes()> input = nullptr;
  int input_file = -1; ///< its standard input, instead of `input`
  /// Takes its standard output, which is collected otherwise; false: it need not go on.
  std::function<bool(Bytes)> output = nullptr;
  /// Becomes readable when it has to stop. It has a process group of its own then, which is killed;
  /// a Ctrl-C in the terminal does not reach it.
  int stop = -1;
};

/// Runs it to its end. SIGPIPE must be ignored (prepare_standard_streams). An error (io) means that
/// there is no such program; throws std::system_error when descriptors, memory or processes have
/// run out.
Result<ProcessResult> run_process(const Process& process);

/// Runs `command` (found by PATH) with `input` on its standard input, to its end. An error (io)
/// means that it could not be started.
Result<ProcessResult> run_process(const std::vector<std::string>& command, Bytes input = {});

struct SpawnOptions {
  int in;
  int out;
  int err;
  bool own_group = false; ///< a process group of its own, with the child's id
};

/// Starts `command` (found by PATH) and returns at once. It gets these three descriptors and no
/// other, and signals as at the start of a program. `environment` is of `NAME=value`, empty = ours.
/// 0 or errno.
int spawn(const std::vector<std::string>& command, const std::vector<std::string>& environment,
          const SpawnOptions& options, pid_t& child);

/// The last non-empty line of a program's complaints, escaped.
std::string last_line(const std::string& text);

/// The last few of them.
std::vector<std::string> last_lines(std::string_view text, std::size_t count);

} // namespace dualcam::inline tools
