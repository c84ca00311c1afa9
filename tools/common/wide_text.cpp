#include "common/wide_text.hpp"

#include <utility>

#include "common/utf8.hpp"

namespace dualcam::inline tools {
namespace {

constexpr unsigned byte_order_mark = 0xFEFF;

bool is_printable(unsigned code) {
  return (code >= 0x20 && code < 0x7F) || (code >= '\t' && code <= '\r');
}

unsigned code_unit(Bytes bytes, bool little_endian) {
  unsigned code = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    code = code << 8 | std::to_integer<unsigned>(bytes[little_endian ? bytes.size() - 1 - i : i]);
  }
  return code;
}

/// ASCII, but for one character in sixteen; a few tell.
bool is_ascii(Bytes bytes, unsigned unit, bool little_endian) {
  constexpr std::size_t least = 4;
  const auto count = bytes.size() / unit;
  std::size_t others = 0;
  for (std::size_t i = 0; i < count; ++i) {
    others += is_printable(code_unit(bytes.subspan(unit * i, unit), little_endian)) ? 0 : 1;
  }
  return count >= least && others <= count / 16;
}

} // namespace

std::optional<WideText> WideText::of(Bytes bytes) {
  for (const unsigned unit : {4U, 2U}) {
    for (const bool little_endian : {false, true}) {
      const bool is_marked =
          bytes.size() >= unit && code_unit(bytes.first(unit), little_endian) == byte_order_mark;
      if (is_marked || is_ascii(bytes, unit, little_endian)) {
        return WideText(unit, little_endian);
      }
    }
  }
  return std::nullopt;
}

std::string WideText::text(Bytes bytes) {
  std::string text;
  for (const auto byte : bytes) {
    const auto shift = 8 * (little_endian_ ? count_ : unit_ - 1 - count_);
    code_ |= std::to_integer<unsigned>(byte) << shift;
    if (++count_ < unit_) {
      continue;
    }
    const auto code = std::exchange(code_, 0U);
    count_ = 0;
    const bool is_half = (code & 0xF800) == 0xD800; // of a character beyond these
    if (code != byte_order_mark) {
      const bool is_other = is_half || code > 0xFFFF || (code < 0x80 && !is_printable(code));
      text += is_other ? "?" : utf8_of(code);
    }
  }
  return text;
}

} // namespace dualcam::inline tools
