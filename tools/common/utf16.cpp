#include "common/utf16.hpp"

#include <utility>

#include "common/utf8.hpp"

namespace dualcam::inline tools {
namespace {

constexpr unsigned byte_order_mark = 0xFEFF;

bool is_printable(unsigned code) {
  return (code >= 0x20 && code < 0x7F) || (code >= '\t' && code <= '\r');
}

/// ASCII in every other byte, zeros between, but for one character in sixteen; a few tell.
bool alternates(Bytes bytes, std::size_t zeros_at) {
  constexpr std::size_t least = 8;
  if (bytes.size() < least) {
    return false;
  }
  std::size_t others = 0;
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
    const bool is_ascii = bytes[i + zeros_at] == std::byte{0} &&
                          is_printable(std::to_integer<unsigned>(bytes[i + 1 - zeros_at]));
    others += is_ascii ? 0 : 1;
  }
  return others <= bytes.size() / 32;
}

} // namespace

std::optional<Utf16> Utf16::of(Bytes bytes) {
  const auto mark = bytes.size() < 2 ? 0U : load_be<std::uint16_t>(bytes);
  if (mark == byte_order_mark || alternates(bytes, 0)) {
    return Utf16(false);
  }
  if (mark == 0xFFFE || alternates(bytes, 1)) {
    return Utf16(true);
  }
  return std::nullopt;
}

std::string Utf16::text(Bytes bytes) {
  std::string text;
  for (const auto byte : bytes) {
    const auto first = std::exchange(half_, std::nullopt);
    if (!first) {
      half_ = byte;
      continue;
    }
    const auto high = std::to_integer<unsigned>(little_endian_ ? byte : *first);
    const auto low = std::to_integer<unsigned>(little_endian_ ? *first : byte);
    const auto code = high << 8 | low;
    const bool is_half = (code & 0xF800) == 0xD800; // of a character beyond these
    if (code != byte_order_mark) {
      text += is_half || (code < 0x80 && !is_printable(code)) ? "?" : utf8_of(code);
    }
  }
  return text;
}

} // namespace dualcam::inline tools
