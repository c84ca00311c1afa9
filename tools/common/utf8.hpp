// Text from devices, which may be UTF-8 or not.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace dualcam::inline tools {

/// A character and how many bytes it takes; 0: the bytes are no UTF-8.
struct Utf8 {
  std::uint32_t code = 0;
  std::size_t length = 0;
};

/// The first character of `text`, which is not empty.
Utf8 first_utf8(std::string_view text);

/// A character below 0x10000.
std::string utf8_of(std::uint32_t code);

/// Well-formed UTF-8 as it is; each byte that is none is taken for a character of Latin-1.
std::string utf8_or_latin1(std::string_view text);

/// The beginning of `text` that so many columns of a terminal hold for certain.
std::string_view first_columns(std::string_view text, std::size_t columns);

} // namespace dualcam::inline tools
