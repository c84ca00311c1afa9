// Lists of checksums: `2189  name` a line, names escaped as sha256sum does.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dualcam::crc {

struct CheckLine {
  std::uint16_t crc;
  std::string name;
  friend bool operator==(const CheckLine&, const CheckLine&) = default;
};

/// A name as a list has it: backslash, newline and carriage return become `\\`, `\n` and `\r`, and
/// then the line begins with a backslash.
struct ListName {
  bool escaped;
  std::string text;
};
ListName list_name(std::string_view name);

std::string format_check_line(const CheckLine& line);

/// One line without its newline: four hex digits of either case, a space, a space or `*`, a name.
/// nullopt: improperly formatted.
std::optional<CheckLine> parse_check_line(std::string_view line);

} // namespace dualcam::crc
