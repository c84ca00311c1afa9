#include "dcam-crc/scrub_frame.hpp"

#include <algorithm>
#include <utility>

#include "common/internet_checksum.hpp"
#include "common/tunnel.hpp"

namespace dualcam::crc {
namespace {

constexpr std::uint64_t streams_of_frames = std::uint64_t{1} << 63;
constexpr std::size_t mac_size = 6;
constexpr std::size_t v4_header = 20;
constexpr std::size_t v6_header = 40;
constexpr std::size_t tcp_header = 20;
constexpr std::size_t tcp_checksum = 16;
constexpr std::uint8_t protocol_udp = 17;

/// The link layer's own header: addresses, and a type.
std::size_t header_size(LinkType link) {
  switch (link) {
  case LinkType::ethernet:
    return 14;
  case LinkType::linux_cooked:
    return 16;
  case LinkType::linux_cooked2:
    return 20;
  case LinkType::null:
  case LinkType::loop:
    return 4;
  default:
    return 0;
  }
}

/// What of TCP's options speaks of the line alone stays.
void scrub_options(std::span<std::byte> options) {
  constexpr std::byte nothing{1};
  constexpr std::array<unsigned, 5> told{2, 3, 4, 5, 8}; // sizes, window, acknowledgements, times
  while (!options.empty()) {
    const auto kind = std::to_integer<unsigned>(options[0]);
    if (kind == 0) {
      std::ranges::fill(options, std::byte{0});
      return;
    }
    const auto length = kind == 1            ? std::size_t{1}
                        : options.size() < 2 ? options.size()
                                             : std::to_integer<std::size_t>(options[1]);
    const auto size = std::clamp<std::size_t>(length, 1, options.size());
    if (std::ranges::find(told, kind) == told.end()) {
      std::ranges::fill(options.first(size), nothing);
    }
    options = options.subspan(size);
  }
}

std::uint32_t address_sum(const Endpoint& endpoint) {
  const auto address = Bytes(endpoint.address);
  return add_words(0, endpoint.is_v4() ? address.last<4>() : address);
}

} // namespace

ScrubFrame::ScrubFrame(const ScrubKey& key, ScrubValues& values, const CapturedFrame& frame,
                       std::uint64_t number, std::size_t header_of_fragmented, Replace replace)
    : key_(key), values_(values), frame_(frame), stream_(streams_of_frames | number),
      header_of_fragmented_(header_of_fragmented), replace_(std::move(replace)),
      out_(frame.bytes.begin(), frame.bytes.end()) {
  auto packet = ip_packet_in(frame.link, frame.bytes);
  link(frame.link, frame.bytes, packet.value_or(Bytes()));
  packet_ = packet ? out(*packet) : Bytes();
  for (int depth = 0; packet; ++depth) {
    const auto payload = decode_ip(*packet);
    if (!payload || depth > most_tunnels) {
      disguise(*packet);
      return;
    }
    ip(*packet, *payload);
    if (payload->fragment) {
      fragment(*payload);
      return;
    }
    if (decode_tcp(*payload)) {
      tcp(*payload);
      return;
    }
    packet = packet_within(*payload);
    packet ? tunnel(*payload, *packet) : disguise(payload->bytes);
  }
}

/// The same bytes of what comes out.
std::span<std::byte> ScrubFrame::out(Bytes view) {
  const auto offset = static_cast<std::size_t>(view.data() - frame_.bytes.data());
  return std::span(out_).subspan(offset, view.size());
}

void ScrubFrame::disguise(Bytes view) {
  const auto offset = static_cast<std::uint64_t>(view.data() - frame_.bytes.data());
  key_.disguise(stream_, offset, out(view));
}

/// Addresses of the link layer; all that is behind it if there is no packet.
void ScrubFrame::link(LinkType link, Bytes frame, Bytes packet) {
  const auto header = std::min(header_size(link), frame.size());
  if (header == header_size(link)) {
    if (link == LinkType::ethernet) {
      mac(frame.first(mac_size));
      mac(frame.subspan(mac_size, mac_size));
    } else if (link == LinkType::linux_cooked || link == LinkType::linux_cooked2) {
      constexpr std::size_t field = 8; // the address stands in it
      const auto address = frame.subspan(link == LinkType::linux_cooked ? 6 : 12, field);
      mac(address.first(mac_size));
      std::ranges::fill(out(address.subspan(mac_size)), std::byte{0});
    }
  }
  if (packet.empty()) {
    disguise(frame.subspan(header == header_size(link) ? header : 0));
  }
}

/// Those of groups, and none, stay.
void ScrubFrame::mac(Bytes address) {
  constexpr std::byte of_group{1};
  constexpr std::byte local{2};
  const bool is_none =
      std::ranges::all_of(address, [](std::byte each) { return each == std::byte{0}; });
  if (is_none || (address[0] & of_group) != std::byte{0}) {
    return;
  }
  ByteBuffer number;
  append_be(number, key_.number(ScrubKey::Use::text, address));
  const auto invented = out(address);
  std::ranges::copy_n(number.begin(), mac_size, invented.begin());
  invented[0] = local;
}

void ScrubFrame::ip(Bytes packet, const IpPayload& payload) {
  const auto header = static_cast<std::size_t>(payload.bytes.data() - packet.data());
  const auto changed = out(packet.first(header));
  const auto put = [&](const Endpoint& endpoint, std::size_t offset) {
    const auto invented = values_.address(endpoint);
    const auto bytes = Bytes(invented.address);
    std::ranges::copy(endpoint.is_v4() ? bytes.last<4>() : bytes, changed.subspan(offset).begin());
  };
  if (std::to_integer<unsigned>(packet[0]) >> 4 == 4) {
    put(payload.source, 12);
    put(payload.destination, 16);
    std::ranges::fill(changed.subspan(v4_header), std::byte{1}); // options: none
    store_be(changed.subspan(10), std::uint16_t{0});
    store_be(changed.subspan(10), folded(add_words(0, changed)));
  } else {
    put(payload.source, 8);
    put(payload.destination, 24);
    extensions(packet.first(header).subspan(v6_header), std::to_integer<std::uint8_t>(packet[6]));
  }
  const auto behind = packet.subspan(header + payload.bytes.size()); // padding
  std::ranges::fill(out(behind), std::byte{0});
}

/// What they say is left out, their sizes stay.
void ScrubFrame::extensions(Bytes headers, std::uint8_t next) {
  constexpr std::uint8_t fragment_header = 44;
  constexpr std::size_t unit = 8;
  while (headers.size() >= unit) {
    const bool is_fragment = next == fragment_header;
    const auto size = is_fragment ? unit : (std::to_integer<std::size_t>(headers[1]) + 1) * unit;
    const auto header = headers.first(std::min(size, headers.size()));
    next = std::to_integer<std::uint8_t>(header[0]);
    if (!is_fragment) {
      std::ranges::fill(out(header.subspan(2)), std::byte{0});
    }
    headers = headers.subspan(header.size());
  }
}

void ScrubFrame::tcp(const IpPayload& payload) {
  const auto segment = payload.bytes;
  const auto told = (std::to_integer<std::size_t>(segment[12]) >> 4) * 4;
  const auto header = std::min(std::max(told, tcp_header), segment.size());
  scrub_options(out(segment.first(header).subspan(tcp_header)));
  replace_(0, out(segment.subspan(header)));
  const auto changed = out(segment);
  store_be(changed.subspan(tcp_checksum), std::uint16_t{0});
  if (payload.bytes.size() == payload.length) {
    auto sum = address_sum(values_.address(payload.source)) +
               address_sum(values_.address(payload.destination)) + protocol_tcp +
               static_cast<std::uint32_t>(payload.length);
    store_be(changed.subspan(tcp_checksum), folded(add_words(sum, changed)));
  }
}

/// The TCP header may be spread over several.
void ScrubFrame::fragment(const IpPayload& payload) {
  const auto begin = payload.fragment->offset;
  const auto end = begin + payload.bytes.size();
  const auto header = header_of_fragmented_;
  if (header < tcp_header) {
    disguise(payload.bytes);
    return;
  }
  const auto changed = out(payload.bytes);
  for (auto at = begin; at < std::min(end, header); ++at) {
    if (at == tcp_checksum || at == tcp_checksum + 1) {
      changed[at - begin] = std::byte{0};
    } else if (at >= tcp_header) {
      changed[at - begin] = std::byte{1}; // no options
    }
  }
  if (end > header) {
    const auto from = std::max(begin, header);
    replace_(from - header, changed.subspan(from - begin));
  }
}

/// Up to the packet inside.
void ScrubFrame::tunnel(const IpPayload& payload, Bytes inner) {
  constexpr std::size_t udp_checksum = 6;
  if (payload.protocol == protocol_udp) {
    store_be(out(payload.bytes).subspan(udp_checksum), std::uint16_t{0});
  }
  if (const auto frame = ethernet_within(payload); !frame.empty()) {
    link(LinkType::ethernet, frame, inner);
  }
}

} // namespace dualcam::crc
