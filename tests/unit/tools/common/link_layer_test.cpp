#include "common/link_layer.hpp"

#include "testing.hpp"

namespace dualcam::link_layer_test {
namespace {

constexpr auto ip = "45000014000000004006000001010101 02020202";

/// The packet as hex, or why there is none.
std::string packet_in(LinkType link, std::string_view hex) {
  const auto frame = from_hex(hex);
  const auto packet = ip_packet_in(link, frame);
  return packet ? to_hex(*packet) : "no: " + packet.error().type;
}

std::string ethernet(std::string_view rest) {
  return packet_in(LinkType::ethernet, "020000000001020000000002" + std::string(rest));
}

} // namespace

TEST_CASE("link layer: IP is found behind whatever stands before it") {
  const auto found = to_hex(from_hex(ip));
  const auto before = [](std::string_view headers) { return std::string(headers) + ip; };
  CHECK(ethernet(before("0800")) == found);
  CHECK(ethernet(before("86dd")) == found);
  CHECK(ethernet(before("8100 0064 0800")) == found);
  CHECK(ethernet(before("88a8 0064 8100 0065 0800")) == found);
  CHECK(ethernet(before("9200 0064 9100 0065 0800")) == found);
  CHECK(ethernet(before("9100 0064 9100 0065 8100 0066 86dd")) == found);
  CHECK(ethernet(before("8864 11 00 0001 0016 0021")) == found);
  CHECK(ethernet(before("8864 11 00 0001 0016 0057")) == found);
  CHECK(ethernet(before("8864 11 00 0001 0015 21")) == found); // compressed protocol
  CHECK(ethernet(before("8100 0064 8864 11 00 0001 0016 0021")) == found);
  CHECK(ethernet(before("8847 00001140")) == found);
  CHECK(ethernet(before("8848 00001040 00002140")) == found);
  CHECK(ethernet(before("001c aaaa03 000000 0800")) == found);
  CHECK(packet_in(LinkType::linux_cooked, before("0000 0001 0006 0200000000010000 8864 "
                                                 "11 00 0001 0016 0021")) == found);
  CHECK(packet_in(LinkType::linux_cooked2,
                  before("8100 0000 00000001 0001 00 06 0200000000010000 0064 0800")) == found);
  CHECK(packet_in(LinkType::ppp, before("0021")) == found);
  CHECK(packet_in(LinkType::ppp, before("ff03 0021")) == found);
  CHECK(packet_in(LinkType::ppp, before("0281 00001140")) == found);
  CHECK(packet_in(LinkType::ppp_hdlc, before("ff03 0057")) == found);
  CHECK(packet_in(LinkType::pppoe, before("11 00 0001 0016 0021")) == found);
  CHECK(packet_in(LinkType::null, before("02000000")) == found);
  CHECK(packet_in(LinkType::raw, ip) == found);
}

TEST_CASE("link layer: what is no IP is named, unless it never carries any") {
  CHECK(ethernet("1234 0000") == "no: EtherType 0x1234");
  CHECK(ethernet("0806 0001") == "no: ");
  CHECK(ethernet("88cc 0201") == "no: ");
  CHECK(ethernet("8863 1109") == "no: ");
  CHECK(ethernet("0026 424203") == "no: "); // spanning tree
  CHECK(ethernet("8864 11 00 0001 0002 c021") == "no: ");
  CHECK(ethernet("8864 11 00 0001 0002 0031") == "no: PPP protocol 0x0031");
  CHECK(ethernet("8864 11 00 0001 0002 0281") == "no: MPLS, cut off");
  CHECK(ethernet("8847 00001140 00") == "no: MPLS without IP");
  CHECK(packet_in(static_cast<LinkType>(147), ip) == "no: link layer 147");
}

TEST_CASE("link layer: cut off anywhere, and tags without end") {
  for (const auto* headers : {"8100 0064 88a8 0065 0800", "8864 11 00 0001 0016 0021",
                              "8847 00001040 00002140", "0026 aaaa03 000000 0800"}) {
    const auto frame = from_hex("020000000001020000000002" + std::string(headers));
    for (std::size_t size = 0; size < frame.size(); ++size) {
      const ByteBuffer copy(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(size));
      CHECK_FALSE(ip_packet_in(LinkType::ethernet, copy));
    }
  }
  std::string tags;
  for (int i = 0; i < 100; ++i) {
    tags += "8100 0064 ";
  }
  CHECK(ethernet(tags) == "no: tags within tags");
  CHECK(packet_in(LinkType::null, "02000000").empty()); // a packet of nothing
  CHECK(packet_in(LinkType::null, "020000") == "no: frame, cut off");
  for (const auto link : {LinkType::ppp, LinkType::pppoe, LinkType::null, LinkType::linux_cooked,
                          LinkType::linux_cooked2}) {
    CHECK_FALSE(ip_packet_in(link, {}));
  }
}

TEST_CASE("link layer: a type field is a length up to 1500, and a type from there on") {
  const std::string snap = "aaaa03 000000 0800 " + std::string(ip);
  CHECK(ethernet("05dc" + snap) == to_hex(from_hex(ip)));
  CHECK(ethernet("05dd" + snap) == "no: EtherType 0x05dd");
  for (const auto* never : {"0806", "8035", "8863", "88cc", "888e", "8809", "9000", "8899"}) {
    CHECK(ethernet(std::string(never) + "0001") == "no: ");
  }
}

TEST_CASE("link layer: PPP's protocols that carry none are named, but for those of the line") {
  CHECK(packet_in(LinkType::ppp, "7eff 00") == "no: PPP protocol 0x7eff");
  CHECK(packet_in(LinkType::ppp, "8000 00") == "no: ");
  CHECK(packet_in(LinkType::ppp, "") == "no: PPP, cut off");
  CHECK(packet_in(LinkType::ppp, "00") == "no: PPP, cut off");
  CHECK(packet_in(LinkType::ppp, "ff03") == "no: PPP, cut off");
  CHECK(packet_in(LinkType::ppp, "21").empty()); // one byte says IP
  CHECK(packet_in(LinkType::ppp, "0283 00001140 " + std::string(ip)) == to_hex(from_hex(ip)));
  CHECK(packet_in(LinkType::pppoe, "1100 0001 00") == "no: PPPoE, cut off");
  CHECK(packet_in(LinkType::pppoe, "1100 0001 0000") == "no: PPP, cut off");
}

TEST_CASE("link layer: tags may stand within each other fifteen times") {
  std::string tags;
  for (int i = 0; i < 15; ++i) {
    tags += "8100 0064 ";
  }
  CHECK(ethernet(tags + "0800" + ip) == to_hex(from_hex(ip)));
  CHECK(ethernet(tags + "8100 0064 0800" + ip) == "no: tags within tags");
}

TEST_CASE("link layer: what captures may have is supported, and nothing else") {
  using enum LinkType;
  for (const auto link : {null, LinkType::ethernet, ppp, raw_bsd, raw_openbsd, ppp_hdlc, pppoe, raw,
                          loop, linux_cooked, ipv4, ipv6, linux_cooked2}) {
    CHECK(is_supported(link));
    CHECK_THAT(packet_in(link, ip), !ContainsSubstring("link layer"));
  }
  CHECK_FALSE(is_supported(static_cast<LinkType>(147)));
  for (const auto link : {raw, raw_bsd, raw_openbsd, LinkType::ipv4, LinkType::ipv6}) {
    CHECK(packet_in(link, ip) == to_hex(from_hex(ip)));
  }
  CHECK(packet_in(loop, "00000002" + std::string(ip)) == to_hex(from_hex(ip)));
}

} // namespace dualcam::link_layer_test
