#include "dcam-convert/moment.hpp"

#include <algorithm>
#include <iterator>
#include <numeric>

#include <fmt/format.h>

namespace dualcam::convert {

std::optional<SystemTime> start_of(const Sidecar& sidecar, std::chrono::microseconds duration) {
  return sidecar.time
             ? std::optional(*sidecar.time -
                             std::chrono::duration_cast<std::chrono::milliseconds>(duration))
             : std::nullopt;
}

Outcome<std::optional<std::chrono::microseconds>>
moment_in_clip(const std::optional<Moment>& wanted, const Sidecar& sidecar,
               std::chrono::microseconds duration) {
  const auto start = start_of(sidecar, duration);
  if (!wanted) {
    const bool told = start && sidecar.trigger_time && *sidecar.trigger_time >= *start &&
                      *sidecar.trigger_time - *start < duration;
    return told ? std::optional<std::chrono::microseconds>(*sidecar.trigger_time - *start)
                : std::nullopt;
  }
  const auto* offset = std::get_if<std::chrono::microseconds>(&*wanted);
  if (offset == nullptr && !start) {
    return failure(ExitCode::usage, "--at: no metadata tells when the clip was taken");
  }
  const auto at = offset != nullptr
                      ? *offset
                      : std::chrono::microseconds(std::get<SystemTime>(*wanted) - *start);
  if (at < std::chrono::microseconds(0) ||
      (duration != std::chrono::microseconds(0) && at > duration)) {
    const auto range = fmt::format("{:.3f} s long", static_cast<double>(duration.count()) / 1e6);
    return failure(ExitCode::usage, start ? fmt::format("--at: the clip begins at {} and is {}",
                                                        format_time(*start), range)
                                          : "--at: the clip is " + range);
  }
  // its end, by which the metadata and the file's name have it, is its last picture's time
  return duration != std::chrono::microseconds(0) && at == duration
             ? at - std::chrono::microseconds(1)
             : at;
}

std::pair<std::uint64_t, std::pair<std::size_t, std::size_t>>
picture_at(const Clip& clip, std::chrono::microseconds at) {
  const auto& pictures = clip.pictures;
  const auto time = static_cast<std::uint64_t>(at.count());
  std::size_t chosen = 0;
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    const bool nearer = pictures[i].time <= time && pictures[i].time > pictures[chosen].time;
    chosen = nearer ? i : chosen;
  }
  std::size_t first = chosen;
  while (first != 0 && !pictures[first].key) {
    --first;
  }
  auto end = chosen + 1;
  while (end != pictures.size() && !pictures[end].key) {
    ++end;
  }
  const auto number = std::ranges::count_if(
      pictures, [&](const ClipPicture& picture) { return picture.time < pictures[chosen].time; });
  return {static_cast<std::uint64_t>(number), {first, end}};
}

std::chrono::microseconds seek_time(const std::vector<std::uint64_t>& times,
                                    std::chrono::microseconds at) {
  if (times.empty()) {
    return at;
  }
  const auto next = std::ranges::upper_bound(times, static_cast<std::uint64_t>(at.count()));
  const auto shown = next == times.begin() ? next : std::prev(next);
  // half way from the one before, so that no rounding takes the wrong one
  return std::chrono::microseconds(
      shown == times.begin() ? 0 : std::midpoint(*std::prev(shown), *shown));
}

} // namespace dualcam::convert
