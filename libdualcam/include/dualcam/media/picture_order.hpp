/// \file
/// In which order the pictures of an HEVC stream are shown: picture order counts (ITU-T H.265,
/// 8.3.1).
///
/// A reader is used by one thread at a time and keeps no view of what it took.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "dualcam/wire/bytes.hpp"

namespace dualcam {

/// Where a picture is shown.
struct PictureOrder {
  bool restarts;      ///< counts begin anew: all before is shown before
  bool skipped;       ///< a leading picture that decoders leave out: what it builds on is not there
  std::int32_t count; ///< the lower one is shown first
  bool second_field = false; ///< of the frame whose first field precedes it: one picture with that
  friend bool operator==(const PictureOrder&, const PictureOrder&) = default;
};

/// Reads just enough of parameter sets and slice headers, in the order of the stream.
class PictureOrderReader {
public:
  /// So much of a NAL unit is enough; in bytes.
  static constexpr std::size_t enough = 256;

  /// Takes note of a NAL unit, from its header on; it may end after `enough` bytes.
  /// For a slice that begins a picture: its order. nullopt: another unit, or its parameter sets are
  /// missing or damaged.
  std::optional<PictureOrder> take(Bytes nal_unit);

private:
  struct Sequence { ///< from a sequence parameter set
    bool separate_planes;
    unsigned count_bits;
  };
  struct Picture { ///< from a picture parameter set
    std::uint32_t sequence;
    bool has_output_flag;
    unsigned extra_bits;
  };

  void take_sequence(Bytes payload);
  void take_picture(Bytes payload);
  std::optional<PictureOrder> order_of(std::uint8_t type, bool lowest_layer, Bytes payload);

  std::array<std::optional<Sequence>, 16> sequences_;
  std::array<std::optional<Picture>, 64> pictures_;
  bool begins_ = true;         ///< the next picture begins the stream, or follows its end
  bool skips_leading_ = false; ///< it began with a picture of an open group
  std::int32_t reference_ = 0; ///< the count that the next ones are relative to
};

} // namespace dualcam
