#include "common/progress_meter.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/escape.hpp"
#include "common/units.hpp"

namespace dualcam::inline tools {

std::string progress_text(std::string_view name, std::uint64_t done,
                          std::optional<std::uint64_t> total, double rate) {
  constexpr double longest = 1e6; // seconds
  const auto speed = format_size(static_cast<std::uint64_t>(rate)) + "/s";
  if (!total || *total == 0 || *total < done) {
    return fmt::format("{}  {}  {}", name, format_size(done), speed);
  }
  const auto left = std::min(static_cast<double>(*total - done) / std::max(rate, 1e-9), longest);
  const std::chrono::milliseconds to_go(static_cast<std::int64_t>(left * 1000));
  return fmt::format("{}  {:3.0f}%  {} of {}  {}  ETA {}", name,
                     static_cast<double>(done) * 100 / static_cast<double>(*total),
                     format_size(done), format_size(*total), speed,
                     rate > 0 ? format_duration(to_go) : "?");
}

ProgressMeter::ProgressMeter(Console& console, std::string_view name)
    : console_(console), name_(escaped(name)) {}

void ProgressMeter::update(std::uint64_t done, std::optional<std::uint64_t> total) {
  constexpr std::chrono::milliseconds interval{200};
  if (!console_.shows_progress() || Clock::now() - drawn_ < interval) {
    return;
  }
  drawn_ = Clock::now();
  const auto elapsed = std::chrono::duration<double>(drawn_ - started_).count();
  console_.progress(progress_text(name_, done, total, static_cast<double>(done) / elapsed));
}

} // namespace dualcam::inline tools
