#include "common/tunnel.hpp"

#include <fmt/format.h>

namespace dualcam::inline tools {
namespace {

using Packet = std::expected<Bytes, NoPacket>;

/// What stands in a tunnel: an Ethernet frame, or a packet alone.
struct Inner {
  LinkType link;
  Bytes frame;
};
using Tunnel = std::expected<Inner, NoPacket>;

constexpr std::size_t udp_header = 8;

Tunnel no_packet(std::string type) { return std::unexpected(NoPacket{std::move(type)}); }

/// A switch's copy of a frame: of type I, which has no header, of II, or of III.
Tunnel behind_erspan(std::size_t header, Bytes rest) {
  constexpr std::size_t of_type_3 = 12;
  if (header == of_type_3 && rest.size() >= header &&
      (rest[header - 1] & std::byte{1}) != std::byte{0}) {
    header += 8;
  }
  return rest.size() < header ? no_packet("ERSPAN, cut off")
                              : Inner{LinkType::ethernet, rest.subspan(header)};
}

/// RFC 2784, 2890 and, with a PPP frame, 2637.
Tunnel behind_gre(Bytes rest) {
  constexpr std::size_t least = 4;
  if (rest.size() < least) {
    return no_packet("GRE, cut off");
  }
  const auto flags = load_be<std::uint16_t>(rest);
  const auto type = load_be<std::uint16_t>(rest.subspan(2));
  const bool version_1 = (flags & 7) == 1;
  std::size_t header = least;
  for (const unsigned field : {0x8000U, 0x2000U, 0x1000U}) { // checksum, key, sequence number
    header += (flags & field) != 0 ? 4 : 0;
  }
  header += version_1 && (flags & 0x80U) != 0 ? 4 : 0;
  if (rest.size() < header) {
    return no_packet("GRE, cut off");
  }
  const auto inner = rest.subspan(header);
  switch (type) {
  case 0x0800:
  case 0x86DD:
    return Inner{LinkType::raw, inner};
  case 0x6558:
    return Inner{LinkType::ethernet, inner};
  case 0x880B:
    return inner.empty() ? no_packet("") : Inner{LinkType::ppp, inner}; // acknowledgements
  case 0x88BE:
    return behind_erspan((flags & 0x1000U) != 0 ? 8 : 0, inner);
  case 0x22EB:
    return behind_erspan(12, inner);
  default:
    break;
  }
  const auto inside = ip_packet_behind(type, inner); // tags and labels
  return inside ? Tunnel(Inner{LinkType::raw, *inside})
                : no_packet(fmt::format("GRE with EtherType 0x{:04x}", type));
}

/// RFC 7348.
Tunnel behind_vxlan(Bytes rest) {
  constexpr std::size_t header = 8;
  const bool is_one = rest.size() > header && (rest[0] & std::byte{0x08}) != std::byte{0};
  return is_one ? Inner{LinkType::ethernet, rest.subspan(header)} : no_packet("");
}

/// RFC 8926.
Tunnel behind_geneve(Bytes rest) {
  constexpr std::size_t least = 8;
  if (rest.size() < least || (rest[0] & std::byte{0xC0}) != std::byte{0}) {
    return no_packet("");
  }
  const auto header = least + (std::to_integer<std::size_t>(rest[0]) & 0x3F) * 4;
  const auto type = load_be<std::uint16_t>(rest.subspan(2));
  if (rest.size() < header) {
    return no_packet("Geneve, cut off");
  }
  const auto inner = rest.subspan(header);
  return type == 0x6558                     ? Inner{LinkType::ethernet, inner}
         : type == 0x0800 || type == 0x86DD ? Inner{LinkType::raw, inner}
                                            : no_packet(fmt::format("Geneve with 0x{:04x}", type));
}

/// GTP-U of version 1, 3GPP TS 29.281.
Tunnel behind_gtp(Bytes rest) {
  constexpr std::size_t least = 8;
  if (rest.size() < least || rest[1] != std::byte{0xFF} ||
      (rest[0] & std::byte{0xF0}) != std::byte{0x30}) {
    return no_packet("");
  }
  std::size_t header = least;
  if ((rest[0] & std::byte{7}) != std::byte{0}) {
    header += 4;
    auto next = rest.size() < header ? std::byte{0} : rest[header - 1];
    while (next != std::byte{0} && rest.size() > header && rest[header] != std::byte{0}) {
      header += std::to_integer<std::size_t>(rest[header]) * 4;
      next = rest.size() < header ? std::byte{0} : rest[header - 1];
    }
  }
  return rest.size() < header ? no_packet("GTP, cut off")
                              : Inner{LinkType::raw, rest.subspan(header)};
}

/// RFC 3948: an address translator's port stands on one side at most. Keys are exchanged behind
/// four zeros.
bool is_esp_in_udp(Bytes datagram) {
  constexpr std::uint16_t port = 4500;
  const auto inner = datagram.subspan(udp_header);
  const bool has_port = load_be<std::uint16_t>(datagram) == port ||
                        load_be<std::uint16_t>(datagram.subspan(2)) == port;
  return has_port && inner.size() >= 8 && load_be<std::uint32_t>(inner) != 0;
}

Tunnel behind_udp(Bytes rest) {
  if (rest.size() < udp_header) {
    return no_packet("");
  }
  if (is_esp_in_udp(rest)) {
    return no_packet("IPsec (ESP) in UDP, which is encrypted");
  }
  const auto inner = rest.subspan(udp_header);
  switch (load_be<std::uint16_t>(rest.subspan(2))) {
  case 4789:
  case 8472: // VXLAN as Linux had it first
    return behind_vxlan(inner);
  case 6081:
    return behind_geneve(inner);
  case 2152:
    return behind_gtp(inner);
  case 1701:
    return no_packet("L2TP");
  case 4790:
    return no_packet("VXLAN-GPE");
  default:
    return no_packet("");
  }
}

Tunnel tunnel_in(const IpPayload& payload) {
  constexpr std::size_t ether_ip_header = 2;
  switch (payload.protocol) {
  case 4:
  case 41:
    return Inner{LinkType::raw, payload.bytes};
  case 17:
    return behind_udp(payload.bytes);
  case 47:
    return behind_gre(payload.bytes);
  case 50:
    return no_packet("IPsec (ESP), which is encrypted");
  case 51:
    return no_packet("IPsec (AH)");
  case 115:
    return no_packet("L2TPv3");
  case 97:
    return payload.bytes.size() < ether_ip_header
               ? no_packet("EtherIP, cut off")
               : Inner{LinkType::ethernet, payload.bytes.subspan(ether_ip_header)};
  default:
    return no_packet("");
  }
}

} // namespace

Packet packet_within(const IpPayload& payload) {
  const auto inner = tunnel_in(payload);
  return inner ? ip_packet_in(inner->link, inner->frame) : std::unexpected(inner.error());
}

Bytes ethernet_within(const IpPayload& payload) {
  const auto inner = tunnel_in(payload);
  return inner && inner->link == LinkType::ethernet ? inner->frame : Bytes();
}

} // namespace dualcam::inline tools
