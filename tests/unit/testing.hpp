// What every unit test needs: Catch2 of either major version, and bytes from hex.
#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif

#include <charconv>
#include <random>
#include <string>
#include <string_view>

#include "dualcam/wire/bytes.hpp"
#include "dualcam/wire/hex.hpp"

namespace dualcam {

#if __has_include(<catch2/catch_all.hpp>)
using Catch::Matchers::ContainsSubstring;
#else
inline auto ContainsSubstring(const std::string& text) { return Catch::Matchers::Contains(text); }
#endif

/// From hex digits; spaces are ignored.
inline ByteBuffer from_hex(std::string_view text) {
  ByteBuffer bytes;
  unsigned value = 0;
  bool half = false;
  for (const auto character : text) {
    unsigned digit = 0;
    if (character == ' ') {
      continue;
    }
    REQUIRE(std::from_chars(&character, &character + 1, digit, 16).ec == std::errc{});
    value = value << 4 | digit;
    half = !half;
    if (!half) {
      bytes.push_back(static_cast<std::byte>(value & 0xFF));
    }
  }
  REQUIRE_FALSE(half);
  return bytes;
}

inline ByteBuffer random_bytes(std::size_t count, std::uint32_t seed) {
  std::mt19937 random(seed);
  ByteBuffer bytes(count);
  std::ranges::generate(bytes, [&] { return static_cast<std::byte>(random() & 0xFF); });
  return bytes;
}

} // namespace dualcam
