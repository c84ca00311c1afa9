// Captures built packet by packet.
#pragma once

#include <map>
#include <utility>
#include <vector>

#include "common/tcp_segment.hpp"
#include "testing.hpp"

namespace dualcam::capture_testing {

inline constexpr std::uint8_t fin = 1, syn = 2, rst = 4, ack = 16;

struct PacketSpec {
  Endpoint from;
  Endpoint to;
  std::uint32_t sequence = 0;
  std::uint32_t acknowledgement = 0;
  std::uint8_t flags = ack;
  ByteBuffer payload;
};

inline Endpoint v6(std::string_view last, std::uint16_t port) {
  Endpoint endpoint;
  const auto bytes = from_hex(last);
  std::ranges::copy(bytes, endpoint.address.end() - static_cast<std::ptrdiff_t>(bytes.size()));
  endpoint.address[0] = std::byte{0x20};
  endpoint.port = port;
  return endpoint;
}

/// IP and TCP; checksums are left 0, as offloading leaves them.
inline ByteBuffer ip_packet(const PacketSpec& spec) {
  ByteBuffer packet;
  const auto length = static_cast<std::uint16_t>(20 + spec.payload.size());
  if (spec.from.is_v4()) {
    append_be(packet, std::uint16_t{0x4500});
    append_be(packet, static_cast<std::uint16_t>(20 + length));
    append(packet, from_hex("0000 4000 4006 0000"));
    append(packet, Bytes(spec.from.address).last(4));
    append(packet, Bytes(spec.to.address).last(4));
  } else {
    append_be(packet, std::uint32_t{0x6000'0000});
    append_be(packet, static_cast<std::uint16_t>(length + 8));
    append_be(packet, std::uint16_t{60 << 8 | 64}); // destination options before TCP
    append(packet, spec.from.address);
    append(packet, spec.to.address);
    append(packet, from_hex("06 00 01 04 00000000"));
  }
  append_be(packet, spec.from.port);
  append_be(packet, spec.to.port);
  append_be(packet, spec.sequence);
  append_be(packet, spec.acknowledgement);
  append_be(packet, static_cast<std::uint16_t>(0x5000 | spec.flags));
  append(packet, from_hex("ffff 0000 0000"));
  append(packet, spec.payload);
  return packet;
}

inline ByteBuffer link_header(LinkType link, bool is_v4) {
  const std::string type = is_v4 ? "0800" : "86dd";
  switch (link) {
  case LinkType::ethernet:
    return from_hex("020000000001 020000000002" + type);
  case LinkType::linux_cooked:
    return from_hex("0000 0001 0006 0200000000010000" + type);
  case LinkType::linux_cooked2:
    return from_hex(type + "0000 00000001 0001 00 06 0200000000010000");
  case LinkType::null:
    return from_hex("02000000");
  default:
    return {};
  }
}

inline ByteBuffer vlan_frame(const PacketSpec& spec) {
  auto frame = from_hex("020000000001 020000000002 88a8 0064 8100 0065 0800");
  append(frame, ip_packet(spec));
  return frame;
}

inline ByteBuffer frame(LinkType link, const PacketSpec& spec) {
  auto frame = link_header(link, spec.from.is_v4());
  append(frame, ip_packet(spec));
  return frame;
}

/// A pcap file; `cut`: bytes left out at each frame's end, as a snapshot length does.
inline ByteBuffer pcap_file(LinkType link, const std::vector<ByteBuffer>& frames) {
  auto file = from_hex("a1b2c3d4 0002 0004 00000000 00000000 00040000");
  append_be(file, static_cast<std::uint32_t>(link));
  std::uint32_t time = 1'700'000'000;
  for (const auto& each : frames) {
    append_be(file, time++);
    append_be(file, std::uint32_t{0});
    append_be(file, static_cast<std::uint32_t>(each.size()));
    append_be(file, static_cast<std::uint32_t>(each.size()));
    append(file, each);
  }
  return file;
}

/// A section of a pcapng file: its header, and interfaces.
inline ByteBuffer pcapng_section(const std::vector<LinkType>& links) {
  auto file = from_hex("0a0d0d0a 0000001c 1a2b3c4d 0001 0000 ffffffffffffffff 0000001c");
  for (const auto link : links) {
    append(file, from_hex("00000001 00000014"));
    append_be(file, static_cast<std::uint16_t>(link));
    append(file, from_hex("0000 00040000 00000014"));
  }
  return file;
}

/// The same as pcapng: a packet block each, of the interface `interface`.
inline ByteBuffer pcapng_file(LinkType link, const std::vector<ByteBuffer>& frames) {
  auto file = pcapng_section({link});
  for (const auto& each : frames) {
    const auto padded = (each.size() + 3) / 4 * 4;
    const auto length = static_cast<std::uint32_t>(32 + padded);
    append_be(file, std::uint32_t{6});
    append_be(file, length);
    append(file, from_hex("00000000 00000000 00000000"));
    append_be(file, static_cast<std::uint32_t>(each.size()));
    append_be(file, static_cast<std::uint32_t>(each.size()));
    append(file, each);
    append(file, ByteBuffer(padded - each.size()));
    append_be(file, length);
  }
  return file;
}

/// Frames of connections, in order.
class Frames {
public:
  explicit Frames(LinkType link = LinkType::ethernet) : link_(link) {}

  /// In segments of `size`.
  Frames& send(const Endpoint& from, const Endpoint& to, Bytes bytes, std::size_t size = 700) {
    auto& next = next_.try_emplace({from, to}, 1000).first->second;
    while (!bytes.empty()) {
      const auto part = bytes.first(std::min(size, bytes.size()));
      frames.push_back(
          frame(link_, {from, to, next, 1, ack, ByteBuffer(part.begin(), part.end())}));
      next += static_cast<std::uint32_t>(part.size());
      bytes = bytes.subspan(part.size());
    }
    return *this;
  }
  Frames& flag(const Endpoint& from, const Endpoint& to, std::uint8_t flags) {
    auto& next = next_.try_emplace({from, to}, 1000).first->second;
    frames.push_back(frame(link_, {from, to, next, 1, flags, {}}));
    next += (flags & (syn | fin)) != 0 ? 1 : 0;
    return *this;
  }
  ByteBuffer file() const { return pcap_file(link_, frames); }

  std::vector<ByteBuffer> frames;

private:
  LinkType link_;
  std::map<std::pair<Endpoint, Endpoint>, std::uint32_t> next_;
};

} // namespace dualcam::capture_testing
