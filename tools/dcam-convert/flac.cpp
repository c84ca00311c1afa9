#include "dcam-convert/flac.hpp"

#include <algorithm>
#include <array>
#include <cassert>

namespace dualcam::convert {
namespace {

constexpr unsigned sample_bits = 13; // that A-law stands for
constexpr unsigned wasted_bits = 16 - sample_bits;

/// Most significant bit first.
class BitWriter {
public:
  explicit BitWriter(ByteBuffer& out) : out_(out) {}

  void bits(std::uint64_t value, unsigned count) {
    for (; count != 0; --count) {
      byte_ = byte_ << 1 | static_cast<unsigned>(value >> (count - 1) & 1);
      if (++filled_ == 8) {
        out_.push_back(static_cast<std::byte>(byte_));
        filled_ = byte_ = 0;
      }
    }
  }

  void fill_byte() { bits(0, (8 - filled_) % 8); }

private:
  ByteBuffer& out_;
  unsigned byte_ = 0;
  unsigned filled_ = 0;
};

/// Most significant bit first, from 0.
template <std::unsigned_integral T> T checksum(Bytes bytes, T polynomial) {
  constexpr T top_bit = T{1} << (sizeof(T) * 8 - 1);
  T sum = 0;
  for (const auto byte : bytes) {
    sum = static_cast<T>(sum ^ std::to_integer<unsigned>(byte) << (sizeof(T) * 8 - 8));
    for (int bit = 0; bit < 8; ++bit) {
      sum = static_cast<T>((sum & top_bit) != 0 ? sum << 1 ^ polynomial : sum << 1);
    }
  }
  return sum;
}

/// As UTF-8 would have it, but up to 36 bits.
void append_number(std::uint64_t number, ByteBuffer& out) {
  if (number < 0x80) {
    out.push_back(static_cast<std::byte>(number));
    return;
  }
  unsigned more = 1; // bytes behind the first one, each with 6 bits
  while (more < 6 && number >> (6 * more + 6 - more) != 0) {
    ++more;
  }
  const auto mark = 0xFFU << (7 - more) & 0xFF;
  out.push_back(static_cast<std::byte>(mark | number >> (6 * more)));
  while (more-- > 0) {
    out.push_back(static_cast<std::byte>(0x80 | (number >> (6 * more) & 0x3F)));
  }
}

/// ITU-T G.711: what an A-law byte stands for, less than 4096 either way.
int linear(std::byte a_law) {
  const auto code = std::to_integer<unsigned>(a_law) ^ 0x55;
  const auto segment = code >> 4 & 7;
  const auto step = static_cast<int>(code & 0x0F) * 2 + 1;
  const auto size = segment == 0 ? step : (step + 32) << (segment - 1);
  return (code & 0x80) != 0 ? size : -size;
}

} // namespace

ByteBuffer flac_stream_info() {
  ByteBuffer info;
  BitWriter writer(info);
  writer.bits(16, 16); // shortest and longest frame; the last one may be shorter
  writer.bits(longest_flac_frame, 16);
  writer.bits(0, 48); // their bytes: not told
  writer.bits(8000, 20);
  writer.bits(0, 3);  // channels, less 1
  writer.bits(15, 5); // bits a sample, less 1
  writer.bits(0, 36); // samples: not told
  writer.bits(0, 64); // MD5: not told
  writer.bits(0, 64);
  return info;
}

void append_flac_frame(std::uint64_t sample, Bytes a_law, ByteBuffer& out) {
  assert(!a_law.empty() && a_law.size() <= longest_flac_frame);
  constexpr std::uint64_t number_range = std::uint64_t{1} << 36;
  ByteBuffer frame;
  append_be(frame, std::uint16_t{0xFFF9}); // frames differ in size and have a sample's number
  append_be(frame, std::uint16_t{0x7408}); // size at the end, 8000 Hz, mono, 16 bits
  append_number(sample % number_range, frame);
  append_be(frame, static_cast<std::uint16_t>(a_law.size() - 1));
  append_be(frame, checksum(frame, std::uint8_t{0x07}));
  BitWriter writer(frame);
  writer.bits(0x03, 8); // verbatim; some of the lowest bits are always 0:
  writer.bits(1, wasted_bits);
  for (const auto byte : a_law) {
    writer.bits(static_cast<std::uint64_t>(linear(byte)), sample_bits);
  }
  writer.fill_byte();
  append_be(frame, checksum(frame, std::uint16_t{0x8005}));
  append(out, frame);
}

} // namespace dualcam::convert
