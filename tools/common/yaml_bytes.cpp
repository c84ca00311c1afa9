#include "common/yaml_bytes.hpp"

#include <algorithm>
#include <charconv>

#include "common/base64_word.hpp"
#include "common/blanks.hpp"
#include "common/hex_digits.hpp"
#include "common/hex_style.hpp"
#include "common/mended_digits.hpp"
#include "dualcam/wire/hex_value.hpp"

namespace dualcam::inline tools {
namespace {

std::string_view unquoted(std::string_view text) {
  const bool quoted = text.size() >= 2 && text.front() == text.back() &&
                      (text.front() == '"' || text.front() == '\'');
  return quoted ? text.substr(1, text.size() - 2) : text;
}

/// Of the text, or of the name behind the dashes of items.
std::size_t indent_of(std::string_view line) {
  auto indent = std::min(line.find_first_not_of(' '), line.size());
  while (line.substr(indent).starts_with("- ")) {
    indent = std::min(line.find_first_not_of(' ', indent + 1), line.size());
  }
  return indent;
}

/// Whether a line can stand behind a block in YAML, which prose within one cannot.
bool may_be_yaml(std::string_view line) {
  return line.starts_with('-') || line.starts_with('#') || line.starts_with("...") ||
         line.ends_with(':') || line.contains(": ");
}

} // namespace

std::optional<std::string_view> yaml_bytes_value(std::string_view line) {
  const auto text = line.substr(indent_of(line));
  const auto colon = text.find(':');
  if (colon == std::string_view::npos ||
      (colon + 1 < text.size() && text[colon + 1] != ' ' && text[colon + 1] != '\r')) {
    return std::nullopt;
  }
  const auto name = unquoted(without_blanks(text.substr(0, colon)));
  const bool is_known = std::ranges::find(json_names_of_bytes, name) != json_names_of_bytes.end();
  return is_known ? std::optional(without_blanks(text.substr(colon + 1))) : std::nullopt;
}

YamlBytes::Line YamlBytes::line(std::string_view text) {
  Line line;
  if (without_blanks(text).empty()) {
    return line;
  }
  if (goes_on(std::min(text.find_first_not_of(' '), text.size()), text)) {
    take(without_blanks(text), line);
    return line;
  }
  const bool is_in_block = inside_ == Inside::hex || inside_ == Inside::base64;
  if (is_in_block && !may_be_yaml(without_blanks(text))) {
    line.problem = "it stands within a block of bytes and is none of it";
    return line;
  }
  line.before = finish();
  inside_ = Inside::nothing;
  if (const auto value = yaml_bytes_value(text)) {
    indent_ = indent_of(text);
    begin(*value, line);
  }
  return line;
}

bool YamlBytes::goes_on(std::size_t indent, std::string_view text) const {
  switch (inside_) {
  case Inside::nothing:
    return false;
  case Inside::list:
    return true;
  case Inside::items:
    return indent >= indent_ && without_blanks(text).starts_with('-');
  case Inside::hex:
  case Inside::base64:
    break;
  }
  return indent > indent_;
}

void YamlBytes::begin(std::string_view value, Line& line) {
  constexpr std::string_view binary = "!!binary";
  const bool is_binary = value.starts_with(binary);
  if (is_binary) {
    value = without_blanks(value.substr(binary.size()));
    base64_.restart();
  }
  if (value.empty()) {
    inside_ = Inside::items;
  } else if (value[0] == '|' || value[0] == '>') {
    inside_ = is_binary ? Inside::base64 : Inside::hex;
  } else if (value[0] == '[') {
    inside_ = Inside::list;
    take(value.substr(1), line);
  } else if (is_binary) {
    const auto word = unquoted(value);
    const auto mended = mended_base64(word);
    take_base64(mended ? *mended : std::string(word), line);
    line.problem = mended ? cut_base64 : line.problem;
    base64_.restart();
  } else {
    take_scalar(unquoted(value), line);
  }
}

void YamlBytes::take(std::string_view text, Line& line) {
  switch (inside_) {
  case Inside::items:
    take_numbers(text.substr(1), line);
    break;
  case Inside::list:
    if (const auto end = text.find(']'); end != std::string_view::npos) {
      text = text.substr(0, end);
      inside_ = Inside::nothing;
    }
    take_numbers(text, line);
    break;
  case Inside::base64:
    take_base64(text, line);
    break;
  case Inside::hex:
    take_hex(text, line);
    break;
  case Inside::nothing:
    break;
  }
}

/// A name of bytes may stand before a word, too.
void YamlBytes::take_scalar(std::string_view text, Line& line) {
  constexpr std::size_t clear = 8;
  const auto digits = std::ranges::find_if_not(text, is_hex_digit) - text.begin();
  if (parse_hex(text) || static_cast<std::size_t>(digits) >= clear) {
    take_hex(text, line);
  }
}

/// Of a list, with commas between; quoted ones are hex.
void YamlBytes::take_numbers(std::string_view text, Line& line) {
  while (!text.empty()) {
    const auto end = std::min(text.find(','), text.size());
    const auto item = without_blanks(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    auto digits = unquoted(item);
    int base = digits.size() < item.size() ? 16 : 10;
    if (digits.starts_with("0x") || digits.starts_with("0X")) {
      digits.remove_prefix(2);
      base = 16;
    }
    int value = 0;
    const auto* last = digits.data() + digits.size();
    const auto parsed = std::from_chars(digits.data(), last, value, base);
    if (item.empty()) {
      continue;
    }
    if (parsed.ec != std::errc{} || parsed.ptr != last || value < -128 || value > 255) {
      line.problem =
          "'" + std::string(item.substr(0, 20)) + "' is no byte: -128 to 255 were expected";
      line.bytes.push_back(std::byte{});
      line.other.push_back(std::byte{1});
      continue;
    }
    line.bytes.push_back(static_cast<std::byte>(value & 0xFF));
    line.other.push_back(line.bytes.back());
  }
}

void YamlBytes::take_hex(std::string_view text, Line& line) {
  std::string joined(text);
  std::ranges::replace(joined, '-', ' ');
  const auto damaged = parse_hex(joined) ? std::vector<DamagedDigits>() : damaged_digits(joined);
  const auto bytes = parse_hex(with_digits(joined, damaged, '0'));
  const auto other = parse_hex(with_digits(joined, damaged, '1'));
  if (bytes && other && bytes->size() == other->size()) {
    append(line.bytes, *bytes);
    append(line.other, *other);
    line.problem = damaged.empty() ? "" : damage_of(joined, damaged);
  } else {
    line.problem = "this is no hex: pairs of digits were expected";
  }
}

void YamlBytes::take_base64(std::string_view text, Line& line) {
  for (const char c : text) {
    const auto add = [&](std::optional<std::byte> byte) {
      line.bytes.push_back(byte.value_or(std::byte{}));
      line.other.push_back(byte.value_or(std::byte{1}));
    };
    if (!base64_.digit(c, add) && c != '=' && c != ' ' && (c & 0xC0) != 0x80) {
      base64_.lost_digit(add);
      line.problem = "a character that base64 does not have";
    }
  }
}

std::string YamlBytes::finish() {
  const bool is_cut = base64_.is_cut();
  base64_.restart();
  return is_cut ? cut_base64 : "";
}

} // namespace dualcam::inline tools
