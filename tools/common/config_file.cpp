#include "common/config_file.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/blanks.hpp"
#include "common/escape.hpp"

namespace dualcam::inline tools {
namespace {

bool is_comment(std::string_view text) {
  return text.empty() || text.starts_with('#') || text.starts_with(';');
}

/// Behind the `=`. An error says what is wrong with it.
std::expected<std::string, std::string> value_of(std::string_view text) {
  text = without_blanks(text);
  if (!text.starts_with('"') && !text.starts_with('\'')) {
    const auto value = without_comment(text);
    return std::string(is_comment(value) ? "" : value);
  }
  const auto end = text.find(text.front(), 1);
  if (end == text.npos) {
    return std::unexpected("the quote that begins its value has no end");
  }
  if (!is_comment(without_blanks(text.substr(end + 1)))) {
    return std::unexpected("something stands after the quoted value");
  }
  return std::string(text.substr(1, end - 1));
}

} // namespace

std::expected<std::vector<ConfigLine>, ConfigError> parse_config(std::string_view text) {
  std::vector<ConfigLine> lines;
  text = without_byte_order_mark(text);
  for (unsigned number = 1; !text.empty(); ++number) {
    const auto line = without_blanks(text.substr(0, text.find('\n')));
    text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
    if (is_comment(line)) {
      continue;
    }
    if (line.starts_with('[')) {
      return std::unexpected(
          ConfigError{number, "there are no sections: one 'name = value' a line"});
    }
    auto equals = line.find('=');
    const auto name = without_comment(line.substr(0, equals));
    if (name != without_blanks(line.substr(0, equals))) { // it stands in a comment
      equals = line.npos;
    }
    if (equals == line.npos && name.find_first_of(": \t") != name.npos) {
      return std::unexpected(ConfigError{
          number, fmt::format("no '=' in '{}': one 'name = value' a line", escaped(name))});
    }
    if (equals == line.npos) {
      lines.push_back({number, std::string(name), {}});
      continue;
    }
    auto value = value_of(line.substr(equals + 1));
    if (!value) {
      return std::unexpected(ConfigError{number, std::move(value.error())});
    }
    lines.push_back({number, std::string(name), std::move(*value)});
  }
  return lines;
}

} // namespace dualcam::inline tools
