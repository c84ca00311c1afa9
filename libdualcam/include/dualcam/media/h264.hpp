/// \file
/// The little that has to be known of H.264 (ITU-T H.264): how large pictures are, and in which
/// order they are shown.
///
/// A reader is used by one thread at a time and keeps no view of what it took.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "dualcam/media/picture_order.hpp"
#include "dualcam/wire/bytes.hpp"

namespace dualcam {

/// From a sequence parameter set.
struct H264Sequence {
  std::uint32_t id;           ///< 0 to 31
  std::uint32_t width;        ///< in pixels, without what is cut off
  std::uint32_t height;       ///< in pixels
  bool separate_planes;       ///< colours are coded one by one
  bool frames_only;           ///< no fields
  unsigned frame_number_bits; ///< of a slice header's frame_num
  unsigned order_type;        ///< 0: slices tell; 1, 2: pictures are shown as they are decoded
  unsigned order_bits;        ///< of what a slice tells
};

/// Reads a NAL unit from its header on. nullopt: it is no such set, or makes no sense.
std::optional<H264Sequence> read_h264_sequence(Bytes nal_unit);

/// Reads just enough of parameter sets and slice headers, in the order of the stream.
class H264OrderReader {
public:
  /// Takes note of a NAL unit, from its header on; it may end after `PictureOrderReader::enough`
  /// bytes. For a slice that begins a picture: its order. nullopt: another unit, or its parameter
  /// sets are missing or damaged.
  std::optional<PictureOrder> take(Bytes nal_unit);

private:
  std::optional<PictureOrder> order_of(std::uint8_t header, Bytes payload);

  std::array<std::optional<H264Sequence>, 32> sequences_;
  std::array<std::optional<std::uint32_t>, 256> pictures_; ///< each one's sequence
  std::int32_t reference_ = 0; ///< the count that the next ones are relative to
  std::int32_t decoded_ = 0;   ///< pictures since the counts began anew
};

} // namespace dualcam
