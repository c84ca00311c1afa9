// A stream whose reader nobody waits for: lines go through a queue to a thread of their own.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

#include "common/line_writer.hpp"

namespace dualcam::inline tools {

class LineQueue : public LineWriter {
public:
  struct Settings {
    /// Bytes that may wait in memory. Beyond them news are dropped, and the product waits in a file
    /// without a name in `folder`.
    std::size_t most_waiting = std::size_t{1} << 20;
    std::filesystem::path folder = ".";
    /// The line that stands for so many dropped ones, once there is room again.
    std::function<std::string(std::uint64_t)> dropped_line{};
    /// Whether the stream is given up after a failure; else each line tries its luck.
    bool gives_up = true;
    /// Whether every line is to be one line of its file: a disk that has no room is tried again
    /// every second, and a line that another process left cut is ended first.
    bool whole_lines = false;
    char line_end = '\n'; ///< for that
  };

  /// `descriptor` is not owned, its mode is not changed, and nobody else should write to it.
  LineQueue(int descriptor, Settings settings);
  /// What still waits is lost.
  ~LineQueue() override;

  /// Never waits for the reader.
  bool write(std::string text, Weight weight) override;
  int error() const override;

  /// Waits until everything is written or the stream has failed; true. Until `deadline` at the
  /// longest; nullopt = for ever. False at once where there is no room.
  bool flush(std::optional<std::chrono::steady_clock::time_point> deadline);

  /// Why the disk has no room for the next line, which waits; an errno, 0: it has.
  int no_room() const;

  /// News that were dropped so far.
  std::uint64_t dropped() const;

  /// Lines that wait.
  std::uint64_t waiting() const;

  /// Bytes that were taken for writing so far: right behind a `write` its text ends there.
  std::uint64_t taken() const;
  /// So many of them have been written whole, in their order; no more after a failure.
  std::uint64_t written() const;

private:
  class State;

  std::shared_ptr<State> state_; ///< the thread's, too, which may outlive us in a write()
};

} // namespace dualcam::inline tools
