#include "common/tunnel.hpp"

#include "testing.hpp"

namespace dualcam::tunnel_test {
namespace {

const std::string ip = "45000014000000004006000001010101 02020202";
const std::string ethernet = "020000000001020000000002 0800 ";

/// The packet within one of this protocol, or why there is none; `F`: it is in an Ethernet frame.
std::string within(unsigned protocol, const std::string& hex) {
  const auto bytes = from_hex(hex);
  IpPayload payload{};
  payload.protocol = static_cast<std::uint8_t>(protocol);
  payload.bytes = bytes;
  payload.length = bytes.size();
  const auto packet = packet_within(payload);
  const auto frame = ethernet_within(payload);
  return (frame.empty() ? "" : "F ") + (!packet ? "no: " + packet.error().type
                                        : to_hex(*packet) == to_hex(from_hex(ip))
                                            ? "ip"
                                            : to_hex(*packet));
}

/// Behind UDP's header, to this port.
std::string within_udp(const std::string& port, const std::string& hex) {
  return within(17, "ffff " + port + " 0000 0000 " + hex);
}

} // namespace

TEST_CASE("tunnel: IP within IP, and what is no tunnel") {
  CHECK(within(4, ip) == "ip");
  CHECK(within(41, ip) == "ip");
  CHECK(within(6, ip) == "no: ");
  CHECK(within(50, ip) == "no: IPsec (ESP), which is encrypted");
  CHECK(within(17, "0000 0035 0000") == "no: ");
  CHECK(within_udp("0035", ip) == "no: ");
  CHECK(within_udp("1194", "c0ffee01 00000001 " + ip) ==
        "no: IPsec (ESP) in UDP, which is encrypted");
  CHECK(within(17, "1194 abcd 0010 0000 c0ffee01 00000001") ==
        "no: IPsec (ESP) in UDP, which is encrypted");
  CHECK(within_udp("1194", "c0ffee01 000000") == "no: ");
  CHECK(within_udp("1194", "00000000 00000001 " + ip) == "no: "); // keys
  CHECK(within_udp("1194", "ff") == "no: ");                      // a sign of life
}

TEST_CASE("tunnel: GRE, with each of its fields") {
  CHECK(within(47, "0000 0800 " + ip) == "ip");
  CHECK(within(47, "0000 86dd " + ip) == "ip");
  CHECK(within(47, "8000 0800 11111111 " + ip) == "ip");
  CHECK(within(47, "2000 0800 11111111 " + ip) == "ip");
  CHECK(within(47, "1000 0800 11111111 " + ip) == "ip");
  CHECK(within(47, "b000 0800 11111111 22222222 33333333 " + ip) == "ip");
  CHECK(within(47, "0000 6558 " + ethernet + ip) == "F ip");
  CHECK(within(47, "3081 880b 0016 0001 00000001 00000002 ff03 0021 " + ip) == "ip"); // PPTP
  CHECK(within(47, "0080 0800 " + ip) == "ip"); // no field of version 0
  CHECK(within(47, "2081 880b 0000 0001 00000002") == "no: ");
  CHECK(within(47, "0000 8847 00010001 000201ff " + ip) == "ip"); // labels
  CHECK(within(47, "0000 8100 0005 0800 " + ip) == "ip");         // a tag
  CHECK(within(47, "0000 0806 " + ip) == "no: GRE with EtherType 0x0806");
  CHECK(within(47, "0000 08") == "no: GRE, cut off");
  CHECK(within(47, "8000 0800 1111") == "no: GRE, cut off");
  CHECK(within(47, "0000 880b") == "no: ");
}

TEST_CASE("tunnel: what a switch copies with ERSPAN, of each type") {
  CHECK(within(47, "0000 88be " + ethernet + ip) == "F ip");
  CHECK(within(47, "1000 88be 00000001 1005000100000002 " + ethernet + ip) == "F ip");
  CHECK(within(47, "1000 88be 00000001 100500") == "no: ERSPAN, cut off");
  const std::string third = "1000 22eb 00000001 20050001 00000000 0000000";
  CHECK(within(47, third + "0 " + ethernet + ip) == "F ip");
  CHECK(within(47, third + "1 1122334455667788 " + ethernet + ip) == "F ip");
  CHECK(within(47, third + "1 11223344") == "no: ERSPAN, cut off");
}

TEST_CASE("tunnel: what is not looked into is named") {
  CHECK(within(51, ip) == "no: IPsec (AH)");
  CHECK(within(115, ip) == "no: L2TPv3");
  CHECK(within_udp("06a5", ip) == "no: L2TP");
  CHECK(within_udp("12b6", ip) == "no: VXLAN-GPE");
}

TEST_CASE("tunnel: VXLAN on both ports") {
  for (const auto* port : {"12b5", "2118"}) {
    CHECK(within_udp(port, "0800000000000100 " + ethernet + ip) == "F ip");
    CHECK(within_udp(port, "0000000000000100 " + ethernet + ip) == "no: ");
    CHECK(within_udp(port, "0800000000000100") == "no: ");
    CHECK(within_udp(port, "") == "no: ");
  }
}

TEST_CASE("tunnel: Geneve, with options") {
  CHECK(within_udp("17c1", "0000 6558 00000100 " + ethernet + ip) == "F ip");
  CHECK(within_udp("17c1", "0000 0800 00000100 " + ip) == "ip");
  CHECK(within_udp("17c1", "0000 86dd 00000100 " + ip) == "ip");
  CHECK(within_udp("17c1", "0200 0800 00000100 1111111122222222 " + ip) == "ip");
  CHECK(within_udp("17c1", "0200 0800 00000100 11111111") == "no: Geneve, cut off");
  CHECK(within_udp("17c1", "0000 0806 00000100 " + ip) == "no: Geneve with 0x0806");
  CHECK(within_udp("17c1", "4000 0800 00000100 " + ip) == "no: "); // another version
  CHECK(within_udp("17c1", "0000 0800 0000") == "no: ");
}

TEST_CASE("tunnel: GTP, with extension headers") {
  CHECK(within_udp("0868", "30ff 0014 00000001 " + ip) == "ip");
  CHECK(within_udp("0868", "32ff 0018 00000001 0001 00 00 " + ip) == "ip");
  CHECK(within_udp("0868", "34ff 001c 00000001 0000 00 85 01 1122 00 " + ip) == "ip");
  CHECK(within_udp("0868", "34ff 0020 00000001 0000 00 85 01 1122 c0 01 3344 00 " + ip) == "ip");
  CHECK(within_udp("0868", "34ff 0020 00000001 0000 00 85 02 112233445566 00 " + ip) == "ip");
  CHECK(within_udp("0868", "34ff 0008 00000001 0000 00 85 02 1122") == "no: GTP, cut off");
  CHECK(within_udp("0868", "32ff 0018 00000001 0001") == "no: GTP, cut off");
  CHECK(within_udp("0868", "3001 0014 00000001 " + ip) == "no: "); // no data
  CHECK(within_udp("0868", "48ff 0014 00000001 " + ip) == "no: "); // another version
  CHECK(within_udp("0868", "30ff 0014") == "no: ");
}

TEST_CASE("tunnel: EtherIP") {
  CHECK(within(97, "3000 " + ethernet + ip) == "F ip");
  CHECK(within(97, "30") == "no: EtherIP, cut off");
  CHECK(within(97, "3000") != "no: EtherIP, cut off");
}

TEST_CASE("tunnel: headers with nothing behind them are whole, a byte less is cut off") {
  CHECK(within(47, "0000 0800") == "");
  CHECK(within(47, "b000 0800 11111111 22222222 33333333") == "");
  CHECK(within(47, "b000 0800 11111111 22222222 333333") == "no: GRE, cut off");
  CHECK(within_udp("17c1", "0000 0800 00000100") == "");
  CHECK(within_udp("17c1", "0200 0800 00000100 1111111122222222") == "");
  CHECK(within_udp("17c1", "0200 0800 00000100 11111111222222") == "no: Geneve, cut off");
  CHECK(within_udp("0868", "30ff 0000 00000001") == "");
  CHECK(within_udp("0868", "32ff 0004 00000001 0001 00 00") == "");
  CHECK(within_udp("0868", "32ff 0004 00000001 0001 00") == "no: GTP, cut off");
  CHECK(within_udp("0868", "34ff 0008 00000001 0000 00 85 01 1122 00") == "");
  CHECK(within_udp("12b5", "0800000000000100") == "no: ");
}

TEST_CASE("tunnel: a switch's copy may be of a frame of which nothing is left") {
  CHECK(within(47, "1000 88be 00000001 1001 0001 00000000") == "no: frame, cut off");
  CHECK(within(47, "1000 88be 00000001 1001 0001 000000") == "no: ERSPAN, cut off");
  CHECK(within(47, "0000 88be") == "no: frame, cut off"); // without a header
}

} // namespace dualcam::tunnel_test
