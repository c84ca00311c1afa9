#include "common/link_layer.hpp"

#include "testing.hpp"

namespace dualcam {
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

} // namespace dualcam
