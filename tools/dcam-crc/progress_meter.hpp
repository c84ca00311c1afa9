// The progress line of one file being read.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "common/standard_streams.hpp"

namespace dualcam::crc {

class ProgressMeter {
public:
  ProgressMeter(Console& console, std::string_view name, std::optional<std::uint64_t> total);
  ~ProgressMeter() { console_.clear_progress(); }
  ProgressMeter(const ProgressMeter&) = delete;
  ProgressMeter& operator=(const ProgressMeter&) = delete;

  /// Draws at most five times a second.
  void update(std::uint64_t done);

private:
  using Clock = std::chrono::steady_clock;

  Console& console_;
  std::string name_;
  std::optional<std::uint64_t> total_;
  Clock::time_point started_ = Clock::now();
  Clock::time_point drawn_ = started_;
};

} // namespace dualcam::crc
