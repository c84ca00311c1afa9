#include "common/units.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <ctime>
#include <system_error>

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace dualcam::inline tools {
namespace {

struct Unit {
  std::string_view name;
  double factor;
};

/// A non-negative decimal number, maybe a space, and one of `units`: scaled.
template <std::size_t count>
std::optional<double> parse_scaled(std::string_view text, const std::array<Unit, count>& units) {
  double number = 0;
  const auto* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number, std::chars_format::fixed);
  if (error != std::errc{} || !std::isfinite(number) || std::signbit(number)) {
    return std::nullopt;
  }
  std::string_view suffix(rest, static_cast<std::size_t>(end - rest));
  if (suffix.size() > 1 && suffix.front() == ' ') {
    suffix.remove_prefix(1);
  }
  for (const auto& unit : units) {
    if (unit.name == suffix && number * unit.factor < 9e15) { // exact as an integer
      return number * unit.factor;
    }
  }
  return std::nullopt;
}

/// Not by way of std::chrono::system_clock, whose nanoseconds end in the year 2262.
std::tm calendar(SystemTime time) {
  return fmt::gmtime(static_cast<std::time_t>(
      std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count()));
}

/// The number that so many digits are.
std::optional<unsigned> digits(std::string_view& text, std::size_t count) {
  unsigned value = 0;
  const auto* end = text.data() + std::min(count, text.size());
  const auto parsed = std::from_chars(text.data(), end, value);
  if (text.size() < count || parsed.ec != std::errc{} || parsed.ptr != end) {
    return std::nullopt;
  }
  text.remove_prefix(count);
  return value;
}

} // namespace

std::optional<std::uint64_t> parse_size(std::string_view text) {
  constexpr double K = 1024;
  constexpr double M = 1024 * K;
  constexpr double G = 1024 * M;
  constexpr double T = 1024 * G;
  constexpr std::array units{Unit{"", 1},    Unit{"b", 1},  Unit{"k", K},   Unit{"kb", K},
                             Unit{"kib", K}, Unit{"m", M},  Unit{"mb", M},  Unit{"mib", M},
                             Unit{"g", G},   Unit{"gb", G}, Unit{"gib", G}, Unit{"t", T},
                             Unit{"tb", T},  Unit{"tib", T}};
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; });
  const auto size = parse_scaled(lower, units);
  return size ? std::optional(static_cast<std::uint64_t>(*size)) : std::nullopt;
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  constexpr std::array units{Unit{"ms", 1},       Unit{"s", 1e3},       Unit{"sec", 1e3},
                             Unit{"secs", 1e3},   Unit{"second", 1e3},  Unit{"seconds", 1e3},
                             Unit{"m", 6e4},      Unit{"min", 6e4},     Unit{"mins", 6e4},
                             Unit{"minute", 6e4}, Unit{"minutes", 6e4}, Unit{"h", 3.6e6},
                             Unit{"hour", 3.6e6}, Unit{"hours", 3.6e6}, Unit{"d", 8.64e7},
                             Unit{"day", 8.64e7}, Unit{"days", 8.64e7}};
  // 100 years: more would overflow a clock
  const auto duration = text == "0" ? std::optional(0.) : parse_scaled(text, units);
  return duration && *duration <= 3.2e12
             ? std::optional(std::chrono::milliseconds(static_cast<std::int64_t>(*duration)))
             : std::nullopt;
}

std::optional<double> parse_share(std::string_view text) {
  constexpr std::array units{Unit{"", 1}, Unit{"%", 0.01}};
  const auto share = parse_scaled(text, units);
  return share && *share <= 1 ? share : std::nullopt;
}

std::vector<std::string_view> split_list(std::string_view list) {
  std::vector<std::string_view> words;
  for (;;) {
    const auto end = std::min(list.find(','), list.size());
    auto word = list.substr(0, end);
    word.remove_prefix(std::min(word.find_first_not_of(' '), word.size()));
    word.remove_suffix(word.size() - (word.find_last_not_of(' ') + 1));
    words.push_back(word);
    if (end == list.size()) {
      return words;
    }
    list.remove_prefix(end + 1);
  }
}

std::string format_size(std::uint64_t bytes) {
  if (bytes < 1024) {
    return fmt::format("{} B", bytes);
  }
  auto size = static_cast<double>(bytes) / 1024;
  for (const auto* unit : {"KiB", "MiB"}) {
    if (size < 1024) {
      return fmt::format("{:.1f} {}", size, unit);
    }
    size /= 1024;
  }
  return fmt::format("{:.1f} GiB", size);
}

std::string format_duration(std::chrono::milliseconds duration) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration).count();
  if (seconds < 60) {
    return fmt::format("{:.1f} s", static_cast<double>(duration.count()) / 1000);
  }
  if (seconds < 3600) {
    return fmt::format("{}:{:02}", seconds / 60, seconds % 60);
  }
  return fmt::format("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

std::string format_estimate(std::chrono::seconds duration) {
  constexpr std::int64_t minute = 60;
  constexpr std::int64_t hour = 60 * minute;
  constexpr std::int64_t day = 24 * hour;
  const auto seconds = duration.count();
  return seconds < minute ? fmt::format("{}s", seconds)
         : seconds < hour ? fmt::format("{}m{:02}s", seconds / minute, seconds % minute)
         : seconds < day  ? fmt::format("{}h{:02}m", seconds / hour, seconds % hour / minute)
                          : fmt::format("{}d{:02}h", seconds / day, seconds % day / hour);
}

std::string format_time(SystemTime time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", calendar(time), (time - seconds).count());
}

std::optional<SystemTime> parse_time(std::string_view text) {
  constexpr std::string_view marks = "--T::";
  constexpr std::array<std::size_t, 6> widths{4, 2, 2, 2, 2, 2};
  std::array<unsigned, 6> fields{};
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const auto field = digits(text, widths[i]);
    if (!field || (i < marks.size() && !text.starts_with(marks[i]))) {
      return std::nullopt;
    }
    fields[i] = *field;
    text.remove_prefix(i < marks.size() ? 1 : 0);
  }
  unsigned milliseconds = 0;
  if (text.starts_with('.')) {
    constexpr std::size_t most_digits = 9; // nanoseconds
    text.remove_prefix(1);
    const auto fraction = text.substr(0, text.find_first_not_of("0123456789"));
    if (fraction.empty() || fraction.size() > most_digits) {
      return std::nullopt;
    }
    for (std::size_t i = 0; i < 3; ++i) {
      milliseconds =
          milliseconds * 10 + (i < fraction.size() ? static_cast<unsigned>(fraction[i] - '0') : 0U);
    }
    text.remove_prefix(fraction.size());
  }
  const auto [year, month, day, hour, minute, second] = fields;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(year)),
                                         std::chrono::month(month), std::chrono::day(day)};
  if (text != "Z" || !date.ok() || hour > 23 || minute > 59 || second > 59) {
    return std::nullopt;
  }
  return std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
         std::chrono::seconds(second) + std::chrono::milliseconds(milliseconds);
}

std::string format_compact_time(SystemTime time) {
  return fmt::format("{:%Y%m%dT%H%M%SZ}", calendar(time));
}

SystemTime system_now() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

} // namespace dualcam::inline tools
