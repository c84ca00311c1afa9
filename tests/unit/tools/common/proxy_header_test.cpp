#include "common/proxy_header.hpp"

#include "testing.hpp"

namespace dualcam::proxy_header_test {
namespace {

constexpr auto signature = "0d0a0d0a000d0a515549540a ";
constexpr auto v4_ends = "c0000207 c6336401 d431 1b8a ";
constexpr auto v6_ends = "20010db8000000000000000000000007 20010db8000000000000000000000001 d431 "
                         "1b8a ";

ByteBuffer text(std::string_view line) {
  const auto bytes = as_bytes(line);
  return {bytes.begin(), bytes.end()};
}

ByteBuffer v2(std::string_view rest) {
  return from_hex(std::string(signature) + std::string(rest));
}

/// "SIZE SOURCE DESTINATION", "SIZE", "SIZE own", "more", or the error.
std::string meaning_of(Bytes bytes) {
  const auto header = parse_proxy_header(bytes);
  if (!header) {
    return header.error().message;
  }
  if (!*header) {
    return "more";
  }
  const auto size = std::to_string((*header)->size);
  if ((*header)->ends) {
    const auto& [source, destination] = *(*header)->ends;
    return size + ' ' + format_endpoint(source) + ' ' + format_endpoint(destination);
  }
  return (*header)->is_own ? size + " own" : size;
}

/// The same however much comes behind it, and each shorter beginning asks for more.
std::string meaning_in_pieces(ByteBuffer bytes) {
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    INFO(size << " bytes");
    CHECK(meaning_of(Bytes(bytes).first(size)) == "more");
  }
  const auto whole = meaning_of(bytes);
  append(bytes, from_hex("0000 0005 00013ee13c001981 44000400"));
  CHECK(meaning_of(bytes) == whole);
  return whole;
}

} // namespace

TEST_CASE("proxy header: version 1 names both ends") {
  CHECK(meaning_in_pieces(text("PROXY TCP4 192.0.2.7 198.51.100.1 54321 7050\r\n")) ==
        "46 192.0.2.7:54321 198.51.100.1:7050");
  CHECK(meaning_in_pieces(text("PROXY TCP6 2001:db8::7 2001:db8::1 54321 7050\r\n")) ==
        "47 [2001:db8::7]:54321 [2001:db8::1]:7050");
  CHECK(meaning_in_pieces(text("PROXY TCP4 255.255.255.255 0.0.0.0 65535 0\r\n")) ==
        "44 255.255.255.255:65535 0.0.0.0:0");
  const std::string longest = "PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
                              "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n";
  REQUIRE(longest.size() == 107);
  CHECK(meaning_in_pieces(text(longest)) == "107");
  CHECK(meaning_in_pieces(text("PROXY UNKNOWN\r\n")) == "15");
  CHECK(meaning_in_pieces(text("PROXY UNKNOWN what\tever \r \n\r\n")) == "29");
}

TEST_CASE("proxy header: a line that is not to the letter is refused") {
  const std::string addresses = "the addresses of its PROXY header cannot be read";
  for (const auto* rest : {"TCP4",
                           "TCP4 ",
                           "TCP4 1.2.3.4 1.2.3.5 1",
                           "TCP4 1.2.3.4 1.2.3.5 1 ",
                           "TCP4 1.2.3.4 1.2.3.5",
                           "TCP4 1.2.3.4  1.2.3.5 1 2",
                           "TCP4 1.2.3.4 1.2.3.5 1 2 ",
                           "TCP4 1.2.3.4 1.2.3.5 1 2 3",
                           "TCP4 1.2.3 1.2.3.5 1 2",
                           "TCP4 1.2.3.256 1.2.3.5 1 2",
                           "TCP4 ::1 ::2 1 2",
                           "TCP6 1.2.3.4 1.2.3.5 1 2",
                           "TCP6 ::1 ::g 1 2",
                           "TCP6 fe80::1%eth0 ::1 1 2",
                           "TCP4 1.2.3.4 1.2.3.5 65536 2",
                           "TCP4 1.2.3.4 1.2.3.5 1 -2",
                           "TCP4 1.2.3.4 1.2.3.5 +1 2",
                           "TCP4 1.2.3.4 1.2.3.5 01 2",
                           "TCP4 1.2.3.4 1.2.3.5 1 0x2",
                           "TCP4 localhost 1.2.3.5 1 2",
                           "TCP4 1.2.3.4 1.2.3.5 1 99999999999999999999",
                           "TCP4 1.2.3.4\t1.2.3.5 1 2"}) {
    INFO(rest);
    CHECK(meaning_of(text("PROXY " + std::string(rest) + "\r\n")) == addresses);
  }
  using namespace std::string_literals;
  CHECK(meaning_of(text("PROXY TCP4 1.2.3.4\0 1.2.3.5 1 2\r\n"s)) == addresses);
  for (const auto* rest : {"", "TCP", "tcp4 1.2.3.4 1.2.3.5 1 2", "UDP4 1.2.3.4 1.2.3.5 1 2",
                           " TCP4 1.2.3.4 1.2.3.5 1 2", "UNKNOWNS", "TCP4\x1b[31m"}) {
    INFO(rest);
    CHECK(meaning_of(text("PROXY " + std::string(rest) + "\r\n")) ==
          "its PROXY header is of an unknown protocol");
  }
}

TEST_CASE("proxy header: a line without an end is waited for no longer than it may be") {
  auto line = text("PROXY TCP4 " + std::string(96, ' '));
  REQUIRE(line.size() == 107);
  CHECK(meaning_of(Bytes(line).first(106)) == "more");
  CHECK(meaning_of(line) == "the line of its PROXY header has no end");
  line.back() = std::byte{'\r'}; // the end would be behind the 107th
  append(line, as_bytes("\n"));
  CHECK(meaning_of(line) == "the line of its PROXY header has no end");
}

TEST_CASE("proxy header: version 2 names both ends, and what stands behind them is skipped") {
  CHECK(meaning_in_pieces(v2("21 11 000c" + std::string(v4_ends))) ==
        "28 192.0.2.7:54321 198.51.100.1:7050");
  CHECK(meaning_in_pieces(v2("21 21 0024" + std::string(v6_ends))) ==
        "52 [2001:db8::7]:54321 [2001:db8::1]:7050");
  CHECK(meaning_in_pieces(
            v2("21 11 0018" + std::string(v4_ends) + "03 0004 11223344 05 0002 7878")) ==
        "40 192.0.2.7:54321 198.51.100.1:7050"); // a checksum, an identifier
  CHECK(meaning_in_pieces(v2("21 11 000e" + std::string(v4_ends) + "ffff")) ==
        "30 192.0.2.7:54321 198.51.100.1:7050"); // cut off, and not for us
}

TEST_CASE("proxy header: a balancer may speak for itself, or not say for whom") {
  CHECK(meaning_in_pieces(v2("20 00 0000")) == "16 own");
  CHECK(meaning_in_pieces(v2("20 11 000c" + std::string(v4_ends))) == "28 own");
  CHECK(meaning_in_pieces(v2("20 12 0001 00")) == "17 own"); // it does not count then
  CHECK(meaning_in_pieces(v2("21 00 0000")) == "16");
  CHECK(meaning_in_pieces(v2("21 00 0003 010203")) == "19");
  CHECK(meaning_in_pieces(v2("21 10 000c" + std::string(v4_ends))) == "28");
  CHECK(meaning_in_pieces(v2("21 31 00d8" + std::string(432, 'a'))) == "232"); // two paths
}

TEST_CASE("proxy header: bytes that are none are refused as soon as that is certain") {
  for (const auto& [hex, why] :
       {std::pair("11 11 000c", "its PROXY header is of version 1"),
        std::pair("31 11 000c", "its PROXY header is of version 3"),
        std::pair("21 11 000b", "the addresses of its PROXY header are cut off"),
        std::pair("21 21 0023", "the addresses of its PROXY header are cut off"),
        std::pair("21 31 00d7", "the addresses of its PROXY header are cut off"),
        std::pair("21 12 000c", "its PROXY header is of datagrams"),
        std::pair("21 11 0ff1", "its PROXY header is longer than 4096 bytes"),
        std::pair("20 00 ffff", "its PROXY header is longer than 4096 bytes")}) {
    INFO(hex);
    const auto header = v2(hex);
    CHECK(meaning_of(header) == why);
    CHECK(meaning_of(Bytes(header).first(15)) == "more");
  }
  for (const auto* hex : {"22 11 000c", "2f 11 000c", "21 41 000c", "21 13 000c", "21 f1 000c"}) {
    INFO(hex);
    CHECK(meaning_of(v2(hex)) ==
          "its PROXY header has a command, family or transport that nobody knows");
  }
  CHECK(meaning_of(v2("21 11 0ff0")) == "more");
}

TEST_CASE("proxy header: whoever has none is told from the first byte on") {
  const auto none = std::string("it has no PROXY header");
  CHECK(meaning_of(from_hex("00000005 00013ee13c001981 44000400")) == none);
  CHECK(meaning_of(text("G")) == none);
  CHECK(meaning_of(text("PROXy")) == none);
  CHECK(meaning_of(text("proxy TCP4")) == none);
  CHECK(meaning_of(from_hex("0d0a0d0a000d0a51554954 0b")) == none);
  CHECK(meaning_of(from_hex("16030100")) == none);
}

TEST_CASE("proxy header: each byte of a right one may be any other") {
  const auto line = text("PROXY TCP4 192.0.2.7 198.51.100.1 54321 7050\r\n");
  const auto binary = v2("21 11 000c" + std::string(v4_ends));
  for (const auto& right : {line, binary}) {
    for (std::size_t at = 0; at < right.size(); ++at) {
      for (unsigned value = 0; value < 256; ++value) {
        auto damaged = right;
        damaged[at] = static_cast<std::byte>(value);
        const auto header = parse_proxy_header(damaged);
        if (header && *header) {
          CHECK((*header)->size <= damaged.size());
        }
      }
    }
  }
}

TEST_CASE("proxy header: one of the same size that names nobody") {
  const std::string line = "PROXY TCP4 192.0.2.7 198.51.100.1 54321 7050\r\n";
  auto header = parse_proxy_header(text(line));
  REQUIRE((header && *header));
  CHECK(meaning_in_pieces(nameless(**header)) == "46");
  header = parse_proxy_header(text("PROXY UNKNOWN\r\n"));
  CHECK(meaning_in_pieces(nameless(header->value())) == "15");
  const auto of = [](std::string_view rest) {
    const auto found = parse_proxy_header(v2(rest));
    const auto made = nameless(found->value());
    CHECK(made.size() == v2(rest).size());
    return meaning_in_pieces(made);
  };
  CHECK(of(std::string("21 11 000c ") + v4_ends) == "28");
  CHECK(of(std::string("21 21 0029 ") + v6_ends + "04 0002 0000") == "57");
  CHECK(of("20 00 0000") == "16 own");
  CHECK(of("21 00 0002 abcd") == "18");
}

} // namespace dualcam::proxy_header_test
