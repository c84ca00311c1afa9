/// \file
/// Coordinates: IEEE 754 doubles on the wire, decimal degrees for people.
///
/// The functions may be called from any thread; the locale does not matter.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace dualcam {

/// WGS 84 degrees. As it came from a device it may be out of range, infinite or NaN: `is_valid`.
struct Position {
  double latitude;  ///< -90 to 90, north positive
  double longitude; ///< -180 to 180, east positive
  friend bool operator==(const Position&, const Position&) = default;
};

/// Finite and in range.
bool is_valid(const Position& position);

/// 0,0: what a device without a satellite fix sends.
bool is_no_fix(const Position& position);

/// The shortest decimal that reads back to the same double: `54.7004183`; with an exponent if it is
/// longer than 32 characters without, as no valid one is from 1e-12 on: `5e-324`. Or `nan`, `inf`,
/// or `-inf`.
std::string format_degrees(double degrees);

/// 16 hex digits, lower case, most significant byte first: `404b59a74e8e028d`.
std::string format_degrees_hex(double degrees);

/// Degrees, minutes and seconds to a hundredth (30 cm): `54°42'01.51"N 25°16'46.75"E`, in UTF-8.
/// Precondition: valid.
std::string format_dms(const Position& position);

/// The whole of `text` as a finite decimal number; nullopt otherwise.
std::optional<double> parse_degrees(std::string_view text);

/// Exactly 16 hex digits of either case; nullopt otherwise. The double may be NaN or infinite.
std::optional<double> parse_degrees_hex(std::string_view text);

} // namespace dualcam
