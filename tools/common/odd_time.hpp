// What a camera's clock says where it was never set, or wrongly.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "common/record.hpp"
#include "common/units.hpp"

namespace dualcam::inline tools {

/// Files may be old.
inline bool is_years_away(SystemTime time) {
  const auto now = system_now();
  return time > now + std::chrono::years(1) || time < now - std::chrono::years(10);
}

/// For people, a time that is years away from now; nullopt: it is not, or there is none.
inline std::optional<std::string> odd_time(const std::optional<DeviceTime>& time) {
  if (!time || !time->is_known()) {
    return std::nullopt;
  }
  const auto point = time->time_point();
  return point && !is_years_away(*point)
             ? std::nullopt
             : std::optional(format_time(*time).value_or("beyond the year 9999"));
}

} // namespace dualcam::inline tools
