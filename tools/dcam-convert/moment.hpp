// Which picture of a clip belongs to a point in time.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "dcam-convert/converter.hpp"

namespace dualcam::convert {

/// When a clip of this duration began, if its metadata tells: its time is that of its end.
std::optional<SystemTime> start_of(const Sidecar& sidecar, std::chrono::microseconds duration);

/// Where in the clip `wanted` is, or, without it, the trigger; nullopt: the trigger is not known or
/// outside. A `wanted` that is outside is a failure; `duration` 0: nobody knows it.
Outcome<std::optional<std::chrono::microseconds>>
moment_in_clip(const std::optional<Moment>& wanted, const Sidecar& sidecar,
               std::chrono::microseconds duration);

/// The picture shown at `at`: its number in the order of showing, and from which picture to which
/// a decoder needs them. Precondition: the clip has pictures.
std::pair<std::uint64_t, std::pair<std::size_t, std::size_t>>
picture_at(const Clip& clip, std::chrono::microseconds at);

/// From where on ffmpeg has to read a file, whose pictures are shown at `times`, for the one shown
/// at `at` to be its first. ffmpeg itself takes the next one, and has none at the end. `times`
/// rise; of none nothing is known.
std::chrono::microseconds seek_time(const std::vector<std::uint64_t>& times,
                                    std::chrono::microseconds at);

} // namespace dualcam::convert
