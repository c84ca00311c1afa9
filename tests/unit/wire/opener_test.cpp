#include "dualcam/wire/opener.hpp"

#include "figures.hpp"
#include "session/session_testing.hpp"

namespace dualcam::opener_test {
namespace {

struct Case {
  std::string_view bytes;
  Opener opener;
  std::string_view text; ///< stands in the description
};

using namespace std::string_view_literals;

constexpr std::array cases{
    Case{"\x00\x00\x00\x05\x00\x01\x3e\xe1"sv, Opener::camera, "camera"},
    Case{"\x00\x0f"
         "350612071913857"sv,
         Opener::avl_handshake, "IMEI 350612071913857: this device sends tracking data (AVL)"},
    Case{"\x00\x00\x00\x00\x00\x00\x00\x36\x8e\x01"sv, Opener::avl_data, "tracking data (AVL)"},
    Case{"GET / HTTP/1.1\r\n"sv, Opener::http, "HTTP"},
    Case{"POST /x HTTP/1.1\r\n"sv, Opener::http, "HTTP"},
    Case{"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"sv, Opener::tls, "TLS"},
    Case{"\x03\x00\x00\x2b\x26\xe0\x00\x00\x00\x00\x00Cookie: mstshash=x"sv, Opener::rdp, "RDP"},
    Case{"\x00\x0f"
         "3506\x1b"
         "2071913857"sv,
         Opener::unknown, "000f3335"},
    Case{"PROXY TCP4 192.0.2.7 198.51.100.1 1 2\r\n"sv, Opener::proxy, "PROXY header"},
    Case{"\r\n\r\n\0\r\nQUIT\n\x21\x11"sv, Opener::proxy, "PROXY header"},
    Case{"SSH-2.0-x\r\n"sv, Opener::unknown, "opened with 5353482d"},
    Case{"\x1b[2J\x1b[H"sv, Opener::unknown, "1b5b324a"},
};

} // namespace

TEST_CASE("opener: each kind of peer is named") {
  for (const auto& peer : cases) {
    CAPTURE(peer.text);
    CHECK(recognise(as_bytes(peer.bytes)) == peer.opener);
    CHECK(describe(peer.opener, as_bytes(peer.bytes)).find(peer.text) != std::string::npos);
    CHECK(tracker_imei(as_bytes(peer.bytes)).has_value() == (peer.opener == Opener::avl_handshake));
    CHECK(tracker_imei(as_bytes(peer.bytes)).value_or(350612071913857) == 350612071913857);
  }
}

TEST_CASE("opener: the answer does not depend on how much has arrived") {
  for (const auto& peer : cases) {
    for (std::size_t size = 0; size <= peer.bytes.size(); ++size) {
      const auto opener = recognise(as_bytes(peer.bytes.substr(0, size)));
      CHECK((opener == Opener::unfinished || opener == peer.opener));
    }
  }
}

TEST_CASE("opener: an INIT is one of any protocol but 0, with an IMEI of 15 digits at most") {
  const auto begins = [](std::string_view hex) { return begins_with_init(from_hex(hex)); };
  CHECK(begins("0000 0005 00013ee13c001981 44000400"));
  CHECK(begins("0000 0005 00013ee13c001981 44000400 0001"));
  CHECK(begins("0000 0001 00013ee13c001981 00000000"));
  CHECK(begins("0000 0100 00013ee13c001981 44000400")); // 7 and above are as 6
  CHECK_FALSE(begins("0000 0000 00013ee13c001981 44000400"));
  CHECK_FALSE(begins("0001 0005 00013ee13c001981 44000400"));
  CHECK(begins("0000 0005 00038d7ea4c67fff 44000400"));
  CHECK_FALSE(begins("0000 0005 00038d7ea4c68000 44000400"));
  CHECK_FALSE(begins("0000 0005 00013ee13c001981 440004"));
  CHECK_FALSE(begins("00"));
  CHECK_FALSE(begins(""));
}

TEST_CASE("opener: a session ends with the name of the stranger, whole or byte by byte") {
  for (const auto& peer : cases) {
    if (peer.opener == Opener::camera) {
      continue;
    }
    TestHost whole;
    whole.receive(as_bytes(peer.bytes));
    TestHost bytewise;
    for (const auto byte : as_bytes(peer.bytes)) {
      bytewise.receive(Bytes(&byte, 1));
    }
    REQUIRE(whole.ended());
    REQUIRE(bytewise.ended());
    CHECK(whole.ended()->reason == Ended::Reason::stranger);
    CHECK(whole.ended()->text == bytewise.ended()->text);
    CHECK(whole.ended()->imei == tracker_imei(as_bytes(peer.bytes)));
    CHECK(bytewise.ended()->imei == whole.ended()->imei);
    CHECK(whole.ended()->text.find(peer.text) != std::string::npos);
    CHECK(whole.take_sent().empty());
  }
}

TEST_CASE("opener: a peer that says too little is named at its deadline or when it leaves") {
  TestHost silent;
  silent.wait(Milliseconds(60'000));
  CHECK(silent.ended()->text == "it said nothing");
  TestHost leaving;
  leaving.receive("4745");
  leaving.disconnect();
  CHECK(leaving.ended()->text == "not a camera: it said no more than 4745");
}

TEST_CASE("opener: hostile openers are refused in one line, whatever they say") {
  constexpr std::uint32_t seeds = 1'000;
  std::uint64_t count = 0;
  for (std::uint32_t seed = 0; seed < seeds; ++seed) {
    CAPTURE(seed);
    auto noise = random_bytes(4 + seed % 2'000, seed);
    noise[0] |= std::byte{1}; // no INIT
    for (const auto& peer : cases) {
      auto opening = ByteBuffer(as_bytes(peer.bytes).begin(), as_bytes(peer.bytes).end());
      append(opening, noise);
      for (const auto& bytes : {noise, peer.opener == Opener::camera ? noise : opening}) {
        TestHost host;
        host.receive(bytes);
        host.receive(bytes);
        host.disconnect();
        REQUIRE(host.events() == std::vector<std::string>{"ended"}); // nothing sent, nothing asked
        REQUIRE(host.ended()->reason == Ended::Reason::stranger);
        const auto& line = host.ended()->text;
        REQUIRE(std::ranges::all_of(line, [](char c) { return c >= ' ' && c <= '~'; }));
        REQUIRE(line.size() < 200);
        ++count;
      }
    }
  }
  figure("hostile openers", "session: HTTP, TLS, RDP, AVL, SSH, random bytes; seeds 0 to 999",
         count, "all refused, one line each", "one line each");
}

} // namespace dualcam::opener_test
