// A-law as FLAC, byte by byte.
#include "dcam-convert/flac.hpp"

#include <array>

#include "testing.hpp"

namespace dualcam::convert::flac_test {
namespace {

constexpr std::size_t head_size = 4;                    // in front of a frame's number
constexpr std::size_t bits_before_samples = 8 * 8 + 11; // of a frame with a number of one byte

std::string frame_of(std::uint64_t sample, Bytes a_law) {
  ByteBuffer frame;
  append_flac_frame(sample, a_law, frame);
  return to_hex(frame);
}

/// What a decoder gets: 16 bits, of which the lowest 3 are always 0.
std::vector<int> samples_of(const ByteBuffer& frame, std::size_t count) {
  constexpr std::size_t bits = 13;
  std::vector<int> samples;
  for (auto at = bits_before_samples; samples.size() < count; at += bits) {
    unsigned value = 0;
    for (std::size_t bit = at; bit < at + bits; ++bit) {
      value = value << 1 | (std::to_integer<unsigned>(frame.at(bit / 8)) >> (7 - bit % 8) & 1);
    }
    const auto number = static_cast<int>(value);
    samples.push_back(8 * (number >= 1 << (bits - 1) ? number - (1 << bits) : number));
  }
  return samples;
}

} // namespace

TEST_CASE("FLAC: a sample's number is written as UTF-8 has numbers, up to 36 bits") {
  struct Case {
    std::uint64_t number;
    std::string written;
  };
  for (const auto& [number, written] : {Case{0, "00"},
                                        {0x7F, "7f"},
                                        {0x80, "c280"},
                                        {0x7FF, "dfbf"},
                                        {0x800, "e0a080"},
                                        {0xFFFF, "efbfbf"},
                                        {0x1'0000, "f0908080"},
                                        {0x1F'FFFF, "f7bfbfbf"},
                                        {0x20'0000, "f888808080"},
                                        {0x3FF'FFFF, "fbbfbfbfbf"},
                                        {0x400'0000, "fc8480808080"},
                                        {0x7FFF'FFFF, "fdbfbfbfbfbf"},
                                        {0x8000'0000, "fe828080808080"},
                                        {0xF'FFFF'FFFF, "febfbfbfbfbfbf"},
                                        {0x10'0000'0000, "00"}}) { // it begins anew
    const auto frame = frame_of(number, from_hex("d5"));
    CAPTURE(number, frame);
    CHECK(frame.substr(2 * head_size).starts_with(written + "0000")); // and a frame of one sample
  }
}

TEST_CASE("FLAC: each A-law byte becomes what ITU-T G.711 says that it stands for") {
  ByteBuffer all(256);
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i] = static_cast<std::byte>(i);
  }
  ByteBuffer frame;
  append_flac_frame(0, all, frame);
  const auto samples = samples_of(frame, all.size());
  struct Case {
    std::size_t code;
    int value;
  };
  for (const auto& [code, value] : {Case{0xD5, 8},
                                    {0x55, -8},
                                    {0xD4, 24},
                                    {0xDA, 248},
                                    {0xC5, 264},
                                    {0xCA, 504},
                                    {0xF5, 528},
                                    {0xE5, 1056},
                                    {0x95, 2112},
                                    {0x85, 4224},
                                    {0x80, 5504},
                                    {0xB5, 8448},
                                    {0xA5, 16'896},
                                    {0xAA, 32'256},
                                    {0x2A, -32'256}}) {
    CAPTURE(code);
    CHECK(samples[code] == value);
    CHECK(samples[code ^ 0x80] == -value);
  }
}

TEST_CASE("FLAC: frames of 1 to 512 samples end in whole bytes, each behind the one before") {
  for (const std::size_t count : {1U, 7U, 8U, 320U, 511U, 512U}) {
    const ByteBuffer a_law(count, std::byte{0xD5});
    const auto frame = frame_of(0, a_law);
    CHECK(
        frame.starts_with("fff9740800" + to_hex(std::array{static_cast<std::byte>((count - 1) >> 8),
                                                           static_cast<std::byte>(count - 1)})));
    const auto bits = 8 + 3 + 13 * count; // of the subframe
    CHECK(frame.size() == 2 * (8 + (bits + 7) / 8 + 2));
    ByteBuffer two = from_hex(frame);
    append_flac_frame(count, a_law, two);
    CHECK(to_hex(two) == frame + frame_of(count, a_law));
  }
}

} // namespace dualcam::convert::flac_test
