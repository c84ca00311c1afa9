// base64 (RFC 4648), a character at a time.
#pragma once

#include <cstddef>
#include <string_view>

namespace dualcam::inline tools {

/// What is said of a text that ends so.
inline constexpr const char* cut_base64 =
    "the last character of the base64 has no other to go with";

class Base64Decoder {
public:
  /// Whether it is a digit of base64; `take` gets the byte that it completes, if it does.
  bool digit(char c, auto&& take) {
    const auto sextet = alphabet.find(c);
    if (sextet == std::string_view::npos) {
      return false;
    }
    value_ = (value_ << 6 | static_cast<unsigned>(sextet)) & 0xFFF;
    if (++digits_ % 4 != 1) {
      take(static_cast<std::byte>(value_ >> (6 - 2 * ((digits_ - 1) % 4)) & 0xFF));
    }
    return true;
  }
  /// Whether the last digit belongs to no byte.
  bool is_cut() const { return digits_ % 4 == 1; }
  /// Another text begins.
  void restart() { digits_ = 0; }

private:
  static constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

  unsigned value_ = 0;
  std::size_t digits_ = 0;
};

} // namespace dualcam::inline tools
