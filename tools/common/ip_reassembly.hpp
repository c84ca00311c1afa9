// Fragments of IP packets -> what the packets carry.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <tuple>

#include "common/tcp_segment.hpp"

namespace dualcam::inline tools {

/// Memory: of the packets begun, or whole, last at most `most_packets`, and `most_bytes` of them in
/// all; what is missing of the others is given up. Fragments may come in any order, and again,
/// behind the last one, too; one that contradicts what has come, or comes a minute behind its first
/// piece, is the first of another packet.
/// Pieces that the capture cut off are none.
class IpReassembly {
public:
  static constexpr std::size_t most_packets = 1024;
  static constexpr std::size_t most_bytes = 4 << 20;

  /// What the packet carries, when the last of its pieces has come. Its bytes are valid until the
  /// next call. `time`: in nanoseconds, when the piece came; 0: nothing tells.
  std::optional<IpPayload> add(const IpPayload& piece, std::uint64_t time = 0);

  /// How many packets were given up, or still lack a piece.
  std::uint64_t incomplete() const { return given_up_ + packets_.size() - whole_; }

  /// About how many bytes it holds.
  std::size_t memory() const { return bytes_; }

private:
  /// A packet is identified by both addresses, its number, and its protocol.
  using Key = std::tuple<Endpoint, Endpoint, std::uint32_t, std::uint8_t>;
  struct Packet {
    Key key;
    std::uint64_t began; ///< when its first piece came; 0: nothing tells
    ByteBuffer bytes;
    std::map<std::size_t, std::size_t> covered; ///< from, to: of `bytes`, apart from each other
    std::optional<std::size_t> length;

    bool is_whole() const {
      return length && covered.size() == 1 && covered.begin()->first == 0 &&
             covered.begin()->second == *length;
    }
  };
  using Order = std::list<Packet>; ///< what was begun, or became whole, first in front

  Packet& packet_of(const Key& key, std::uint64_t time);
  void forget(Order::iterator packet);
  static bool contradicts(const Packet& packet, const IpPayload& piece);
  static void put(Packet& packet, const IpPayload& piece);

  Order packets_;
  std::map<Key, Order::iterator> by_key_;
  std::size_t bytes_ = 0; ///< of all
  std::uint64_t given_up_ = 0;
  std::size_t whole_ = 0; ///< of `packets_`
};

} // namespace dualcam::inline tools
