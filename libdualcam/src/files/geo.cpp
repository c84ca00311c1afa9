#include "dualcam/files/geo.hpp"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>

namespace dualcam {
namespace {

std::string dms_of(double degrees, char positive, char negative) {
  // rounded before it is taken apart, so that 59.999 seconds become a minute
  const auto hundredths = std::llround(std::abs(degrees) * 360'000);
  char text[32];
  std::snprintf(text, sizeof text, "%lld\u00b0%02lld'%02lld.%02lld\"%c", hundredths / 360'000,
                hundredths / 6000 % 60, hundredths / 100 % 60, hundredths % 100,
                degrees < 0 ? negative : positive);
  return text;
}

} // namespace

bool is_valid(const Position& position) {
  return std::abs(position.latitude) <= 90 && std::abs(position.longitude) <= 180; // NaN: false
}

bool is_no_fix(const Position& position) {
  return position.latitude == 0 && position.longitude == 0;
}

std::string format_degrees(double degrees) {
  char text[32]; // -1e-12 with 17 digits fits
  auto [end, error] = std::to_chars(text, text + sizeof text, degrees, std::chars_format::fixed);
  if (error != std::errc{}) {
    end = std::to_chars(text, text + sizeof text, degrees, std::chars_format::scientific).ptr;
  }
  return {text, end};
}

std::string format_degrees_hex(double degrees) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx",
                static_cast<unsigned long long>(std::bit_cast<std::uint64_t>(degrees)));
  return text;
}

std::string format_dms(const Position& position) {
  return dms_of(position.latitude, 'N', 'S') + ' ' + dms_of(position.longitude, 'E', 'W');
}

std::optional<double> parse_degrees(std::string_view text) {
  double degrees = 0;
  const auto* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, degrees);
  const bool whole = error == std::errc{} && rest == end && std::isfinite(degrees);
  return whole ? std::optional(degrees) : std::nullopt;
}

std::optional<double> parse_degrees_hex(std::string_view text) {
  std::uint64_t bits = 0;
  const auto* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, bits, 16);
  const bool whole = error == std::errc{} && rest == end && text.size() == 16;
  return whole ? std::optional(std::bit_cast<double>(bits)) : std::nullopt;
}

} // namespace dualcam
