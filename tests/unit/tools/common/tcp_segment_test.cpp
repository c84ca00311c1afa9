#include "common/tcp_segment.hpp"

#include "tools/capture_testing.hpp"

namespace dualcam::tcp_segment_test {

using namespace capture_testing;
namespace {

/// An IPv4 packet of 20 bytes of header, with a payload of 4 bytes.
ByteBuffer v4_packet() {
  return from_hex("4500 0018 1234 0000 4011 0000 0a000001 0a000002 11223344");
}

ByteBuffer changed(ByteBuffer packet, std::size_t at, std::string_view hex) {
  std::ranges::copy(from_hex(hex), packet.begin() + static_cast<std::ptrdiff_t>(at));
  return packet;
}

/// An IPv6 packet with these bytes behind its header.
ByteBuffer v6_packet(std::string_view next, std::string_view hex) {
  const auto behind = from_hex(hex);
  auto packet = from_hex("60000000");
  append_be(packet, static_cast<std::uint16_t>(behind.size()));
  append(packet, from_hex(next));
  append(packet, from_hex("40 20010db8000000000000000000000001 20010db8000000000000000000000002"));
  append(packet, behind);
  return packet;
}

} // namespace

TEST_CASE("IP: of version 4 the header tells addresses, protocol and length") {
  const auto packet = v4_packet();
  const auto payload = decode_ip(packet);
  REQUIRE(payload);
  CHECK(format_endpoint(payload->source) == "10.0.0.1:0");
  CHECK(format_endpoint(payload->destination) == "10.0.0.2:0");
  CHECK(payload->protocol == 17);
  CHECK(to_hex(payload->bytes) == "11223344");
  CHECK(payload->length == 4);
  CHECK_FALSE(payload->fragment);
  const auto padded = changed(packet, 2, "0016"); // two bytes behind it
  CHECK(to_hex(decode_ip(padded)->bytes) == "1122");
  const auto cut = changed(packet, 2, "0020");
  CHECK(to_hex(decode_ip(cut)->bytes) == "11223344");
  CHECK(decode_ip(cut)->length == 12);
  CHECK(decode_ip(changed(packet, 2, "0000"))->length == 4); // of segments that come later
  const auto nothing = changed(packet, 2, "0014");
  REQUIRE(decode_ip(nothing));
  CHECK(decode_ip(nothing)->bytes.empty());
  CHECK(decode_ip(changed(packet, 0, "46"))->bytes.empty()); // with options
}

TEST_CASE("IP: headers that cannot be, or are cut off, are none") {
  const auto packet = v4_packet();
  CHECK_FALSE(decode_ip({}));
  CHECK_FALSE(decode_ip(changed(packet, 0, "55")));
  CHECK_FALSE(decode_ip(changed(packet, 0, "44"))); // shorter than a header is
  CHECK_FALSE(decode_ip(changed(packet, 0, "47"))); // longer than what is there
  CHECK_FALSE(decode_ip(changed(packet, 2, "0013")));
  CHECK_FALSE(decode_ip(Bytes(packet).first(19)));
  CHECK(decode_ip(Bytes(packet).first(20)));
  const auto sixth = v6_packet("06", "");
  CHECK_FALSE(decode_ip(Bytes(sixth).first(39)));
  CHECK(decode_ip(sixth));
}

TEST_CASE("IP: fragments of version 4 tell their place") {
  const auto fragment = [](std::string_view field) {
    return decode_ip(changed(v4_packet(), 6, field))->fragment;
  };
  CHECK_FALSE(fragment("4000")); // not to be fragmented
  REQUIRE(fragment("2000"));
  CHECK(fragment("2000")->identification == 0x1234);
  CHECK(fragment("2000")->offset == 0);
  CHECK_FALSE(fragment("2000")->last);
  CHECK(fragment("0001")->offset == 8);
  CHECK(fragment("0001")->last);
  CHECK(fragment("3fff")->offset == 65528);
}

TEST_CASE("IP: of version 6 the headers before the payload are skipped") {
  const auto packet = v6_packet("11", "aabbccdd");
  const auto payload = decode_ip(packet);
  REQUIRE(payload);
  CHECK(format_endpoint(payload->source) == "[2001:db8::1]:0");
  CHECK(format_endpoint(payload->destination) == "[2001:db8::2]:0");
  CHECK(payload->protocol == 17);
  CHECK(payload->length == 4);
  CHECK(decode_ip(changed(packet, 4, "0000"))->length == 4); // jumbo, or not told
  CHECK(decode_ip(changed(packet, 4, "0002"))->bytes.size() == 2);
  CHECK(decode_ip(changed(packet, 4, "0008"))->length == 8);
  for (const auto* header : {"00", "2b", "3c"}) { // hop by hop, routing, destination
    const auto with = v6_packet(header, "11 01 000000000000 0000000000000000 aabbccdd");
    const auto behind = decode_ip(with);
    REQUIRE(behind);
    CHECK(behind->protocol == 17);
    CHECK(to_hex(behind->bytes) == "aabbccdd");
    CHECK(behind->length == 4);
    CHECK_FALSE(decode_ip(Bytes(with).first(40 + 15))); // cut off within
    CHECK_FALSE(decode_ip(Bytes(with).first(40 + 7)));
    CHECK(decode_ip(Bytes(with).first(40 + 16)));
  }
  const auto two = v6_packet("00", "3c 00 000000000000 06 00 000000000000");
  CHECK(decode_ip(two)->protocol == 6);
}

TEST_CASE("IP: fragments of version 6 have a header of their own") {
  const auto first = v6_packet("2c", "06 00 0001 aabbccdd 11223344");
  const auto payload = decode_ip(first);
  REQUIRE(payload);
  CHECK(payload->protocol == 6);
  CHECK(to_hex(payload->bytes) == "11223344");
  CHECK(payload->length == 4);
  REQUIRE(payload->fragment);
  CHECK(payload->fragment->identification == 0xAABBCCDD);
  CHECK(payload->fragment->offset == 0);
  CHECK_FALSE(payload->fragment->last);
  const auto last = v6_packet("2c", "06 00 0ff8 aabbccdd 11223344");
  CHECK(decode_ip(last)->fragment->offset == 0xFF8);
  CHECK(decode_ip(last)->fragment->last);
  const auto whole = v6_packet("2c", "06 00 0000 aabbccdd 11223344"); // of one alone
  CHECK_FALSE(decode_ip(whole)->fragment);
  CHECK_FALSE(decode_ip(Bytes(first).first(47)));
  CHECK(decode_ip(Bytes(first).first(48)));
}

TEST_CASE("TCP: the header tells where the payload begins") {
  const PacketSpec spec{.from = Endpoint::v4(0x0A000001, 1234),
                        .to = Endpoint::v4(0x0A000002, 80),
                        .sequence = 0x01020304,
                        .acknowledgement = 0x05060708,
                        .flags = 0,
                        .payload = from_hex("aabbccdd")};
  const auto packet = ip_packet(spec);
  const auto segment_of = [](Bytes bytes) { return decode_tcp(*decode_ip(bytes)); };
  const auto segment = segment_of(packet);
  REQUIRE(segment);
  CHECK(format_endpoint(segment->source) == "10.0.0.1:1234");
  CHECK(format_endpoint(segment->destination) == "10.0.0.2:80");
  CHECK(segment->sequence == 0x01020304);
  CHECK(segment->acknowledgement == 0x05060708);
  CHECK_FALSE((segment->syn || segment->ack || segment->fin || segment->rst));
  CHECK(to_hex(segment->payload) == "aabbccdd");
  CHECK(segment->length == 4);
  CHECK(segment_of(changed(packet, 33, "01"))->fin);
  CHECK(segment_of(changed(packet, 33, "02"))->syn);
  CHECK(segment_of(changed(packet, 33, "04"))->rst);
  CHECK(segment_of(changed(packet, 33, "10"))->ack);
  CHECK_FALSE(segment_of(changed(packet, 33, "e8"))->ack);
  CHECK(segment_of(changed(packet, 32, "60"))->payload.empty()); // four bytes of options
  CHECK(segment_of(changed(packet, 32, "60"))->length == 0);
  CHECK_FALSE(segment_of(changed(packet, 32, "40"))); // shorter than a header is
  CHECK_FALSE(segment_of(changed(packet, 32, "70"))); // longer than the segment
  CHECK_FALSE(segment_of(changed(packet, 9, "11")));
  CHECK_FALSE(segment_of(Bytes(packet).first(39)));
  const auto cut = segment_of(Bytes(packet).first(42));
  CHECK(to_hex(cut->payload) == "aabb");
  CHECK(cut->length == 4);
  CHECK(segment_of(Bytes(packet).first(40))->payload.empty());
}

TEST_CASE("TCP: a fragment's beginning is no segment, a frame's is") {
  const PacketSpec spec{.from = Endpoint::v4(1, 2), .to = Endpoint::v4(3, 4), .payload = {}};
  auto packet = ip_packet(spec);
  CHECK(decode_segment(LinkType::raw, packet));
  CHECK_FALSE(decode_segment(LinkType::raw, changed(packet, 6, "2000")));
  CHECK_FALSE(decode_segment(LinkType::raw, Bytes(packet).first(10)));
  CHECK_FALSE(decode_segment(LinkType::ethernet, packet));
  const auto sixth = ip_packet({.from = v6("01", 9), .to = v6("02", 8), .payload = {}});
  CHECK(decode_segment(LinkType::raw, sixth)->source.port == 9);
}

} // namespace dualcam::tcp_segment_test
