// One frame with other addresses and other contents.
#pragma once

#include <functional>

#include "common/captured_frame.hpp"
#include "common/tcp_segment.hpp"
#include "dcam-crc/scrub_values.hpp"

namespace dualcam::crc {

/// What stands around the payload of TCP: MAC and IP addresses become others; ports, sequence
/// numbers, flags, lengths and tags stay, and so do the options of TCP that speak of the line
/// alone. Whatever is not understood is disguised. Checksums become right, but for those of
/// fragments and of frames that are not all there: they become 0.
class ScrubFrame {
public:
  /// Replaces bytes of a segment's payload, from its byte `skip` on.
  using Replace = std::function<void(std::size_t skip, std::span<std::byte> bytes)>;

  /// `number`: the frame's, from 0. `header_of_fragmented`: bytes of the TCP header in the packet
  /// that a fragment is of; 0: where it belongs is not known.
  ScrubFrame(const ScrubKey& key, ScrubValues& values, const CapturedFrame& frame,
             std::uint64_t number, std::size_t header_of_fragmented, Replace replace);

  Bytes bytes() const { return out_; }
  /// From its first IP packet on; empty: there is none.
  Bytes packet() const { return packet_; }

private:
  std::span<std::byte> out(Bytes view);
  void disguise(Bytes view);
  void link(LinkType link, Bytes frame, Bytes packet);
  void mac(Bytes address);
  void ip(Bytes packet, const IpPayload& payload);
  void extensions(Bytes headers, std::uint8_t next);
  void tcp(const IpPayload& payload);
  void fragment(const IpPayload& payload);
  void tunnel(const IpPayload& payload, Bytes inner);

  const ScrubKey& key_;
  ScrubValues& values_;
  const CapturedFrame& frame_;
  std::uint64_t stream_; ///< of the frame's other bytes
  std::size_t header_of_fragmented_;
  Replace replace_;
  ByteBuffer out_;
  Bytes packet_; ///< of `out_`
};

} // namespace dualcam::crc
