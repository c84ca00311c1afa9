#include "common/json_judge.hpp"

#include <algorithm>

#include "common/hex_digits.hpp"
#include "common/mended_json.hpp"

namespace dualcam::inline tools {
namespace {

bool is_base64_text(std::string_view text) {
  const auto end = text.find_last_not_of('=') + 1;
  return text.size() - end <= 2 && std::ranges::all_of(text.substr(0, end), [](char c) {
           return is_letter(c) || is_decimal_digit(c) || c == '+' || c == '/' || c == '-' ||
                  c == '_';
         });
}

} // namespace

bool is_json(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && (text[first] == '{' || text[first] == '[') &&
         text.find('"') != std::string_view::npos;
}

std::optional<std::string> key_of_characters(std::string_view text) {
  std::string_view key;
  for (auto at = text.find('"'); at != std::string_view::npos; at = text.find('"', at)) {
    const auto end = behind_json_string(text, at);
    const auto string = text.substr(at, end - at);
    const auto next = std::min(text.find_first_not_of(" \t\r\n", end), text.size());
    if (next < text.size() && text[next] == ':') {
      key = string.size() > 2 ? string.substr(1, string.size() - 2) : std::string_view();
    } else if (!key.empty() && string.contains("\\u00")) {
      return std::string(key);
    }
    at = end;
  }
  return std::nullopt;
}

std::optional<HexForm> judge_json(std::string_view text) {
  if (!is_json(text)) {
    return std::nullopt;
  }
  for (const auto name : json_names_of_bytes) {
    const auto key = '"' + std::string(name) + '"';
    const auto at = text.find(key);
    auto open =
        at == std::string_view::npos ? at : text.find_first_not_of(" \t\r\n:", at + key.size());
    if (open == std::string_view::npos) {
      continue;
    }
    const auto first = text.find_first_not_of(" \t\r\n", open + 1);
    if (text[open] == '[' && first != std::string_view::npos) {
      if (is_decimal_digit(text[first])) {
        return HexForm{.style = HexStyle::json,
                       .base = 10,
                       .value = JsonValue::numbers,
                       .key = std::string(name)};
      }
      open = first;
    }
    if (text[open] != '"') {
      continue;
    }
    const auto end = text.find('"', open + 1);
    const auto value = text.substr(open + 1, end - open - 1);
    const bool hex = value.find_first_not_of("0123456789abcdefABCDEF ,:;-") == value.npos;
    const bool is_whole = end == std::string_view::npos || value.size() % 4 == 0; // or goes on
    const bool base64 = value.size() >= 8 && is_whole && is_base64_text(value);
    if (hex || base64) { // tshark has the same bytes under other names, too
      return HexForm{.style = HexStyle::json,
                     .value = hex ? JsonValue::hex : JsonValue::base64,
                     .key = name.starts_with("tcp") ? std::string(name) : std::string()};
    }
  }
  return std::nullopt;
}

} // namespace dualcam::inline tools
