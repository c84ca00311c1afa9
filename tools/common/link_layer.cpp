#include "common/link_layer.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace dualcam::inline tools {
namespace {

using Packet = std::expected<Bytes, NoPacket>;

constexpr int most_headers = 16; ///< tags and headers around each other

/// What needs no mention: ARP, LLDP and so on, among the types of each link layer.
constexpr std::array<std::uint16_t, 8> never_ip{0x0806, 0x8035, 0x8863, 0x88CC,
                                                0x888E, 0x8809, 0x9000, 0x8899};
constexpr std::uint16_t longest_length = 1500; // an EtherType is more

Packet no_packet(std::string type) { return std::unexpected(NoPacket{std::move(type)}); }

Packet behind_ethertype(std::uint16_t type, Bytes rest, int depth);

Packet behind_mpls(Bytes rest);

Packet behind_ppp(Bytes rest) {
  if (rest.size() >= 2 && rest[0] == std::byte{0xFF} && rest[1] == std::byte{0x03}) {
    rest = rest.subspan(2); // HDLC's address and control
  }
  if (rest.empty()) {
    return no_packet("PPP, cut off");
  }
  const bool compressed = (rest[0] & std::byte{1}) != std::byte{0};
  if (!compressed && rest.size() < 2) {
    return no_packet("PPP, cut off");
  }
  const auto protocol =
      compressed ? std::to_integer<std::uint16_t>(rest[0]) : load_be<std::uint16_t>(rest);
  if (protocol == 0x0021 || protocol == 0x0057) {
    return rest.subspan(compressed ? 1 : 2);
  }
  if (protocol == 0x0281 || protocol == 0x0283) {
    return behind_mpls(rest.subspan(2));
  }
  return no_packet(protocol >= 0x8000 ? "" : fmt::format("PPP protocol 0x{:04x}", protocol));
}

Packet behind_pppoe(Bytes rest) {
  constexpr std::size_t header = 6;
  return rest.size() < header ? no_packet("PPPoE, cut off") : behind_ppp(rest.subspan(header));
}

/// What is behind the labels tells its version itself.
Packet behind_mpls(Bytes rest) {
  constexpr std::size_t label = 4;
  for (bool last = false; !last; rest = rest.subspan(label)) {
    if (rest.size() < label) {
      return no_packet("MPLS, cut off");
    }
    last = (rest[2] & std::byte{1}) != std::byte{0};
  }
  const auto version = rest.empty() ? 0 : std::to_integer<unsigned>(rest[0]) >> 4;
  return version == 4 || version == 6 ? Packet(rest) : no_packet("MPLS without IP");
}

/// An IEEE 802.3 frame: its type field is a length.
Packet behind_llc(Bytes rest, int depth) {
  constexpr std::array snap{std::byte{0xAA}, std::byte{0xAA}, std::byte{3},
                            std::byte{0},    std::byte{0},    std::byte{0}};
  const bool is_snap =
      rest.size() >= snap.size() + 2 && std::ranges::equal(rest.first<snap.size()>(), snap);
  return is_snap ? behind_ethertype(load_be<std::uint16_t>(rest.subspan(snap.size())),
                                    rest.subspan(snap.size() + 2), depth)
                 : no_packet("");
}

Packet behind_ethertype(std::uint16_t type, Bytes rest, int depth) {
  if (depth == most_headers) {
    return no_packet("tags within tags");
  }
  switch (type) {
  case 0x0800:
  case 0x86DD:
    return rest;
  case 0x8100: // VLAN tags
  case 0x88A8:
  case 0x9100:
  case 0x9200:
    return rest.size() < 4 ? no_packet("VLAN tag, cut off")
                           : behind_ethertype(load_be<std::uint16_t>(rest.subspan(2)),
                                              rest.subspan(4), depth + 1);
  case 0x8864:
    return behind_pppoe(rest);
  case 0x8847:
  case 0x8848:
    return behind_mpls(rest);
  default:
    break;
  }
  if (type <= longest_length) {
    return behind_llc(rest, depth + 1);
  }
  return no_packet(std::ranges::find(never_ip, type) != never_ip.end()
                       ? ""
                       : fmt::format("EtherType 0x{:04x}", type));
}

/// A link layer whose type field stands at `type_offset` and whose header ends at `size`.
Packet behind_header(Bytes frame, std::size_t type_offset, std::size_t size) {
  return frame.size() < size ? no_packet("frame, cut off")
                             : behind_ethertype(load_be<std::uint16_t>(frame.subspan(type_offset)),
                                                frame.subspan(size), 0);
}

} // namespace

bool is_supported(LinkType link) {
  switch (link) {
  case LinkType::null:
  case LinkType::ethernet:
  case LinkType::ppp:
  case LinkType::raw_bsd:
  case LinkType::raw_openbsd:
  case LinkType::ppp_hdlc:
  case LinkType::pppoe:
  case LinkType::raw:
  case LinkType::loop:
  case LinkType::linux_cooked:
  case LinkType::ipv4:
  case LinkType::ipv6:
  case LinkType::linux_cooked2:
    return true;
  }
  return false;
}

Packet ip_packet_in(LinkType link, Bytes frame) {
  switch (link) {
  case LinkType::ethernet:
    return behind_header(frame, 12, 14);
  case LinkType::linux_cooked:
    return behind_header(frame, 14, 16);
  case LinkType::linux_cooked2:
    return behind_header(frame, 0, 20);
  case LinkType::ppp:
  case LinkType::ppp_hdlc:
    return behind_ppp(frame);
  case LinkType::pppoe:
    return behind_pppoe(frame);
  case LinkType::null:
  case LinkType::loop:
    return frame.size() < 4 ? no_packet("frame, cut off") : Packet(frame.subspan(4));
  case LinkType::raw_bsd:
  case LinkType::raw_openbsd:
  case LinkType::raw:
  case LinkType::ipv4:
  case LinkType::ipv6:
    return frame;
  }
  return no_packet(fmt::format("link layer {}", static_cast<std::uint32_t>(link)));
}

Packet ip_packet_behind(std::uint16_t ethertype, Bytes rest) {
  return behind_ethertype(ethertype, rest, 0);
}

} // namespace dualcam::inline tools
