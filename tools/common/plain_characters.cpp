#include "common/plain_characters.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "common/utf8.hpp"

namespace dualcam::inline tools {
namespace {

constexpr std::uint32_t first_wide_letter = 0xFF01;
constexpr std::uint32_t last_wide_letter = 0xFF5E;
constexpr char line_tabulation = '\v'; // where a line was broken by hand
constexpr char form_feed = '\f';       // where a page was printed

bool is_in(std::uint32_t code, std::uint32_t first, std::uint32_t last) {
  return code >= first && code <= last;
}

/// What it is in ASCII; nullopt: something else. `in_prose`: it may be a byte elsewhere.
struct Plain {
  std::optional<std::string> text;
  bool in_prose = false;
};

Plain plain_of(std::uint32_t code) {
  if (is_in(code, 0x2000, 0x200A) || code == 0x202F || code == 0x205F || code == 0x3000) {
    return {" "};
  }
  if (is_in(code, 0x200B, 0x200F) || is_in(code, 0x202A, 0x202E) || is_in(code, 0x2060, 0x206F) ||
      is_in(code, 0xFE00, 0xFE0F) || code == 0x180E || code == 0xFEFF ||
      code == static_cast<unsigned char>(form_feed)) {
    return {""};
  }
  if (code == 0x2028 || code == 0x2029 || code == static_cast<unsigned char>(line_tabulation)) {
    return {"\n"};
  }
  if (is_in(code, first_wide_letter, last_wide_letter)) {
    return {std::string(1, static_cast<char>(code - first_wide_letter + '!'))};
  }
  if (is_in(code, 0x2018, 0x201B) || is_in(code, 0x201C, 0x201F)) {
    return {code < 0x201C ? "'" : "\"", true};
  }
  if (is_in(code, 0x2010, 0x2015) || code == 0x2212) {
    return {"-", true};
  }
  switch (code) {
  case 0x85:
    return {"\n", true};
  case 0xA0:
    return {" ", true};
  case 0xAD:
    return {"", true};
  default:
    return {std::nullopt};
  }
}

/// Of what one in a dozen characters above 7F is where they are bytes.
bool is_prose(std::string_view text) {
  constexpr std::size_t most_others = 4; // to one of them
  std::size_t plain = 0;
  std::size_t others = 0;
  while (!text.empty()) {
    const auto [code, length] = first_utf8(text);
    const bool is_plain = code > 0x7F && plain_of(code).in_prose;
    plain += is_plain ? 1 : 0;
    others += !is_plain && is_in(code, 0x80, 0xFF) ? 1 : 0;
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return plain != 0 && others <= most_others * plain;
}

bool may_change(char c) { return (c & 0x80) != 0 || c == line_tabulation || c == form_feed; }

/// Whether `text` may be the beginning of a character that is longer.
bool is_begun_only(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  return lead >= 0xC2 && lead <= 0xF4 && text.size() < length &&
         std::ranges::all_of(text.substr(1), [](char c) { return (c & 0xC0) == 0x80; });
}

} // namespace

PlainCharacters::PlainCharacters(std::string_view sample) : is_prose_(is_prose(sample)) {}

std::string PlainCharacters::plain(std::string_view given) {
  const auto text = std::exchange(cut_, {}).append(given);
  std::string result;
  result.reserve(text.size());
  for (std::string_view rest = text; !rest.empty();) {
    const auto ascii =
        static_cast<std::size_t>(std::ranges::find_if(rest, may_change) - rest.begin());
    result += rest.substr(0, ascii);
    rest.remove_prefix(ascii);
    if (rest.empty()) {
      break;
    }
    if (is_begun_only(rest)) {
      cut_ = rest;
      break;
    }
    const auto [code, length] = first_utf8(rest);
    const auto character = rest.substr(0, std::max<std::size_t>(length, 1));
    const auto [meant, in_prose] = plain_of(code);
    result += meant && (is_prose_ || !in_prose) ? *meant : std::string(character);
    rest.remove_prefix(character.size());
  }
  return result;
}

} // namespace dualcam::inline tools
