// What --scrub makes of one frame.
#include "dcam-crc/scrub_frame.hpp"

#include <algorithm>

#include "common/internet_checksum.hpp"
#include "common/tunnel.hpp"
#include "tools/dcam-crc/scrubbing.hpp"

namespace dualcam::crc::scrub_frame_test {

using namespace capture_testing;
using namespace scrubbing;
namespace {

/// A frame whose payloads become `*`; the places of the payload in its segment are told.
struct Disguised {
  explicit Disguised(Bytes frame, LinkType link = LinkType::ethernet, std::size_t header = 0)
      : values(key), scrubbed(key, values, {link, frame, frame.size(), 0}, 7, header,
                              [this](std::size_t at, std::span<std::byte> payload) {
                                skipped.push_back(at);
                                std::ranges::fill(payload, std::byte{'*'});
                              }),
        bytes(scrubbed.bytes().begin(), scrubbed.bytes().end()) {
    CHECK(bytes.size() == frame.size());
  }

  ScrubKey key;
  ScrubValues values;
  Numbers skipped;
  ScrubFrame scrubbed;
  ByteBuffer bytes;
};

/// With the lengths and checksums of IP and TCP that belong there.
ByteBuffer tcp_packet(std::string_view options, std::string_view payload,
                      const Endpoint& from = camera, const Endpoint& to = server) {
  auto packet = ip_packet({.from = from, .to = to, .payload = {}});
  const auto header = packet.size() - 20;
  packet[header + 12] = static_cast<std::byte>((20 + options.size() / 2) / 4 << 4);
  append(packet, from_hex(options));
  append(packet, as_bytes(payload));
  const auto length = static_cast<std::uint16_t>(packet.size() - (from.is_v4() ? 0 : 40));
  store_be(std::span(packet).subspan(from.is_v4() ? 2 : 4), length);
  return packet;
}

ByteBuffer in_ethernet(Bytes packet, std::string_view header = "0211223344550266778899aa0800") {
  auto frame = from_hex(header);
  append(frame, packet);
  return frame;
}

/// The checksums of an IP packet with TCP in it.
void check_sums(Bytes packet) {
  const bool is_v4 = to_hex(packet.first(1))[0] == '4';
  const auto payload = decode_ip(packet);
  REQUIRE(payload);
  if (is_v4) {
    CHECK(folded(add_words(0, packet.first(packet.size() - payload->bytes.size()))) == 0);
  }
  const auto addresses = is_v4 ? packet.subspan(12, 8) : packet.subspan(8, 32);
  const auto length = static_cast<std::uint32_t>(payload->bytes.size());
  CHECK(folded(add_words(add_words(protocol_tcp + length, addresses), payload->bytes)) == 0);
}

} // namespace

TEST_CASE("scrub frame: addresses become others, ports, numbers and flags stay") {
  const auto frame = in_ethernet(tcp_packet("", "a secret"));
  const Disguised other(frame);
  const auto packet = Bytes(other.bytes).subspan(14);
  CHECK(other.skipped == Numbers{0});
  CHECK(other.bytes[0] == std::byte{2}); // administered locally, no group's
  CHECK(other.bytes[6] == std::byte{2});
  CHECK(differences(Bytes(frame).first(6), Bytes(other.bytes).first(6)).size() > 1);
  CHECK_FALSE(std::ranges::equal(Bytes(other.bytes).first(6), Bytes(other.bytes).subspan(6, 6)));
  CHECK(to_hex(Bytes(other.bytes).subspan(12, 2)) == "0800");
  CHECK(std::ranges::equal(other.scrubbed.packet(), packet));
  const auto segment = decode_tcp(*decode_ip(packet));
  CHECK(format_endpoint(segment->source) == "198.18.0.1:40000");
  CHECK(format_endpoint(segment->destination) == "198.18.0.2:7050");
  CHECK(as_text(segment->payload) == "********");
  CHECK(to_hex(packet.subspan(20, 16)) == to_hex(Bytes(frame).subspan(34, 16)));
  check_sums(packet);
  const Disguised odd(tcp_packet("", "a secret!"), LinkType::raw);
  check_sums(odd.bytes);
  const auto sixth = tcp_packet("", "a secret", v6("02", 40000), v6("01", 7050));
  const Disguised wide(sixth, LinkType::raw);
  check_sums(wide.bytes);
  CHECK(format_endpoint(decode_ip(wide.bytes)->source) == "[2001:db8::1]:0");
  CHECK(to_hex(Bytes(wide.bytes).subspan(40, 8)) == "0600000000000000"); // told by no option
}

TEST_CASE("scrub frame: addresses of groups, and none, stay on the link") {
  const auto packet = tcp_packet("", "x");
  for (const auto* header : {"ffffffffffff000000000000 0800", "01005e000001000000000000 0800"}) {
    const Disguised other(in_ethernet(packet, header));
    CHECK(to_hex(Bytes(other.bytes).first(14)) == to_hex(from_hex(header)));
  }
  for (const auto* header : {"000000000000ffffffffffff 8100 0064 0800"}) { // VLAN tags stay
    const Disguised other(in_ethernet(packet, header));
    CHECK(to_hex(Bytes(other.bytes).first(18)) == to_hex(from_hex(header)));
    check_sums(other.scrubbed.packet());
  }
  for (const auto& [link, header, address] :
       {std::tuple{LinkType::linux_cooked, "0000 0001 0006 0211223344550102 0800", 6U},
        {LinkType::linux_cooked2, "0800 0000 00000001 0001 00 06 0211223344550102", 12U}}) {
    const auto frame = in_ethernet(packet, header);
    const Disguised other(frame, link);
    const auto changed = differences(frame, other.bytes);
    CHECK(changed.front() > address);
    CHECK(changed[0] < address + 6);
    CHECK(to_hex(Bytes(other.bytes).subspan(address + 6, 2)) == "0000"); // behind it
    CHECK(to_hex(Bytes(other.bytes).first(6)) == to_hex(Bytes(frame).first(6)));
    check_sums(other.scrubbed.packet());
  }
  for (const auto link : {LinkType::null, LinkType::loop}) {
    const auto* family = link == LinkType::null ? "02000000" : "00000002";
    const Disguised other(in_ethernet(packet, family), link);
    CHECK(to_hex(Bytes(other.bytes).first(4)) == family);
    check_sums(other.scrubbed.packet());
  }
}

TEST_CASE("scrub frame: of options those stay that speak of the line alone") {
  const auto options = [](std::string_view hex) {
    const Disguised other(tcp_packet(hex, "x"), LinkType::raw);
    check_sums(other.bytes);
    CHECK(other.bytes.back() == std::byte{'*'});
    return to_hex(Bytes(other.bytes).subspan(40, hex.size() / 2));
  };
  const std::string times = "080a1122334455667788";
  const std::string kept = "020405b4"
                           "01"
                           "030307"
                           "0402" +
                           times +
                           "050a1111111122222222"
                           "0101";
  CHECK(options(kept) == kept);
  CHECK(options("220411220101010103030701") == "010101010101010103030701"); // a cookie
  CHECK(options("00aabbccddeeff11") == "0000000000000000");
  CHECK(options("010101fe") == "01010101"); // without a length
  CHECK(options("fe000101") == "01000000"); // of no length: one byte, and the end behind it
  CHECK(options("02ff05b4") == "02ff05b4"); // longer than all
  CHECK(options("0101fe00") == "01010100");
  CHECK(options("0101fe02") == "01010101");
}

TEST_CASE("scrub frame: IP's own options and what pads a frame are left out") {
  auto packet = tcp_packet("", "x");
  packet[0] = std::byte{0x46};
  const auto option = from_hex("44041122");
  packet.insert(packet.begin() + 20, option.begin(), option.end());
  store_be(std::span(packet).subspan(2), static_cast<std::uint16_t>(packet.size()));
  const auto length = packet.size();
  append(packet, as_bytes("padding"));
  const Disguised other(packet, LinkType::raw);
  CHECK(to_hex(Bytes(other.bytes).subspan(20, 4)) == "01010101");
  CHECK(to_hex(Bytes(other.bytes).last(7)) == "00000000000000");
  check_sums(Bytes(other.bytes).first(length));
}

TEST_CASE("scrub frame: the checksum of what is not all there is 0") {
  auto packet = tcp_packet("", "a secret");
  packet.resize(packet.size() - 3);
  const Disguised other(packet, LinkType::raw);
  CHECK(to_hex(Bytes(other.bytes).subspan(36, 2)) == "0000");
  CHECK(as_text(Bytes(other.bytes).subspan(40)) == "*****");
}

TEST_CASE("scrub frame: whatever is not understood is disguised") {
  const auto secret = random_bytes(60, 4);
  const auto differs_from = [&](const ByteBuffer& frame, LinkType link, std::size_t from) {
    const Disguised other(frame, link);
    CAPTURE(to_hex(frame), from);
    const auto changed = differences(Bytes(frame).subspan(from), Bytes(other.bytes).subspan(from));
    CHECK(changed.size() + 8 > frame.size() - from);
    CHECK(other.skipped.empty());
    return other.bytes;
  };
  const auto other =
      differs_from(in_ethernet(secret, "0211223344550266778899aa88cc"), LinkType::ethernet, 14);
  CHECK(to_hex(Bytes(other).subspan(12, 2)) == "88cc");
  differs_from({secret.begin(), secret.begin() + 13}, LinkType::ethernet, 0); // cut in its header
  differs_from(secret, LinkType::raw, 0);
  auto udp = tcp_packet("", as_text(secret));
  udp[9] = std::byte{17};
  const auto datagram = differs_from(udp, LinkType::raw, 20);
  CHECK(to_hex(Bytes(datagram).first(10)) == to_hex(Bytes(udp).first(10)));
  CHECK(to_hex(Bytes(datagram).subspan(12, 4)) == "c6120001");
}

TEST_CASE("scrub frame: packets within tunnels are replaced as those without") {
  const auto inner = tcp_packet("", "a secret");
  const auto outer = [&](std::string_view protocol, std::string_view header) {
    auto packet = tcp_packet("", "");
    packet.resize(20);
    packet[9] = from_hex(protocol)[0];
    append(packet, from_hex(header));
    append(packet, inner);
    store_be(std::span(packet).subspan(2), static_cast<std::uint16_t>(packet.size()));
    return packet;
  };
  const std::string mac = "0211223344550266778899aa0800";
  for (const auto& header : {std::pair{"04", std::string()},
                             {"2f", std::string("00000800")},
                             {"2f", "00006558" + mac},
                             {"11", "c000 12b5 0000 abcd 0800000000000100" + mac}}) {
    const auto packet = outer(header.first, header.second);
    const Disguised other(packet, LinkType::raw);
    CAPTURE(header.second);
    CHECK(other.skipped == Numbers{0});
    CHECK(as_text(Bytes(other.bytes).last(8)) == "********");
    check_sums(Bytes(other.bytes).last(inner.size()));
    CHECK_FALSE(is_within(other.bytes, from_hex("021122334455")));
    if (std::string_view(header.first) == "11") {
      CHECK(to_hex(Bytes(other.bytes).subspan(20, 8)) == "c00012b500000000"); // no checksum
    }
  }
  auto deep = inner;
  for (int i = 0; i < most_tunnels + 1; ++i) { // deeper than is read
    deep.insert(deep.begin(), inner.begin(), inner.begin() + 20);
    deep[9] = std::byte{4};
    store_be(std::span(deep).subspan(2), static_cast<std::uint16_t>(deep.size()));
  }
  const Disguised other(deep, LinkType::raw);
  CHECK(other.skipped.empty());
  CHECK_FALSE(is_within(other.bytes, bytes_of("secret")));
}

TEST_CASE("scrub frame: a fragment's bytes belong to the whole packet's header or payload") {
  auto whole = tcp_packet("020405b401010101", "0123456789abcdefghijklmn"); // header 28
  store_be(std::span(whole).subspan(20 + 16), std::uint16_t{0xABCD});      // the checksum
  const auto fragment = [&](std::size_t from, std::size_t size, std::size_t header) {
    ByteBuffer packet(whole.begin(), whole.begin() + 20);
    const auto piece = Bytes(whole).subspan(20 + from, size);
    append(packet, piece);
    store_be(std::span(packet).subspan(2), static_cast<std::uint16_t>(packet.size()));
    store_be(std::span(packet).subspan(6), static_cast<std::uint16_t>(0x2000 | from / 8));
    Disguised other(packet, LinkType::raw, header);
    return std::pair(to_hex(Bytes(other.bytes).subspan(20)), other.skipped);
  };
  const auto hex = to_hex(Bytes(whole).subspan(20));
  const std::string stars = "2a2a2a2a";
  CHECK(fragment(0, 8, 28) == std::pair(hex.substr(0, 16), Numbers{}));
  CHECK(fragment(8, 16, 28) == // the checksum, and options
        std::pair(hex.substr(16, 16) + "0000" + hex.substr(36, 4) + "01010101", Numbers{}));
  CHECK(fragment(16, 12, 28) ==
        std::pair("0000" + hex.substr(36, 4) + "0101010101010101", Numbers{}));
  CHECK(fragment(24, 8, 28) == std::pair("01010101" + stars, Numbers{0}));
  CHECK(fragment(32, 8, 28) == std::pair(stars + stars, Numbers{4}));
  CHECK(fragment(32, 8, 20) == std::pair(stars + stars, Numbers{12}));
  const auto unknown = fragment(32, 16, 0); // of which nothing is known
  CHECK(unknown.second.empty());
  CHECK(unknown.first != hex.substr(64, 32));
  CHECK(unknown.first.substr(0, 8) != stars);
}

TEST_CASE("scrub frame: IPv6's headers keep their sizes") {
  auto packet = tcp_packet("", "", v6("02", 40000), v6("01", 7050));
  packet[6] = std::byte{0}; // hop-by-hop of 16 bytes, then a fragment's, then TCP
  packet.resize(40);
  append(packet, from_hex("2c 01 112233445566 778899aabbccddee"));
  append(packet, from_hex("06 00 0100 aabbccdd"));
  append(packet, random_bytes(32, 5));
  store_be(std::span(packet).subspan(4), static_cast<std::uint16_t>(packet.size() - 40));
  const Disguised other(packet, LinkType::raw, 20);
  CHECK(to_hex(Bytes(other.bytes).subspan(40, 24)) ==
        "2c01" + std::string(28, '0') + "06000100aabbccdd");
  CHECK(other.skipped == Numbers{236});
}

} // namespace dualcam::crc::scrub_frame_test
