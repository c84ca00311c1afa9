// dcam-meta coord: coordinates as 16 hex digits and as decimal degrees, one into the other.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace dualcam::inline tools {

struct Coordinate {
  double degrees;
  bool was_hex; ///< so it is to be shown in decimal
};

/// 16 hex digits, `0x` before them or not, are the bits of a double; all else is decimal. The error
/// says what is wrong, naming `text`: a digit, the length, not finite, out of a double's range.
std::expected<Coordinate, std::string> parse_coordinate(std::string_view text);

/// The other form: what `parse_coordinate` reads back to the same double. (A decimal of 16 digits,
/// which no coordinate on Earth has, gets `.0` so that it does not pass for hex.)
std::string format_converted(const Coordinate& coordinate);

/// A line of one value or a pair, separated by a comma, a semicolon or white space, which stay as
/// they are. An empty line stays empty. Every value that is wrong is told.
std::expected<std::string, std::vector<std::string>> convert_line(std::string_view line);

/// What such a line has that lies nowhere on Earth: beyond 180 degrees, or a pair that begins
/// beyond 90, where the latitude stands. Empty: nothing.
std::string note_on_range(std::string_view line);

} // namespace dualcam::inline tools
