// IMEIs as people, files and folders have them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "dualcam/wire/message.hpp"

namespace dualcam::inline tools {

/// All 15 digits, as format_imei writes it: fewer would be a number.
inline std::optional<std::uint64_t> parse_whole_imei(std::string_view text) {
  constexpr std::size_t digits = 15;
  return text.size() == digits ? parse_imei(text) : std::nullopt;
}

} // namespace dualcam::inline tools
