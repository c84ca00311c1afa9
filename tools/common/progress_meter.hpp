// The progress line.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "common/standard_streams.hpp"

namespace dualcam::inline tools {

/// How often progress is shown.
inline constexpr std::chrono::milliseconds progress_interval{200};

/// "name   42%  1.0 MiB of 2.4 MiB  3.6 KiB/s  ETA 6m40s"; without `total`, or where it has turned
/// out to be too small, neither share nor end. `rate`: bytes a second, 0 if not known. Where there
/// are not so many columns the name is shortened, then the middle left out, never the end.
std::string progress_text(std::string_view name, std::uint64_t done,
                          std::optional<std::uint64_t> total, double rate, std::size_t columns);

/// Draws the line of something that goes on from now to the meter's end, every
/// `progress_interval` at most.
class ProgressMeter {
public:
  ProgressMeter(Console& console, std::string_view name);
  ~ProgressMeter() { console_.clear_progress(); }
  ProgressMeter(const ProgressMeter&) = delete;
  ProgressMeter& operator=(const ProgressMeter&) = delete;

  void update(std::uint64_t done, std::optional<std::uint64_t> total);

private:
  using Clock = std::chrono::steady_clock;

  Console& console_;
  std::string name_;
  Clock::time_point started_ = Clock::now();
  Clock::time_point drawn_ = started_;
};

} // namespace dualcam::inline tools
