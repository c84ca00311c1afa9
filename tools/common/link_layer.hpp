// One captured frame -> the IP packet in it.
#pragma once

#include <cstdint>
#include <expected>
#include <string>

#include "dualcam/wire/bytes.hpp"

namespace dualcam::inline tools {

/// Link layers, numbered as in capture files (https://www.tcpdump.org/linktypes.html).
enum class LinkType : std::uint32_t {
  null = 0, ///< BSD loopback: the address family in the capturing host's byte order
  ethernet = 1,
  ppp = 9,      ///< with or without HDLC's two bytes before it
  raw_bsd = 12, ///< IP without a link layer, as libpcap reports it
  raw_openbsd = 14,
  ppp_hdlc = 50,
  pppoe = 51,
  raw = 101,
  loop = 108, ///< OpenBSD loopback: the same in network byte order
  linux_cooked = 113,
  ipv4 = 228,
  ipv6 = 229,
  linux_cooked2 = 276,
};

bool is_supported(LinkType link);

/// Why there is no IP packet in a frame.
struct NoPacket {
  std::string type; ///< what it is instead: "EtherType 0x88cc"; empty: it says that it carries none
};

/// The IP packet, to the end of the frame, which may be cut off or padded. VLAN tags, PPPoE, MPLS
/// labels and SNAP headers are skipped.
std::expected<Bytes, NoPacket> ip_packet_in(LinkType link, Bytes frame);

/// The same of what stands behind an EtherType.
std::expected<Bytes, NoPacket> ip_packet_behind(std::uint16_t ethertype, Bytes rest);

} // namespace dualcam::inline tools
