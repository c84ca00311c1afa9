// The last packets of a transfer that are worth comparing with: what a SYNC goes back to, and what
// comes again.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "dualcam/wire/bytes.hpp"

namespace dualcam {

/// Memory: 12 bytes a packet and 16 for each run of numbers that count on, of at most `most`
/// packets. Work: `add` and `stored_crc` a constant, the others in proportion to the packets in
/// their range.
class RecentPackets {
public:
  static constexpr std::size_t most = 4096;

  /// Packets by their ordinals, which count what came: `first` to before `end`.
  struct Range {
    std::uint64_t first;
    std::uint64_t end;
  };

  /// `ordinal` is higher than all before.
  void add(std::uint64_t ordinal, std::uint32_t number, Bytes payload, std::uint16_t stored);

  /// The stored CRC of the latest packet of this number. Of numbers that do not count on only the
  /// last 64 runs are looked at.
  std::optional<std::uint16_t> stored_crc(std::uint32_t number) const;

  /// The number of the latest of the last 16 with this stored CRC.
  std::optional<std::uint32_t> number_with_crc(std::uint16_t stored) const;

  /// Whether the latest of this number has that content; nullopt: it is not there.
  std::optional<bool> has_content(std::uint32_t number, Bytes payload) const;

  /// The number of the only one of these with that content.
  std::optional<std::uint32_t> only_one_with(Bytes payload, Range range) const;

  /// Adds `shift` to their numbers, which stay within 1 to 2^32 - 1. Returns the highest, or 0.
  std::uint32_t renumber(Range range, std::int64_t shift);

  std::size_t memory() const {
    return packets_.size() * sizeof(Packet) + runs_.size() * sizeof(Run);
  }

  /// How many packets and runs have been looked at, ever: for tests.
  std::uint64_t looked_at() const { return looked_at_; }

private:
  struct Packet {
    std::uint32_t ordinal; ///< the low bits: `most` is far less
    std::uint32_t content; ///< a hash of the payload: its CRC alone would match by chance
    std::uint16_t size;
    std::uint16_t stored;
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
  std::size_t run_of(std::uint64_t ordinal) const;
  void split_run(std::uint64_t ordinal);

  std::deque<Packet> packets_;
  std::deque<Run> runs_;
  std::uint64_t last_ = 0; ///< ordinal of the newest
  mutable std::uint64_t looked_at_ = 0;
};

} // namespace dualcam
