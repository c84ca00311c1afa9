// The best packet of each number of a file that is put together of parts.
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

  /// Null: none has this number.
  const CapturedPacket* find(std::uint32_t number) const;

  /// How many numbers came good.
  std::uint64_t good() const { return good_; }

  /// Whether a number came good in both, but not with the same content.
  bool differs_from(const PacketIndex& other) const;

  void add(PacketIndex&& other);

  /// How many packets have been merged, ever: for tests.
  std::uint64_t merged() const { return merged_; }

private:
  using Level = std::vector<const CapturedPacket*>; ///< in order, one of each number

  std::size_t size() const;

  std::vector<Level> levels_; ///< each at least twice as long as the next one
  std::uint64_t good_ = 0;
  std::uint64_t merged_ = 0;
};

} // namespace dualcam
