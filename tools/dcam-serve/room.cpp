#include "dcam-serve/room.hpp"

#include <algorithm>
#include <system_error>

#include <fmt/format.h>

#include "common/units.hpp"
#include "dualcam/files/geometry.hpp"
#include "dualcam/storage/durable.hpp"

namespace dualcam::serve {

Result<void> Room::check(const HeldData& held) const {
  const Geometry geometry(file, announced, in_packets);
  if (options.min_free == 0 || geometry.behind_all(held.packets, held.bytes) == announced) {
    return {};
  }
  std::filesystem::path place = folder;
  std::error_code error;
  auto space = std::filesystem::space(place, error);
  while (error && place != options.output && place != "/") { // not there yet
    place = folder_of(place);
    space = std::filesystem::space(place, error);
  }
  const auto rest = std::max(geometry.expected_size(), held.bytes) - held.bytes;
  if (error || space.available >= options.min_free + rest) {
    return {};
  }
  return std::unexpected(
      Error{ErrorCategory::io, 0,
            fmt::format("{} more do not fit: {} are free in {}, of which {} are to stay free "
                        "(--min-free); make room, then run the same command again",
                        format_size(rest), format_size(space.available), place.string(),
                        format_size(options.min_free))});
}

std::string why_no_room(const std::filesystem::path& folder, std::uint64_t min_free) {
  std::error_code error;
  const auto space = std::filesystem::space(folder, error);
  if (min_free == 0 || error || space.capacity == 0 || space.available > min_free) {
    return "";
  }
  if (space.capacity <= min_free) {
    return fmt::format("the disk of {} has {} in all, and {} are to stay free: no file can be "
                       "stored; give a smaller --min-free",
                       folder.string(), format_size(space.capacity), format_size(min_free));
  }
  return fmt::format("{} are free in {}, and {} are to stay free (--min-free): no file can be "
                     "stored until there is room",
                     format_size(space.available), folder.string(), format_size(min_free));
}

} // namespace dualcam::serve
