// Options in a file: `name = value` a line, names as the long options without dashes.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dualcam::inline tools {

/// One line that says something.
struct ConfigLine {
  unsigned number; ///< counted from 1
  std::string name;
  std::optional<std::string> value; ///< nothing: there is no `=`
};

/// What is wrong with a line.
struct ConfigError {
  unsigned line;
  std::string message;
};

/// Blank lines, and what begins with `#` or `;`, say nothing. A value may stand in quotes, single
/// or double; without them it ends before a `#` behind a blank.
std::expected<std::vector<ConfigLine>, ConfigError> parse_config(std::string_view text);

} // namespace dualcam::inline tools
