/// \file
/// The little that has to be known of H.264 (ITU-T H.264): how large pictures are, and in which
/// order they are shown.
///
/// A reader is used by one thread at a time and keeps no view of what it took.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

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
  unsigned order_type;        ///< 0: slices tell; 1: a cycle does; 2: pictures are shown as decoded
  unsigned order_bits;        ///< of what a slice tells
  bool is_corrected;          ///< type 1: slices tell how far they are from the cycle's counts
  std::int32_t non_reference_offset;           ///< type 1: of pictures that none builds on
  std::int32_t bottom_offset;                  ///< type 1: of a bottom field that stands alone
  std::vector<std::int32_t> reference_offsets; ///< type 1: of those of a cycle
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
  /// A field that waits for the other one of its frame.
  struct Field {
    std::uint32_t frame_number;
    bool bottom;
    bool is_reference;
  };

  std::optional<PictureOrder> order_of(std::uint8_t header, Bytes payload);
  std::int32_t told_count(std::int32_t low, unsigned bits, bool is_reference);
  std::int32_t count_in_cycle(const H264Sequence& sequence, std::uint32_t frame_number,
                              bool is_reference) const;
  bool is_second(const std::optional<Field>& field, bool key);

  std::array<std::optional<H264Sequence>, 32> sequences_;
  std::array<std::optional<std::uint32_t>, 256> pictures_; ///< each one's sequence
  std::int32_t reference_ = 0;      ///< the count that the next ones are relative to
  std::int32_t decoded_ = 0;        ///< pictures since the counts began anew
  std::uint32_t frame_number_ = 0;  ///< of the latest picture
  std::uint32_t frames_before_ = 0; ///< how many its numbers have wrapped over, modulo 2^32
  std::optional<Field> field_;
};

} // namespace dualcam
