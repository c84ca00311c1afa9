// A whole file as its best packets have it.
#pragma once

#include <cstdint>
#include <vector>

#include "dualcam/capture/captured_transfer.hpp"

namespace dualcam {

/// What the CRCs of a file are where one packet ends and another begins.
class BestPackets {
public:
  /// Of a transfer that is complete.
  explicit BestPackets(const CapturedTransfer& transfer);

  /// Whether a packet at `place` may go on from the CRC `start`, where one before it ends at `end`
  /// with the CRC `last`; or a SYNC be lost there, or before one of the last few packets.
  bool agrees(std::uint16_t start, std::uint64_t place, std::uint16_t last,
              std::uint64_t end) const;

  /// Whether a packet at `place` that goes on from the CRC `start` does so from one that ends at
  /// `end` with the CRC `last`, over what lies between them.
  bool goes_on(std::uint16_t start, std::uint64_t place, std::uint16_t last,
               std::uint64_t end) const;

private:
  struct Boundary {
    std::uint64_t place;
    std::uint64_t bytes; ///< before it
    std::uint16_t crc;   ///< of these
  };

  static std::uint16_t carried(std::uint16_t crc, const Boundary& from, const Boundary& to);
  const Boundary* find(std::uint64_t place) const;

  std::vector<Boundary> boundaries_; ///< in order
};

} // namespace dualcam
