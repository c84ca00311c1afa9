// One IP packet -> the TCP segment in it.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>

#include "common/link_layer.hpp"
#include "dualcam/wire/bytes.hpp"

namespace dualcam::inline tools {

/// An address and a port; IPv4 as `::ffff:a.b.c.d`.
struct Endpoint {
  std::array<std::byte, 16> address{};
  std::uint16_t port = 0;

  bool is_v4() const;
  static Endpoint v4(std::uint32_t address, std::uint16_t port);
  friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

/// `192.0.2.1:7050`, `[2001:db8::1]:7050`.
std::string format_endpoint(const Endpoint& endpoint);

inline constexpr std::uint8_t protocol_tcp = 6; ///< in IP headers

/// What an IP packet carries, or a piece of it.
struct IpPayload {
  Endpoint source; ///< without a port
  Endpoint destination;
  std::uint8_t protocol; ///< of the whole: the first header behind IP's own
  Bytes bytes;           ///< what was captured
  std::size_t length;    ///< how many there were: more, if the capture cut the packet off

  /// A piece of a packet.
  struct Fragment {
    std::uint32_t identification;
    std::size_t offset; ///< of `bytes` in what the whole carries
    bool last;
  };
  std::optional<Fragment> fragment;
};

/// IPv6's extension headers before a fragment's are skipped. nullopt: no IP packet, or cut off
/// within its header.
std::optional<IpPayload> decode_ip(Bytes packet);

struct TcpSegment {
  Endpoint source;
  Endpoint destination;
  std::uint32_t sequence;
  std::uint32_t acknowledgement;
  bool syn;
  bool ack;
  bool fin;
  bool rst;
  Bytes payload;      ///< what was captured of it
  std::size_t length; ///< what was sent: more, if the capture cut the packet off
};

/// What a whole packet carries: `fragment` is not looked at. nullopt: no TCP in it, or cut off
/// before the end of TCP's header. IPv6 extension headers are skipped. Checksums are not looked at:
/// captures of sent packets often have them unset.
std::optional<TcpSegment> decode_tcp(const IpPayload& payload);

/// The segment of a frame that is no fragment.
std::optional<TcpSegment> decode_segment(LinkType link, Bytes frame);

} // namespace dualcam::inline tools
