#include "common/utf16.hpp"

#include <utility>

namespace dualcam::inline tools {
namespace {

constexpr unsigned byte_order_mark = 0xFEFF;

bool is_printable(std::byte value) {
  const auto c = std::to_integer<unsigned>(value);
  return (c >= 0x20 && c < 0x7F) || (c >= '\t' && c <= '\r');
}

/// ASCII in every other byte, zeros between; a few characters tell.
bool alternates(Bytes bytes, std::size_t zeros_at) {
  constexpr std::size_t least = 8;
  if (bytes.size() < least) {
    return false;
  }
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
    if (bytes[i + zeros_at] != std::byte{0} || !is_printable(bytes[i + 1 - zeros_at])) {
      return false;
    }
  }
  return true;
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
    const auto high = little_endian_ ? byte : *first;
    const auto low = little_endian_ ? *first : byte;
    if ((std::to_integer<unsigned>(high) << 8 | std::to_integer<unsigned>(low)) !=
        byte_order_mark) {
      text += high == std::byte{0} && is_printable(low) ? static_cast<char>(low) : '?';
    }
  }
  return text;
}

} // namespace dualcam::inline tools
