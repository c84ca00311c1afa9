// The line between the simulated camera and the server: slow, lossy, cut, all drawn from a seed.
#pragma once

#include <deque>
#include <optional>
#include <random>

#include "dcam-sim/options.hpp"

namespace dualcam {

/// Decides what happens to what a device sends. One object for a device's whole life, so that
/// reconnections go on in its list of cuts.
class Line {
public:
  Line(const SimOptions& options, std::uint32_t device);

  /// A connection begins in which `packets` are to be sent: random faults are drawn among them.
  void connected(std::uint64_t packets);

  /// Damages a DATA packet, or not.
  void damage(ByteBuffer& packet);
  /// How many bytes the next write takes.
  std::size_t next_chunk(std::size_t rest);
  /// How long to be silent before this packet.
  std::chrono::milliseconds stall_before_packet();
  /// Whether the connection is lost now, after packet `number` of a file was sent.
  bool cuts_after(std::uint32_t number);

private:
  std::uint64_t draw(std::uint64_t below) { return random_() % below; }

  const SimOptions& options_;
  std::mt19937_64 random_;
  std::deque<std::uint32_t> cuts_;
  std::uint64_t sent_ = 0; ///< DATA packets in this connection
  std::optional<std::uint64_t> stall_at_;
  std::optional<std::uint64_t> cut_at_; ///< of a random cut
};

} // namespace dualcam
