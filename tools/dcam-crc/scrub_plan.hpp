// What is in a capture's connections -> how each byte of them is replaced.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "common/connection_reader.hpp"
#include "common/segment_finder.hpp"
#include "common/tcp_reassembly.hpp"
#include "dcam-crc/scrub_stream.hpp"
#include "dcam-crc/scrub_values.hpp"

namespace dualcam::crc {

/// What was found, for people.
struct ScrubCounts {
  std::uint64_t frames = 0;
  std::uint64_t connections = 0; ///< of cameras
  std::uint64_t others = 0;
  std::uint64_t commands = 0;
};

/// Both directions of one connection.
class ScrubConnection;

/// Made of all frames, in order; then it knows the place of each byte.
class ScrubPlan : private TcpReassembly::Listener {
public:
  /// `port`: other connections are disguised as a whole.
  ScrubPlan(const ScrubKey& key, ScrubValues& values, std::optional<std::uint16_t> port);
  ~ScrubPlan() override;

  /// The next frame. False: there are more commands, or connections, than memory is meant for.
  bool frame(const CapturedFrame& frame);
  void finish();

  /// Where the payload of a segment lies.
  struct Place {
    std::uint64_t connection = 0; ///< 0: in none that is known
    bool from_a = false;
    std::uint32_t sequence = 0; ///< of the first byte
    std::size_t header = 0;     ///< of a fragment's whole: bytes of the TCP header
  };
  /// Of the fragment that the frame of this number, from 0, brings.
  Place fragment(std::uint64_t frame) const;

  /// Bytes of a segment from its byte `skip` on.
  void replace(const Place& place, std::size_t skip, std::span<std::byte> bytes);

  const std::set<LinkType>& links() const { return links_; }
  const ScrubCounts& counts() const { return counts_; }
  const SegmentFinder& finder() const { return finder_; }

private:
  static constexpr std::size_t most_memory = 128 << 20;
  static constexpr std::size_t most_fragments = 1 << 20;

  /// A packet in pieces.
  using Key = std::tuple<Endpoint, Endpoint, std::uint32_t, std::uint8_t>;
  struct Pieces {
    std::vector<std::uint64_t> frames;
    std::size_t header = 0;
  };

  void piece(const TcpConnection& connection, const TcpPiece& piece) override;
  void over(const TcpConnection& connection) override;
  ScrubConnection& open(const TcpConnection& connection);
  void remember(const IpPayload& fragment);
  void place_fragments(const IpPayload& last, const Place& place);

  const ScrubKey& key_;
  ScrubValues& values_;
  std::optional<std::uint16_t> port_;
  SegmentFinder finder_;
  TcpReassembly reassembly_{*this};
  std::map<std::uint64_t, std::unique_ptr<ScrubConnection>> connections_;
  std::map<Key, Pieces> pieces_;
  std::unordered_map<std::uint64_t, Place> fragments_;
  std::set<LinkType> links_;
  std::size_t memory_ = 0;
  ScrubCounts counts_;
};

} // namespace dualcam::crc
