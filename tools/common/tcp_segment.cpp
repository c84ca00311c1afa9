#include "common/tcp_segment.hpp"

#include <algorithm>

#include <arpa/inet.h>
#include <fmt/format.h>

namespace dualcam::inline tools {
namespace {

constexpr std::array<std::byte, 12> v4_prefix{
    {{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, std::byte{0xFF}, std::byte{0xFF}}};

constexpr std::uint8_t header_fragment = 44;

bool is_extension(std::uint8_t header) { return header == 0 || header == 43 || header == 60; }

/// What is behind IPv6's extension headers; false: cut off within them.
bool skip_extensions(IpPayload& payload) {
  while (is_extension(payload.protocol)) {
    const auto rest = payload.bytes;
    const auto size = rest.size() < 8 ? 0 : (std::to_integer<std::size_t>(rest[1]) + 1) * 8;
    if (size == 0 || rest.size() < size) {
      return false;
    }
    payload.protocol = std::to_integer<std::uint8_t>(rest[0]);
    payload.bytes = rest.subspan(size);
    payload.length -= size;
  }
  return true;
}

std::optional<IpPayload> decode_ipv4(Bytes packet) {
  constexpr std::size_t least = 20;
  if (packet.size() < least) {
    return std::nullopt;
  }
  const std::size_t header = (std::to_integer<std::size_t>(packet[0]) & 15) * 4;
  std::size_t total = load_be<std::uint16_t>(packet.subspan(2));
  if (total == 0) { // segmentation offload of the capturing host
    total = packet.size();
  }
  if (header < least || packet.size() < header || total < header) {
    return std::nullopt;
  }
  IpPayload payload{};
  payload.source = Endpoint::v4(load_be<std::uint32_t>(packet.subspan(12)), 0);
  payload.destination = Endpoint::v4(load_be<std::uint32_t>(packet.subspan(16)), 0);
  payload.protocol = std::to_integer<std::uint8_t>(packet[9]);
  payload.bytes = packet.first(std::min(total, packet.size())).subspan(header);
  payload.length = total - header;
  const auto fragment = load_be<std::uint16_t>(packet.subspan(6));
  if ((fragment & 0x3FFF) != 0) { // more fragments, or an offset
    payload.fragment = {load_be<std::uint16_t>(packet.subspan(4)),
                        std::size_t{fragment & 0x1FFFU} * 8, (fragment & 0x2000) == 0};
  }
  return payload;
}

std::optional<IpPayload> decode_ipv6(Bytes packet) {
  constexpr std::size_t size = 40;
  constexpr std::size_t fragment_size = 8;
  if (packet.size() < size) {
    return std::nullopt;
  }
  IpPayload payload{};
  std::ranges::copy(packet.subspan(8, 16), payload.source.address.begin());
  std::ranges::copy(packet.subspan(24, 16), payload.destination.address.begin());
  payload.length = load_be<std::uint16_t>(packet.subspan(4));
  payload.protocol = std::to_integer<std::uint8_t>(packet[6]);
  payload.bytes = packet.subspan(size);
  payload.length = payload.length == 0 ? payload.bytes.size() : payload.length;
  payload.bytes = payload.bytes.first(std::min(payload.bytes.size(), payload.length));
  if (!skip_extensions(payload)) {
    return std::nullopt;
  }
  if (payload.protocol == header_fragment) {
    const auto header = payload.bytes;
    if (header.size() < fragment_size) {
      return std::nullopt;
    }
    const auto field = load_be<std::uint16_t>(header.subspan(2));
    payload.protocol = std::to_integer<std::uint8_t>(header[0]);
    payload.bytes = header.subspan(fragment_size);
    payload.length -= fragment_size;
    if ((field & 0xFFF9) != 0) {
      payload.fragment = {load_be<std::uint32_t>(header.subspan(4)),
                          static_cast<std::size_t>(field & 0xFFF8), (field & 1) == 0};
    }
  }
  return payload;
}

} // namespace

bool Endpoint::is_v4() const {
  return std::ranges::equal(v4_prefix, std::span(address).first<v4_prefix.size()>());
}

Endpoint Endpoint::v4(std::uint32_t address, std::uint16_t port) {
  Endpoint endpoint;
  std::ranges::copy(v4_prefix, endpoint.address.begin());
  store_be(std::span(endpoint.address).subspan<v4_prefix.size()>(), address);
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

std::optional<IpPayload> decode_ip(Bytes packet) {
  const auto version = packet.empty() ? 0 : std::to_integer<unsigned>(packet[0]) >> 4;
  return version == 4 ? decode_ipv4(packet) : version == 6 ? decode_ipv6(packet) : std::nullopt;
}

std::optional<TcpSegment> decode_tcp(const IpPayload& payload) {
  constexpr std::size_t least = 20;
  auto carried = payload;
  if (!payload.source.is_v4() && !skip_extensions(carried)) {
    return std::nullopt;
  }
  const auto tcp = carried.bytes;
  if (carried.protocol != protocol_tcp || tcp.size() < least) {
    return std::nullopt;
  }
  const auto header = (std::to_integer<std::size_t>(tcp[12]) >> 4) * 4;
  if (header < least || carried.length < header) {
    return std::nullopt;
  }
  const auto flags = std::to_integer<unsigned>(tcp[13]);
  TcpSegment segment{};
  segment.source = {carried.source.address, load_be<std::uint16_t>(tcp)};
  segment.destination = {carried.destination.address, load_be<std::uint16_t>(tcp.subspan(2))};
  segment.sequence = load_be<std::uint32_t>(tcp.subspan(4));
  segment.acknowledgement = load_be<std::uint32_t>(tcp.subspan(8));
  segment.fin = (flags & 0x01) != 0;
  segment.syn = (flags & 0x02) != 0;
  segment.rst = (flags & 0x04) != 0;
  segment.ack = (flags & 0x10) != 0;
  segment.payload = tcp.subspan(std::min(header, tcp.size()));
  segment.length = carried.length - header;
  return segment;
}

std::optional<TcpSegment> decode_segment(LinkType link, Bytes frame) {
  const auto packet = ip_packet_in(link, frame);
  const auto payload = packet ? decode_ip(*packet) : std::nullopt;
  return payload && !payload->fragment ? decode_tcp(*payload) : std::nullopt;
}

} // namespace dualcam::inline tools
