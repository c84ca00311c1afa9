#include "common/hex_style.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "common/hex_digits.hpp"
#include "common/json_judge.hpp"
#include "common/number_judge.hpp"
#include "common/offset_judge.hpp"
#include "common/text_lines.hpp"
#include "common/yaml_bytes.hpp"

namespace dualcam::inline tools {
namespace {

bool is_base64(std::string_view sample) {
  if (sample.starts_with("data:")) {
    return sample.substr(0, 256).find(";base64,") != std::string_view::npos;
  }
  std::size_t upper = 0;
  std::size_t beyond_hex = 0;
  std::size_t numerals = 0;
  std::size_t size = 0;
  std::size_t lines = 0;
  bool all = true;
  for_each_line(sample, [&](std::string_view line, std::uint64_t) {
    if (line.empty()) {
      return true;
    }
    ++lines;
    all = all && (line.size() >= 16 || lines > 1) && std::ranges::all_of(line, [](char c) {
            return is_letter(c) || is_decimal_digit(c) || c == '+' || c == '/' || c == '=';
          });
    upper += static_cast<std::size_t>(std::ranges::count_if(line, is_upper));
    beyond_hex += static_cast<std::size_t>(
        std::ranges::count_if(line, [](char c) { return is_letter(c) && !is_hex_digit(c); }));
    numerals += static_cast<std::size_t>(std::ranges::count_if(line, is_decimal_digit));
    size += line.size();
    return all;
  });
  const bool is_damaged_hex = beyond_hex == 1 && 4 * numerals > size; // `O` for 0
  return all && upper != 0 && beyond_hex != 0 && !is_damaged_hex;
}

/// At least four escapes that are bytes: `\x04`, `\u0004`, `\004`.
bool has_escapes(std::string_view text) {
  int count = 0;
  for (auto at = text.find('\\'); at != std::string_view::npos; at = text.find('\\', at + 1)) {
    if (at + 3 >= text.size()) {
      break;
    }
    const char letter = text[at + 1];
    count += (letter == 'x' || letter == 'u') && is_hex_digit(text[at + 2]);
    count +=
        std::ranges::all_of(text.substr(at + 1, 3), [](char c) { return c >= '0' && c < '8'; });
  }
  return count >= 4;
}

/// Whether the first escape stands in a string of Python's bytes: `{'from': '10.0.0.5', b'\x00'}`.
bool is_marked(std::string_view text) {
  const auto before = text.substr(0, std::min(text.find("\\x"), text.size()));
  const auto open = std::max(before.rfind("b'") + 1, before.rfind("b\"") + 1); // npos + 1 is 0
  return open != 0 && open < before.size() && !before.substr(open + 1).contains(before[open]) &&
         (open == 1 || !(is_letter(before[open - 2]) || is_decimal_digit(before[open - 2])));
}

bool has_0x(std::string_view text) {
  for (auto at = text.find('0'); at != std::string_view::npos; at = text.find('0', at + 1)) {
    if (at + 2 < text.size() && (text[at + 1] == 'x' || text[at + 1] == 'X') &&
        is_hex_digit(text[at + 2]) &&
        (at == 0 || !(is_letter(text[at - 1]) || is_decimal_digit(text[at - 1])))) {
      return true;
    }
  }
  return false;
}

/// YAML that holds bytes in another way than on the line of their name.
bool is_yaml(std::string_view text) {
  constexpr std::size_t longest = 16 << 10;
  bool found = false;
  bool awaits_items = false;
  bool has_long = false;
  for_each_line(text, [&](std::string_view line, std::uint64_t) {
    has_long = has_long || line.size() > longest;
    const auto rest = line.substr(std::min(line.find_first_not_of(' '), line.size()));
    found = found || (awaits_items && rest.starts_with("- ") && rest.size() > 2 &&
                      (is_decimal_digit(rest[2]) || rest[2] == '-'));
    awaits_items = false;
    if (const auto value = yaml_bytes_value(line)) {
      awaits_items = value->empty();
      found = found || (!value->empty() && std::string_view("|>[!").contains(value->front()));
    }
    return true;
  });
  return found && !has_long;
}

} // namespace

bool is_star(std::string_view line) {
  const auto at = line.find_first_not_of(" \t");
  return at != std::string_view::npos && line[at] == '*' &&
         line.find_first_not_of(" \t\r", at + 1) == std::string_view::npos;
}

std::optional<std::uint64_t> line_with_star(std::string_view text) {
  std::optional<std::uint64_t> found;
  for_each_line(text, [&](std::string_view line, std::uint64_t number) {
    found = is_star(line) ? std::optional(number) : found;
    return !found;
  });
  return found;
}

std::expected<HexForm, HexProblem> judge_hex(std::string_view sample) {
  if (!is_json(sample) && is_yaml(sample)) {
    return HexForm{HexStyle::yaml};
  }
  if (is_base64(sample)) {
    return HexForm{.style = HexStyle::base64, .bracket = sample.starts_with("data:") ? ',' : '\0'};
  }
  if (sample.find("<Buffer ") != std::string_view::npos) {
    return HexForm{HexStyle::node};
  }
  if (has_escapes(sample)) {
    if (auto key = is_json(sample) ? key_of_characters(sample) : std::nullopt) {
      return HexForm{
          .style = HexStyle::json, .value = JsonValue::characters, .key = std::move(*key)};
    }
    return HexForm{.style = HexStyle::escapes,
                   .quoted = sample.find_first_of("\"'") != std::string_view::npos,
                   .marked = is_marked(sample)};
  }
  if (const auto od = judge_od(sample)) {
    return *od;
  }
  const auto offsets = judge_offsets(sample);
  if (!offsets || *offsets) {
    return offsets ? std::expected<HexForm, HexProblem>(**offsets)
                   : std::unexpected(offsets.error());
  }
  if (const auto json = judge_json(sample)) { // in which other values may have 0x
    return *json;
  }
  if (has_0x(sample)) {
    const bool braces = sample.find('{') != std::string_view::npos;
    return HexForm{HexStyle::c_array, 16, braces ? '{' : '\0'};
  }
  if (const auto line = line_with_star(sample); line && !is_json(sample)) {
    return std::unexpected(HexProblem{*line, std::string(star_without_offsets)});
  }
  const auto numbers = judge_numbers(sample);
  if (!numbers || *numbers) {
    return numbers ? std::expected<HexForm, HexProblem>(**numbers)
                   : std::unexpected(numbers.error());
  }
  if (is_json(sample)) {
    return HexForm{HexStyle::json};
  }
  return HexForm{.style = HexStyle::lines, .padded = has_padded(sample)};
}

} // namespace dualcam::inline tools
