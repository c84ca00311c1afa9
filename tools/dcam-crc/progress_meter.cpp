#include "dcam-crc/progress_meter.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/escape.hpp"
#include "common/units.hpp"

namespace dualcam::crc {

ProgressMeter::ProgressMeter(Console& console, std::string_view name,
                             std::optional<std::uint64_t> total)
    : console_(console), name_(escaped(name)), total_(total) {}

void ProgressMeter::update(std::uint64_t done) {
  constexpr std::chrono::milliseconds interval{200};
  if (!console_.shows_progress() || Clock::now() - drawn_ < interval) {
    return;
  }
  drawn_ = Clock::now();
  const auto elapsed = std::chrono::duration<double>(drawn_ - started_).count();
  const auto rate = static_cast<double>(done) / elapsed;
  auto text = fmt::format("{}  {}", name_, format_size(done));
  if (total_ && *total_ >= done && *total_ != 0 && rate > 0) {
    const auto left = std::min(static_cast<double>(*total_ - done) / rate, 1e6);
    text = fmt::format(
        "{}  {:3}%  {} of {}  {}/s  ETA {}", name_, done * 100 / *total_, format_size(done),
        format_size(*total_), format_size(static_cast<std::uint64_t>(rate)),
        format_duration(std::chrono::milliseconds(static_cast<std::int64_t>(left * 1000))));
  }
  console_.progress(text);
}

} // namespace dualcam::crc
