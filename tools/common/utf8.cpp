#include "common/utf8.hpp"

#include <algorithm>

namespace dualcam::inline tools {
namespace {

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

} // namespace

Utf8 first_utf8(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  if (lead < 0x80) {
    return {lead, 1};
  }
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length ||
      !std::ranges::all_of(text.substr(1, length - 1), is_continuation)) {
    return {};
  }
  std::uint32_t code = lead & (0xFFU >> (length + 1));
  for (const char byte : text.substr(1, length - 1)) {
    code = code << 6 | (static_cast<unsigned char>(byte) & 0x3FU);
  }
  const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  return overlong || surrogate || code > 0x10FFFF ? Utf8{} : Utf8{code, length};
}

std::string utf8_of(std::uint32_t code) {
  const auto part = [code](unsigned shift) {
    return static_cast<char>(0x80 | (code >> shift & 0x3F));
  };
  if (code < 0x80) {
    return {static_cast<char>(code)};
  }
  if (code < 0x800) {
    return {static_cast<char>(0xC0 | code >> 6), part(0)};
  }
  return {static_cast<char>(0xE0 | code >> 12), part(6), part(0)};
}

std::string utf8_or_latin1(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const auto length = first_utf8(text).length;
    if (length == 0) {
      result += utf8_of(static_cast<unsigned char>(text.front()));
    } else {
      result += text.substr(0, length);
    }
    text.remove_prefix(std::max(length, std::size_t{1}));
  }
  return result;
}

std::string_view first_columns(std::string_view text, std::size_t columns) {
  constexpr std::uint32_t first_wide = 0x1100; // some behind it are narrow
  std::size_t end = 0;
  while (end < text.size()) {
    const auto [code, length] = first_utf8(text.substr(end));
    const std::size_t width = code < first_wide ? 1 : 2;
    if (width > columns) {
      break;
    }
    columns -= width;
    end += std::max<std::size_t>(length, 1);
  }
  return text.substr(0, end);
}

} // namespace dualcam::inline tools
