// The checksum of IP, TCP and UDP; RFC 1071.
#pragma once

#include <cstdint>

#include "dualcam/wire/bytes.hpp"

namespace dualcam::inline tools {

/// Adds `bytes`, of even length but for the last ones, to a sum that begins with 0.
constexpr std::uint32_t add_words(std::uint32_t sum, Bytes bytes) {
  for (; bytes.size() >= 2; bytes = bytes.subspan(2)) {
    sum += std::to_integer<std::uint32_t>(bytes[0]) << 8 | std::to_integer<std::uint32_t>(bytes[1]);
  }
  return bytes.empty() ? sum : sum + (std::to_integer<std::uint32_t>(bytes[0]) << 8);
}

/// What stands in the header.
constexpr std::uint16_t folded(std::uint32_t sum) {
  sum = (sum & 0xFFFF) + (sum >> 16);
  return static_cast<std::uint16_t>(~(sum + (sum >> 16)));
}

} // namespace dualcam::inline tools
