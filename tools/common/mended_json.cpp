#include "common/mended_json.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "common/json.hpp"

namespace dualcam::inline tools {
namespace {

constexpr std::string_view white_space = " \t\r\n";
constexpr std::string_view no_word = " \t\r\n,:{}[]\"\\";
constexpr std::size_t unicode_escape = 6; // \uXXXX

/// Of `\uXXXX`, which `text` begins with; nullopt: it does not.
std::optional<unsigned> escaped_unit(std::string_view text) {
  unsigned unit = 0;
  if (!text.starts_with("\\u") || text.size() < unicode_escape) {
    return std::nullopt;
  }
  const auto* end = text.data() + unicode_escape;
  return std::from_chars(text.data() + 2, end, unit, 16).ptr == end ? std::optional(unit)
                                                                    : std::nullopt;
}

/// Whether it is half of a character, the first or the second one.
bool is_half(std::optional<unsigned> unit, bool second) {
  return unit && (*unit & 0xFC00) == (second ? 0xDC00U : 0xD800U);
}

/// What stands for the escape, or the backslash alone, that `text` begins with; and its size.
std::pair<std::string, std::size_t> mended_escape(std::string_view text) {
  constexpr std::string_view letters = "\"\\/bfnrt";
  if (text.size() > 1 && letters.find(text[1]) != std::string_view::npos) {
    return {std::string(text.substr(0, 2)), 2};
  }
  const auto unit = escaped_unit(text);
  if (!unit) {
    return {R"(\\)", 1};
  }
  if (is_half(unit, false) && is_half(escaped_unit(text.substr(unicode_escape)), true)) {
    return {std::string(text.substr(0, 2 * unicode_escape)), 2 * unicode_escape};
  }
  const bool half = is_half(unit, false) || is_half(unit, true);
  return {half ? R"(\ufffd)" : std::string(text.substr(0, unicode_escape)), unicode_escape};
}

std::string mended_string(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    std::size_t size = 1;
    if (text[0] == '\\') {
      const auto [mended, length] = mended_escape(text);
      result += mended;
      size = length;
    } else if (static_cast<unsigned char>(text[0]) < ' ') {
      result += fmt::format("\\u{:04x}", static_cast<unsigned char>(text[0]));
    } else {
      result += text[0];
    }
    text.remove_prefix(size);
  }
  return result;
}

bool is_too_large(std::string_view number) {
  double value = 0;
  const auto read = std::from_chars(number.begin(), number.end(), value);
  return read.ec == std::errc::result_out_of_range;
}

/// `before`: what stands before it, blanks aside.
std::string mended_word(std::string_view word, char before) {
  const bool is_value = before == ':' ? Json::accept(word) : !is_too_large(word);
  return is_value ? std::string(word) : '"' + mended_string(word) + '"';
}

} // namespace

std::size_t behind_json_string(std::string_view json, std::size_t i) {
  for (++i; i < json.size() && json[i] != '"'; ++i) {
    i += json[i] == '\\' ? 1 : 0;
  }
  return std::min(i + 1, json.size());
}

std::string mended_json(std::string_view json) {
  std::string result;
  std::size_t comma = 0; // where the last one stands in it
  char before = '\0';    // blanks aside
  while (!json.empty()) {
    const char first = json[0];
    const bool is_blank = white_space.find(first) != std::string_view::npos;
    std::size_t size = 1;
    if (first == '"') {
      size = behind_json_string(json, 0);
      result += mended_string(json.substr(0, size));
    } else if (no_word.find(first) == std::string_view::npos) {
      size = std::min(json.find_first_of(no_word), json.size());
      result += mended_word(json.substr(0, size), before);
    } else {
      const bool closes = first == '}' || first == ']';
      if (before == ':' && (closes || first == ',')) {
        result += "null";
      } else if (before == ',' && closes) {
        result.erase(comma, 1);
      }
      comma = first == ',' ? result.size() : comma;
      result += first;
    }
    before = is_blank ? before : first;
    json.remove_prefix(size);
  }
  return result;
}

} // namespace dualcam::inline tools
