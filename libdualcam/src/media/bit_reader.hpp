// Fields of bits of a NAL unit.
#pragma once

#include "dualcam/wire/bytes.hpp"

namespace dualcam {

/// Reads fields of bits; zeros behind the end.
class BitReader {
public:
  /// `payload` as it stands in the stream, with its emulation prevention.
  explicit BitReader(Bytes payload) {
    unsigned zeros = 0;
    for (const auto byte : payload) {
      if (zeros >= 2 && byte == std::byte{3}) {
        zeros = 0;
        continue;
      }
      zeros = byte == std::byte{0} ? zeros + 1 : 0;
      bytes_.push_back(byte);
    }
  }

  std::uint32_t bits(unsigned count) {
    std::uint32_t value = 0;
    for (; count != 0; --count, ++at_) {
      const auto byte = at_ / 8 < bytes_.size() ? std::to_integer<unsigned>(bytes_[at_ / 8]) : 0;
      value = value << 1 | (byte >> (7 - at_ % 8) & 1);
    }
    return value;
  }

  bool flag() { return bits(1) != 0; }
  void skip(std::size_t count) { at_ += count; }

  /// Exp-Golomb, ue(v).
  std::uint32_t number() {
    unsigned zeros = 0;
    while (zeros < 32 && !is_past_end() && !flag()) {
      ++zeros;
    }
    return zeros < 32 ? (std::uint32_t{1} << zeros) - 1 + bits(zeros) : ~std::uint32_t{0};
  }

  /// The same with a sign, se(v).
  std::int32_t signed_number() {
    const auto code = number();
    const auto size = static_cast<std::int32_t>((code >> 1) + (code & 1));
    return (code & 1) != 0 ? size : -size;
  }

  bool is_past_end() const { return at_ > bytes_.size() * 8; }

private:
  ByteBuffer bytes_;
  std::size_t at_ = 0;
};

} // namespace dualcam
