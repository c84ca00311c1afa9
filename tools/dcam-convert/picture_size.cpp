#include "dcam-convert/picture_size.hpp"

#include <algorithm>
#include <array>

namespace dualcam::convert {
namespace {

constexpr std::size_t longest_parameter_set = 1024; // its part up to the size, by far
constexpr std::uint32_t largest_side = 65535;
constexpr unsigned profile_bits = 88; // without the level
constexpr unsigned level_bits = 8;
constexpr std::array<std::byte, 3> start_code{std::byte{0}, std::byte{0}, std::byte{1}};

/// The bits behind a NAL unit's header, the emulation prevention bytes taken out. Behind the end
/// all bits are 0 and `failed()`.
class BitReader {
public:
  explicit BitReader(Bytes bytes) {
    for (const auto byte : bytes.first(std::min(bytes.size(), longest_parameter_set))) {
      const bool inserted = zeros_ >= 2 && byte == std::byte{3};
      zeros_ = byte == std::byte{0} ? zeros_ + 1 : 0;
      if (!inserted) {
        bytes_.push_back(byte);
      }
    }
  }

  std::uint32_t bits(unsigned count) {
    std::uint32_t value = 0;
    for (; count > 0; --count, ++at_) {
      const auto byte = at_ / 8 < bytes_.size() ? std::to_integer<unsigned>(bytes_[at_ / 8]) : 0U;
      value = value << 1 | (byte >> (7 - at_ % 8) & 1);
    }
    return value;
  }

  void skip(std::size_t count) { at_ += count; }

  /// ue(v); 0 if it is no such number.
  std::uint32_t number() {
    unsigned zeros = 0;
    while (!failed() && bits(1) == 0) {
      ++zeros;
    }
    if (failed() || zeros > 31) {
      at_ = bytes_.size() * 8 + 1;
      return 0;
    }
    return (std::uint32_t{1} << zeros) - 1 + bits(zeros);
  }

  bool failed() const { return at_ > bytes_.size() * 8; }

private:
  ByteBuffer bytes_;
  std::size_t zeros_ = 0;
  std::size_t at_ = 0; ///< in bits
};

void skip_profile_tier_level(BitReader& reader, unsigned sub_layers) {
  reader.skip(profile_bits + level_bits);
  std::uint32_t skipped = 0;
  for (unsigned layer = 0; layer < sub_layers; ++layer) {
    skipped += reader.bits(1) * profile_bits;
    skipped += reader.bits(1) * level_bits;
  }
  reader.skip(sub_layers == 0 ? 0 : std::size_t{2} * (8 - sub_layers) + skipped);
}

std::optional<PictureSize> size_in(BitReader reader) {
  reader.skip(4); // video parameter set
  const auto sub_layers = reader.bits(3);
  reader.skip(1);
  skip_profile_tier_level(reader, sub_layers);
  reader.number(); // its own id
  const auto chroma = reader.number();
  reader.skip(chroma == 3 ? 1 : 0);
  std::uint64_t width = reader.number();
  std::uint64_t height = reader.number();
  if (reader.bits(1) == 1) {
    const std::uint64_t unit_width = chroma == 1 || chroma == 2 ? 2 : 1;
    const std::uint64_t unit_height = chroma == 1 ? 2 : 1;
    const auto left = reader.number();
    const auto right = reader.number();
    const auto top = reader.number();
    const auto bottom = reader.number();
    width -= std::min(width, unit_width * (std::uint64_t{left} + right));
    height -= std::min(height, unit_height * (std::uint64_t{top} + bottom));
  }
  const bool possible = !reader.failed() && width != 0 && width <= largest_side && height != 0 &&
                        height <= largest_side;
  return possible ? std::optional(PictureSize{static_cast<std::uint32_t>(width),
                                              static_cast<std::uint32_t>(height)})
                  : std::nullopt;
}

} // namespace

std::optional<PictureSize> picture_size(Bytes stream, VideoCodec codec) {
  constexpr unsigned sequence_parameter_set = 33;
  constexpr std::size_t header_size = 2;
  for (;;) {
    const auto found = std::ranges::search(stream, start_code);
    if (found.empty()) {
      return std::nullopt;
    }
    stream = Bytes(found.end(), stream.end());
    if (codec == VideoCodec::h264) {
      if (const auto sequence = read_h264_sequence(stream)) {
        return PictureSize{sequence->width, sequence->height};
      }
      continue;
    }
    const auto type = stream.empty() ? 0U : std::to_integer<unsigned>(stream[0]) >> 1 & 63;
    if (type == sequence_parameter_set && stream.size() > header_size) {
      const auto end = std::ranges::search(stream, start_code).begin();
      return size_in(BitReader(
          Bytes(stream.begin() + header_size, std::max(end, stream.begin() + header_size))));
    }
  }
}

} // namespace dualcam::convert
