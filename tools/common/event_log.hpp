// Standard output and standard error of a server: nothing that serves a camera waits for a reader.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "common/line_queue.hpp"

namespace dualcam::inline tools {

class EventLog {
public:
  struct Settings {
    /// Where the product waits when there is too much of it for memory.
    std::filesystem::path folder;
    /// What stands for so many dropped lines.
    std::function<std::string(std::uint64_t)> dropped_output;
    std::function<std::string(std::uint64_t)> dropped_errors;
    char line_end = '\n'; ///< of the product
  };

  explicit EventLog(Settings settings);

  LineWriter& output() { return output_; }
  LineWriter& errors() { return errors_ ? *errors_ : output_; }

  /// Waits for the readers, until `deadline` at the longest (nullopt: for ever). For a disk without
  /// room nobody waits.
  void flush(std::optional<std::chrono::steady_clock::time_point> deadline);
  /// Lines of standard output that its reader has not taken.
  std::uint64_t undelivered() const { return output_.waiting(); }
  /// Why its disk has no room for them, which is tried again; an errno, 0: it has.
  int no_room() const { return output_.no_room(); }
  /// News that were dropped, of both.
  std::uint64_t dropped() const { return output_.dropped() + (errors_ ? errors_->dropped() : 0); }
  /// As LineQueue's, of standard output.
  std::uint64_t taken() const { return output_.taken(); }
  std::uint64_t written() const { return output_.written(); }

private:
  LineQueue output_;
  std::optional<LineQueue>
      errors_; ///< but where both are one terminal or file: its lines keep their order
};

} // namespace dualcam::inline tools
