#include "common/tcp_segment.hpp"

#include <algorithm>

#include <arpa/inet.h>
#include <fmt/format.h>

namespace dualcam::inline tools {
namespace {

constexpr std::uint16_t type_ipv4 = 0x0800;
constexpr std::uint16_t type_ipv6 = 0x86DD;
constexpr std::array<std::byte, 12> v4_prefix{
    {{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, std::byte{0xFF}, std::byte{0xFF}}};

/// What one layer carries: the bytes captured, and how many there were.
struct Carried {
  Bytes bytes;
  std::size_t length;
};

bool is_vlan_tag(std::uint16_t type) { return type == 0x8100 || type == 0x88A8 || type == 0x9100; }

/// IP behind a link layer whose type field stands at `type_offset` and whose header ends at `size`.
std::optional<Bytes> behind_type(Bytes frame, std::size_t type_offset, std::size_t size) {
  if (frame.size() < size) {
    return std::nullopt;
  }
  auto type = load_be<std::uint16_t>(frame.subspan(type_offset));
  auto rest = frame.subspan(size);
  while (is_vlan_tag(type)) {
    if (rest.size() < 4) {
      return std::nullopt;
    }
    type = load_be<std::uint16_t>(rest.subspan(2));
    rest = rest.subspan(4);
  }
  return type == type_ipv4 || type == type_ipv6 ? std::optional(rest) : std::nullopt;
}

std::optional<Bytes> ip_of(LinkType link, Bytes frame) {
  switch (link) {
  case LinkType::ethernet:
    return behind_type(frame, 12, 14);
  case LinkType::linux_cooked:
    return behind_type(frame, 14, 16);
  case LinkType::linux_cooked2:
    return behind_type(frame, 0, 20);
  case LinkType::null:
  case LinkType::loop:
    return frame.size() < 4 ? std::nullopt : std::optional(frame.subspan(4));
  case LinkType::raw_bsd:
  case LinkType::raw_openbsd:
  case LinkType::raw:
  case LinkType::ipv4:
  case LinkType::ipv6:
    return frame;
  }
  return std::nullopt;
}

std::optional<Carried> decode_ipv4(Bytes packet, TcpSegment& segment) {
  constexpr std::size_t least = 20;
  if (packet.size() < least) {
    return std::nullopt;
  }
  const std::size_t header = (std::to_integer<std::size_t>(packet[0]) & 15) * 4;
  std::size_t total = load_be<std::uint16_t>(packet.subspan(2));
  const auto fragment = load_be<std::uint16_t>(packet.subspan(6)) & 0x3FFF;
  if (total == 0) { // segmentation offload of the capturing host
    total = packet.size();
  }
  if (header < least || packet.size() < header || total < header || fragment != 0 ||
      packet[9] != std::byte{protocol_tcp}) {
    return std::nullopt;
  }
  segment.source = Endpoint::v4(load_be<std::uint32_t>(packet.subspan(12)), 0);
  segment.destination = Endpoint::v4(load_be<std::uint32_t>(packet.subspan(16)), 0);
  return Carried{packet.first(std::min(total, packet.size())).subspan(header), total - header};
}

bool is_extension(std::uint8_t header) { return header == 0 || header == 43 || header == 60; }

std::optional<Carried> decode_ipv6(Bytes packet, TcpSegment& segment) {
  constexpr std::size_t size = 40;
  if (packet.size() < size) {
    return std::nullopt;
  }
  std::size_t length = load_be<std::uint16_t>(packet.subspan(4));
  auto next = std::to_integer<std::uint8_t>(packet[6]);
  std::ranges::copy(packet.subspan(8, 16), segment.source.address.begin());
  std::ranges::copy(packet.subspan(24, 16), segment.destination.address.begin());
  auto rest = packet.subspan(size);
  length = length == 0 ? rest.size() : length;
  rest = rest.first(std::min(rest.size(), length));
  while (is_extension(next)) {
    const auto extension = rest.size() < 8 ? 0 : (std::to_integer<std::size_t>(rest[1]) + 1) * 8;
    if (extension == 0 || rest.size() < extension) {
      return std::nullopt;
    }
    next = std::to_integer<std::uint8_t>(rest[0]);
    rest = rest.subspan(extension);
    length -= extension;
  }
  return next == protocol_tcp ? std::optional(Carried{rest, length}) : std::nullopt;
}

bool decode_tcp(const Carried& carried, TcpSegment& segment) {
  constexpr std::size_t least = 20;
  const auto tcp = carried.bytes;
  if (tcp.size() < least) {
    return false;
  }
  const auto header = (std::to_integer<std::size_t>(tcp[12]) >> 4) * 4;
  if (header < least || carried.length < header) {
    return false;
  }
  const auto flags = std::to_integer<unsigned>(tcp[13]);
  segment.source.port = load_be<std::uint16_t>(tcp);
  segment.destination.port = load_be<std::uint16_t>(tcp.subspan(2));
  segment.sequence = load_be<std::uint32_t>(tcp.subspan(4));
  segment.acknowledgement = load_be<std::uint32_t>(tcp.subspan(8));
  segment.fin = (flags & 0x01) != 0;
  segment.syn = (flags & 0x02) != 0;
  segment.rst = (flags & 0x04) != 0;
  segment.ack = (flags & 0x10) != 0;
  segment.payload = tcp.subspan(std::min(header, tcp.size()));
  segment.length = carried.length - header;
  return true;
}

} // namespace

bool Endpoint::is_v4() const {
  return std::ranges::equal(v4_prefix, std::span(address).first<v4_prefix.size()>());
}

Endpoint Endpoint::v4(std::uint32_t address, std::uint16_t port) {
  Endpoint endpoint;
  std::ranges::copy(v4_prefix, endpoint.address.begin());
  for (std::size_t i = 0; i < 4; ++i) {
    endpoint.address[12 + i] = static_cast<std::byte>(address >> (24 - 8 * i) & 0xFF);
  }
  endpoint.port = port;
  return endpoint;
}

std::string format_endpoint(const Endpoint& endpoint) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (endpoint.is_v4()) {
    ::inet_ntop(AF_INET, endpoint.address.data() + v4_prefix.size(), text.data(), text.size());
    return fmt::format("{}:{}", text.data(), endpoint.port);
  }
  ::inet_ntop(AF_INET6, endpoint.address.data(), text.data(), text.size());
  return fmt::format("[{}]:{}", text.data(), endpoint.port);
}

bool is_supported(LinkType link) {
  const std::array<std::byte, 20> frame{};
  switch (link) {
  case LinkType::ethernet:
  case LinkType::linux_cooked:
  case LinkType::linux_cooked2:
    return true;
  default:
    return ip_of(link, frame).has_value();
  }
}

std::optional<TcpSegment> decode_segment(LinkType link, Bytes frame) {
  const auto packet = ip_of(link, frame);
  if (!packet || packet->empty()) {
    return std::nullopt;
  }
  TcpSegment segment{};
  const auto version = std::to_integer<unsigned>((*packet)[0]) >> 4;
  const auto carried = version == 4   ? decode_ipv4(*packet, segment)
                       : version == 6 ? decode_ipv6(*packet, segment)
                                      : std::nullopt;
  return carried && decode_tcp(*carried, segment) ? std::optional(segment) : std::nullopt;
}

} // namespace dualcam::inline tools
