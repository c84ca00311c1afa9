// Sizes, durations and times as people write and read them.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dualcam::inline tools {

using SystemTime = std::chrono::sys_time<std::chrono::milliseconds>;

/// `1000`, `4K`, `1.5M`, `10MB`, `2 GiB`: K, M, G and T are powers of 1024, in whatever spelling.
std::optional<std::uint64_t> parse_size(std::string_view text);
inline constexpr std::string_view accepted_sizes =
    "a number of bytes, or one with K, M, G or T (1024), such as 64K";

/// `500ms`, `30s`, `10m`, `10min`, `2 hours`, `14d`; `0` needs no unit.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);
inline constexpr std::string_view accepted_durations =
    "a number with ms, s, m, h or d, such as 500ms or 10m";

/// `0.02`, `2%`: from 0 to 1.
std::optional<double> parse_share(std::string_view text);
inline constexpr std::string_view accepted_shares = "a share from 0 to 1, or in percent: 0.02, 2%";

/// The words between the commas, without blanks around them: one at least, which may be empty.
std::vector<std::string_view> split_list(std::string_view list);

/// "812 B", "26.0 KiB", "1.4 MiB".
std::string format_size(std::uint64_t bytes);

/// "0.4 s", "7.0 s", "2:05", "1:02:05".
std::string format_duration(std::chrono::milliseconds duration);

/// "0s", "45s", "2m05s", "1h02m", "3d04h": what is no more than an estimate.
std::string format_estimate(std::chrono::seconds duration);

/// `2024-10-29T12:43:42.000Z`
std::string format_time(SystemTime time);
/// The same read, its fraction of 1 to 9 digits or absent. nullopt: another form, or no such time.
std::optional<SystemTime> parse_time(std::string_view text);

/// `20241029T124342Z`, for file names.
std::string format_compact_time(SystemTime time);

/// The wall clock.
SystemTime system_now();
/// What deadlines are measured with.
inline std::chrono::steady_clock::time_point steady_now() {
  return std::chrono::steady_clock::now();
}

} // namespace dualcam::inline tools
