// base64 (RFC 4648), a character at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace dualcam::inline tools {

/// What is said of a text that ends so.
inline constexpr const char* cut_base64 =
    "the last character of the base64 has no other to go with";

class Base64Decoder {
public:
  /// Whether it is a digit of base64; `take` gets the byte that it completes, if it does, or
  /// nullopt for one that a lost digit is part of.
  bool digit(char c, auto&& take) {
    const auto sextet = sextets[static_cast<unsigned char>(c)];
    if (sextet != lost) {
      next(sextet, take);
    }
    return sextet != lost;
  }
  /// What stands in the place of a digit is none.
  void lost_digit(auto&& take) { next(lost, take); }
  /// Whether the last digit belongs to no byte.
  bool is_cut() const { return digits_ % 4 == 1; }
  /// Another text begins.
  void restart() { digits_ = 0; }
  /// How many digits lack of the last four.
  std::size_t lacking() const { return (4 - digits_ % 4) % 4; }

private:
  static constexpr std::uint8_t lost = 64;
  static constexpr auto sextets = [] {
    constexpr std::string_view alphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::array<std::uint8_t, 256> values{};
    values.fill(lost);
    for (std::size_t value = 0; value < alphabet.size(); ++value) {
      values[static_cast<unsigned char>(alphabet[value])] = static_cast<std::uint8_t>(value);
    }
    return values;
  }();

  void next(unsigned sextet, auto&& take) {
    const bool is_known = last_ != lost && sextet != lost;
    if (const auto place = digits_++ % 4; place != 0) {
      const auto value = (last_ << 6 | sextet) >> (6 - 2 * place) & 0xFF;
      take(is_known ? std::optional(static_cast<std::byte>(value)) : std::nullopt);
    }
    last_ = sextet;
  }

  unsigned last_ = 0;
  std::size_t digits_ = 0;
};

} // namespace dualcam::inline tools
