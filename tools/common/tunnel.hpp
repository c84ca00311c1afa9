// What an IP packet carries that is an IP packet again.
#pragma once

#include "common/link_layer.hpp"
#include "common/tcp_segment.hpp"

namespace dualcam::inline tools {

/// How deep packets within each other are read.
inline constexpr int most_tunnels = 4;

/// The packet inside, to the end of the one around it: IP in IP, GRE, EtherIP, VXLAN, Geneve and
/// GTP. `NoPacket` without a type: it is no tunnel.
std::expected<Bytes, NoPacket> packet_within(const IpPayload& payload);

/// The Ethernet frame that the packet inside is in; empty: it is in none.
Bytes ethernet_within(const IpPayload& payload);

} // namespace dualcam::inline tools
