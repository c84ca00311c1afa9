// NAL units bit by bit.
#pragma once

#include "testing.hpp"

namespace dualcam {

/// Fields of bits, most significant first.
class BitWriter {
public:
  BitWriter& bits(std::uint32_t value, unsigned count) {
    while (count-- != 0) {
      if (used_ % 8 == 0) {
        bytes_.push_back(std::byte{0});
      }
      bytes_.back() |= static_cast<std::byte>((value >> count & 1) << (7 - used_ % 8));
      ++used_;
    }
    return *this;
  }

  BitWriter& number(std::uint32_t value) {
    unsigned length = 0;
    while ((value + 1) >> length > 1) {
      ++length;
    }
    return bits(0, length).bits(value + 1, length + 1);
  }

  /// The same with a sign.
  BitWriter& signed_number(std::int32_t value) {
    return number(static_cast<std::uint32_t>(value > 0 ? 2 * value - 1 : -2 * value));
  }

  /// With the bit that ends it, and emulation prevention.
  ByteBuffer finish() {
    bits(1, 1);
    ByteBuffer out;
    unsigned zeros = 0;
    for (const auto byte : bytes_) {
      if (zeros >= 2 && byte <= std::byte{3}) {
        out.push_back(std::byte{3});
        zeros = 0;
      }
      zeros = byte == std::byte{0} ? zeros + 1 : 0;
      out.push_back(byte);
    }
    return out;
  }

private:
  ByteBuffer bytes_;
  std::size_t used_ = 0;
};

} // namespace dualcam
