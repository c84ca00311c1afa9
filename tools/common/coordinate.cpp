#include "common/coordinate.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "common/escape.hpp"
#include "common/hex_digits.hpp"
#include "dualcam/files/geo.hpp"

namespace dualcam::inline tools {
namespace {

constexpr std::string_view separators = " \t\r,;";
constexpr std::size_t hex_size = 16;
constexpr std::string_view expected =
    "16 hex digits such as 404b59a74e8e028d or decimal degrees such as 54.7004183 were expected";

/// Also one that no double can hold.
bool is_decimal(std::string_view text) {
  double value = 0;
  const auto* end = text.data() + text.size();
  return !text.empty() && std::from_chars(text.data(), end, value).ptr == end;
}

/// What is meant as hex, though it may have wrong digits or too many.
bool looks_like_hex(std::string_view text) {
  return !text.empty() && is_decimal_digit(text[0]) &&
         std::ranges::all_of(text, [](char c) { return is_letter(c) || is_decimal_digit(c); }) &&
         !is_decimal(text);
}

std::unexpected<std::string> wrong(std::string_view text, std::string_view why) {
  return std::unexpected(fmt::format("'{}': {}", escaped(text.substr(0, 80)), why));
}

std::expected<Coordinate, std::string> parse_bits(std::string_view text, std::string_view digits) {
  const auto bad = std::ranges::find_if_not(digits, is_hex_digit);
  if (bad != digits.end()) {
    return wrong(text, fmt::format("'{}' at digit {} is no hex digit; {}",
                                   escaped(std::string_view(bad, bad + 1)),
                                   bad - digits.begin() + 1, expected));
  }
  const auto degrees = parse_degrees_hex(digits);
  if (!degrees) {
    return wrong(text, fmt::format("{} hex digits; {}", digits.size(), expected));
  }
  if (std::isnan(*degrees)) {
    return wrong(text, "this is NaN, no coordinate");
  }
  if (std::isinf(*degrees)) {
    return wrong(text, "this is infinite, no coordinate");
  }
  return Coordinate{*degrees, true};
}

std::expected<Coordinate, std::string> parse_decimal(std::string_view text) {
  auto number = text;
  if (number.starts_with('+') && !number.starts_with("+-")) {
    number.remove_prefix(1);
  }
  double degrees = 0;
  const auto* end = number.data() + number.size();
  const auto [rest, error] = std::from_chars(number.data(), end, degrees);
  if (error == std::errc::result_out_of_range && rest == end) {
    return wrong(text, "this is out of the range of a double");
  }
  if (error != std::errc{} || rest != end) {
    return wrong(text, expected);
  }
  if (!std::isfinite(degrees)) {
    return wrong(text, std::isnan(degrees) ? "this is NaN, no coordinate"
                                           : "this is infinite, no coordinate");
  }
  return Coordinate{degrees, false};
}

bool is_bits(std::string_view text) {
  text.remove_prefix(text.starts_with("0x") || text.starts_with("0X") ? 2 : 0);
  return text.size() == hex_size && std::ranges::all_of(text, is_hex_digit);
}

/// Without a point a comma between digits is a decimal one: nobody's pair is of whole degrees, and
/// who wants one puts a blank behind the comma.
bool has_decimal_comma(std::string_view word) {
  const auto comma = word.find(',');
  if (comma == std::string_view::npos || word.contains('.') || is_bits(word.substr(0, comma)) ||
      is_bits(word.substr(comma + 1))) {
    return false;
  }
  return comma != 0 && comma + 1 < word.size() && is_decimal_digit(word[comma - 1]) &&
         is_decimal_digit(word[comma + 1]);
}

/// The first word that has one, or nothing.
std::string_view find_decimal_comma(std::string_view line) {
  while (!line.empty()) {
    const auto word = line.substr(0, line.find_first_of(" \t\r;"));
    if (has_decimal_comma(word)) {
      return word;
    }
    line.remove_prefix(std::min(word.size() + 1, line.size()));
  }
  return {};
}

} // namespace

std::expected<Coordinate, std::string> parse_coordinate(std::string_view text) {
  if (text.starts_with("0x") || text.starts_with("0X")) {
    return parse_bits(text, text.substr(2));
  }
  if (text.size() == hex_size && std::ranges::all_of(text, is_hex_digit)) {
    return parse_bits(text, text);
  }
  return looks_like_hex(text) ? parse_bits(text, text) : parse_decimal(text);
}

std::string format_converted(const Coordinate& coordinate) {
  if (!coordinate.was_hex) {
    return format_degrees_hex(coordinate.degrees);
  }
  auto text = format_degrees(coordinate.degrees);
  if (text.size() == hex_size && std::ranges::all_of(text, is_hex_digit)) {
    text += ".0";
  }
  return text;
}

std::expected<std::string, std::vector<std::string>> convert_line(std::string_view line) {
  if (const auto with_comma = find_decimal_comma(line); !with_comma.empty()) {
    return std::unexpected(
        std::vector{wrong(with_comma, "a decimal comma: decimal degrees have a point, as "
                                      "54.7004183 does, and a pair of whole ones a blank, as "
                                      "54, 25 does")
                        .error()});
  }
  std::string converted;
  std::vector<std::string> errors;
  std::size_t values = 0;
  std::size_t at = 0;
  while (at < line.size()) {
    const auto start = std::min(line.find_first_not_of(separators, at), line.size());
    converted += line.substr(at, start - at);
    at = std::min(line.find_first_of(separators, start), line.size());
    if (start == at) {
      break;
    }
    if (++values > 2) {
      errors.emplace_back("more than two values on a line: one or a pair was expected");
      break;
    }
    const auto coordinate = parse_coordinate(line.substr(start, at - start));
    if (coordinate) {
      converted += format_converted(*coordinate);
    } else {
      errors.push_back(coordinate.error());
    }
  }
  return errors.empty() ? std::expected<std::string, std::vector<std::string>>(converted)
                        : std::unexpected(std::move(errors));
}

std::string note_on_range(std::string_view line) {
  constexpr double most_latitude = 90;
  constexpr double most_longitude = 180;
  std::vector<double> values;
  for (std::size_t at = 0; at < line.size();) {
    const auto start = std::min(line.find_first_not_of(separators, at), line.size());
    at = std::min(line.find_first_of(separators, start), line.size());
    if (const auto value = parse_coordinate(line.substr(start, at - start)); value) {
      values.push_back(value->degrees);
    }
  }
  for (const auto value : values) {
    if (std::abs(value) > most_longitude) {
      return format_degrees(value) + " is beyond 180 degrees: no latitude or longitude";
    }
  }
  if (!values.empty() && std::abs(values[0]) > most_latitude) {
    return format_degrees(values[0]) + " is beyond 90 degrees: " +
           (values.size() == 1 ? "no latitude, but it can be a longitude"
                               : "the latitude comes first");
  }
  return {};
}

} // namespace dualcam::inline tools
