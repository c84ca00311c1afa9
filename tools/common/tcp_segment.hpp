// One captured frame -> the TCP segment in it.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>

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

/// Link layers, numbered as in capture files (https://www.tcpdump.org/linktypes.html).
enum class LinkType : std::uint32_t {
  null = 0, ///< BSD loopback: the address family in the capturing host's byte order
  ethernet = 1,
  raw_bsd = 12, ///< IP without a link layer, as libpcap reports it
  raw_openbsd = 14,
  raw = 101,
  loop = 108, ///< OpenBSD loopback: the same in network byte order
  linux_cooked = 113,
  ipv4 = 228,
  ipv6 = 229,
  linux_cooked2 = 276,
};

bool is_supported(LinkType link);

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

/// nullopt: no TCP in it, a fragment, or cut off before the end of TCP's header. VLAN tags and IPv6
/// extension headers are skipped. Checksums are not looked at: captures of sent packets often have
/// them unset.
std::optional<TcpSegment> decode_segment(LinkType link, Bytes frame);

} // namespace dualcam::inline tools
