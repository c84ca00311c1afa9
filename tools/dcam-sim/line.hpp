// The line between the simulated camera and the server: slow, lossy, cut, all drawn from a seed.
#pragma once

#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "dcam-sim/options.hpp"
#include "dcam-sim/random.hpp"

namespace dualcam::sim {

struct Packet {
  std::size_t file;     ///< its place among all files of the device, taken or not
  std::uint32_t number; ///< from 1

  friend bool operator==(const Packet&, const Packet&) = default;
};

/// Decides what happens to what a device sends. One object for a device's whole life, so that
/// reconnections go on in its list of cuts.
///
/// How many packets are under way when the server asks for one again is a matter of timing. So no
/// decision rests on the order of sending: it follows from the seed, the device, the number of the
/// connection, the packet and how often the server asked for it.
class Line {
public:
  Line(const SimOptions& options, std::uint32_t device);

  /// A connection begins in which files of so many packets are offered, 0 for those taken before:
  /// a random fault is drawn among the packets that were never sent.
  void connected(std::span<const std::uint32_t> packets);

  /// For what befalls one command, `packet` and how often the server asked for just this one.
  Random random_for(const Packet& packet, std::uint32_t asked) const;
  /// Damages a DATA packet, or not: whether it did.
  bool damage(ByteBuffer& packet, Random& random) const;
  /// How many bytes the next write takes.
  std::size_t next_chunk(std::size_t rest, Random& random) const;
  /// How long to be silent before this packet.
  std::chrono::milliseconds stall_before(const Packet& packet);
  /// Whether the connection is lost now, after `packet` was sent.
  bool cuts_after(const Packet& packet);
  /// Another file takes this one's place, of which nothing was sent. For its content.
  Random replaced(std::size_t file);

private:
  std::optional<Packet> random_unsent(std::span<const std::uint32_t> packets,
                                      std::uint64_t purpose) const;

  const SimOptions& options_;
  std::uint64_t device_;
  std::uint64_t connection_ = 0;
  std::deque<std::uint32_t> cuts_;
  std::vector<std::uint32_t> sent_; ///< the highest packet sent of each file
  std::optional<Packet> stall_at_;
  std::optional<Packet> cut_at_; ///< of a random cut
};

} // namespace dualcam::sim
