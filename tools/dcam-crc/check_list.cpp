#include "dcam-crc/check_list.hpp"

#include <charconv>

#include <fmt/format.h>

namespace dualcam::crc {
namespace {

constexpr std::size_t crc_digits = 4;

std::optional<std::string> unescaped(std::string_view text) {
  std::string name;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      name += text[i];
      continue;
    }
    const char next = ++i < text.size() ? text[i] : '\0';
    if (next != 'n' && next != 'r' && next != '\\') {
      return std::nullopt;
    }
    name += next == 'n' ? '\n' : next == 'r' ? '\r' : '\\';
  }
  return name;
}

} // namespace

ListName list_name(std::string_view name) {
  if (name.find_first_of("\\\n\r") == std::string_view::npos) {
    return {false, std::string(name)};
  }
  std::string text;
  for (const auto character : name) {
    if (character == '\\' || character == '\n' || character == '\r') {
      text += '\\';
    }
    text += character == '\n' ? 'n' : character == '\r' ? 'r' : character;
  }
  return {true, text};
}

std::string format_check_line(const CheckLine& line) {
  const auto name = list_name(line.name);
  return fmt::format("{}{:04x}  {}", name.escaped ? "\\" : "", line.crc, name.text);
}

std::optional<CheckLine> parse_check_line(std::string_view line) {
  const bool escaped = line.starts_with('\\');
  line.remove_prefix(escaped ? 1 : 0);
  CheckLine result{};
  const auto* text = line.data();
  if (line.size() < crc_digits + 3) {
    return std::nullopt;
  }
  const auto [end, error] = std::from_chars(text, text + crc_digits, result.crc, 16);
  if (error != std::errc{} || end != text + crc_digits || line[crc_digits] != ' ' ||
      (line[crc_digits + 1] != ' ' && line[crc_digits + 1] != '*')) {
    return std::nullopt;
  }
  const auto name = line.substr(crc_digits + 2);
  const auto plain = escaped ? unescaped(name) : std::optional(std::string(name));
  if (!plain) {
    return std::nullopt;
  }
  result.name = *plain;
  return result;
}

} // namespace dualcam::crc
