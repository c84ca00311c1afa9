#include "common/progress_meter.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/escape.hpp"
#include "common/units.hpp"
#include "common/utf8.hpp"

namespace dualcam::inline tools {

namespace {

constexpr std::size_t least_name = 15; // an IMEI
constexpr std::string_view cut_off = "..";

/// So long that the rest may be shortened.
std::size_t columns_for_name(std::string_view name) { return std::min(name.size(), least_name); }

std::string shortened(std::string_view name, std::size_t columns) {
  if (first_columns(name, columns) == name) {
    return std::string(name);
  }
  const auto room = columns - std::min(columns, cut_off.size());
  return std::string(first_columns(name, room)).append(cut_off.substr(0, columns));
}

} // namespace

std::string progress_text(std::string_view name, std::uint64_t done,
                          std::optional<std::uint64_t> total, double rate, std::size_t columns) {
  constexpr double longest = 1e9; // seconds
  const auto speed = fmt::format("  {}/s", format_size(static_cast<std::uint64_t>(rate)));
  std::string share;
  std::string bytes = "  " + format_size(done);
  std::string end = speed;
  std::string middle;
  if (total && *total != 0 && *total >= done) {
    const auto left = std::min(static_cast<double>(*total - done) / std::max(rate, 1e-9), longest);
    share =
        fmt::format("  {:3.0f}%", static_cast<double>(done) * 100 / static_cast<double>(*total));
    bytes += " of " + format_size(*total);
    middle = speed;
    end = "  ETA " +
          (rate > 0 ? format_estimate(std::chrono::seconds(static_cast<std::int64_t>(left))) : "?");
  }
  for (const auto& rest : {share + bytes + middle + end, share + middle + end, share + end, end}) {
    if (rest.size() + columns_for_name(name) <= columns) {
      return shortened(name, columns - rest.size()) + rest;
    }
  }
  return std::string(first_columns(end.substr(2), columns));
}

ProgressMeter::ProgressMeter(Console& console, std::string_view name)
    : console_(console), name_(escaped(name)) {}

void ProgressMeter::update(std::uint64_t done, std::optional<std::uint64_t> total) {
  if (!console_.shows_progress() || Clock::now() - drawn_ < progress_interval) {
    return;
  }
  drawn_ = Clock::now();
  const auto elapsed = std::chrono::duration<double>(drawn_ - started_).count();
  console_.progress(
      progress_text(name_, done, total, static_cast<double>(done) / elapsed, console_.columns()));
}

} // namespace dualcam::inline tools
