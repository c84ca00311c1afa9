// The best copy of each packet of a file that is put together of parts.
#pragma once

#include <vector>

#include "dualcam/capture/captured_transfer.hpp"

namespace dualcam {

/// Adding n packets one at a time costs n log n, whatever their numbers. Memory: 8 bytes a packet.
/// Holds pointers: the packets stay where they are.
class PacketIndex {
public:
  /// Of a transfer that is not joined yet.
  explicit PacketIndex(const CapturedTransfer& transfer);

  /// Null: none has this place (CapturedTransfer::place_of).
  const CapturedPacket* find(std::uint64_t place) const;

  /// How many places came good.
  std::uint64_t good() const { return good_; }

  /// Of places that came good in both, and of which a SYNC or a header says where they are.
  struct Overlap {
    std::uint64_t equal; ///< how many have the same content
    std::uint64_t differ;
  };
  Overlap overlap(const PacketIndex& other) const;

  void add(PacketIndex&& other);

  /// How many packets have been merged, ever: for tests.
  std::uint64_t merged() const { return merged_; }

private:
  using Level = std::vector<const CapturedPacket*>; ///< in order, one of each place

  std::uint64_t place_of(const CapturedPacket* packet) const {
    return in_bytes_ ? packet->file_offset : packet->number;
  }
  Level merge(const Level& a, const Level& b) const;
  std::size_t size() const;

  bool in_bytes_;
  std::vector<Level> levels_; ///< each at least twice as long as the next one
  std::uint64_t good_ = 0;
  std::uint64_t merged_ = 0;
};

} // namespace dualcam
