// The last packets of a transfer: a SYNC may go back to one, and its CRC go on from that before.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

namespace dualcam {

/// Memory: 8 bytes a packet and 16 for each run of numbers that count on, of at most `most`
/// packets. Work: a constant.
class RecentPackets {
public:
  static constexpr std::size_t most = 4096;

  /// `ordinal` counts what came: it is higher than all before.
  void add(std::uint64_t ordinal, std::uint32_t number, std::uint16_t received_crc);

  /// The received CRC of the latest packet of this number. Of numbers that do not count on only the
  /// last 64 runs are looked at.
  std::optional<std::uint16_t> received_crc(std::uint32_t number) const;

  std::size_t memory() const {
    return packets_.size() * sizeof(Packet) + runs_.size() * sizeof(Run);
  }

  /// How many packets and runs have been looked at, ever: for tests.
  std::uint64_t looked_at() const { return looked_at_; }

private:
  struct Packet {
    std::uint32_t ordinal; ///< the low bits: `most` is far less
    std::uint16_t received_crc;
  };
  /// From one on number and ordinal differ by the same.
  struct Run {
    std::uint64_t first; ///< an ordinal
    std::int64_t shift;  ///< from ordinal to number
  };

  std::uint64_t ordinal_of(const Packet& packet) const {
    return last_ - static_cast<std::uint32_t>(static_cast<std::uint32_t>(last_) - packet.ordinal);
  }
  const Packet* find(std::uint32_t number) const;
  std::deque<Packet>::const_iterator lower_bound(std::uint64_t ordinal) const;

  std::deque<Packet> packets_;
  std::deque<Run> runs_;
  std::uint64_t last_ = 0; ///< ordinal of the newest
  mutable std::uint64_t looked_at_ = 0;
};

} // namespace dualcam
