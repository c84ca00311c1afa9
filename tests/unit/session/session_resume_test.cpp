#include "dualcam/wire/crc16.hpp"
#include "dualcam/wire/crc64.hpp"
#include "session/session_testing.hpp"

namespace dualcam {
namespace {

constexpr auto init_front_photo = "0000 0005 00013ee13c001981 44000400";
constexpr std::uint32_t packets = 6;
const auto size_of_last = std::size_t{300};

ByteBuffer content(std::uint32_t seed = 1) {
  return random_bytes((packets - 1) * full_packet + size_of_last, seed);
}

/// DATA packets from `first` to the last one, as a device sends them behind a SYNC.
ByteBuffer packets_from(Bytes bytes, std::uint32_t first, std::uint16_t chain = 0) {
  ByteBuffer sent;
  for (auto rest = bytes.subspan((first - 1) * full_packet); !rest.empty();) {
    const auto payload = rest.first(std::min(rest.size(), full_packet));
    rest = rest.subspan(payload.size());
    chain = crc16(payload, chain);
    append(sent, encode(Data{payload, chain}));
  }
  return sent;
}

/// A host that holds `held` packets of `bytes` and wants the last `overlap` of them again, up to
/// where it waits for SYNC.
void go_on(TestHost& host, Bytes bytes, std::uint32_t held, std::uint32_t overlap) {
  const auto end = std::min<std::size_t>(held * full_packet, bytes.size());
  const auto begin = (held - overlap) * full_packet;
  host.held.assign(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(end));
  host.resume_point = {held - overlap + 1, held, begin, crc16(bytes.first(begin)), {}};
  const auto again = bytes.subspan(begin, end - begin);
  host.resume_point.overlap.assign(again.begin(), again.end());
  host.receive(init_front_photo);
  host.receive(encode(Start{packets}));
  CHECK(to_hex(host.take_sent())
            .ends_with("0002000400"
                       "00000" +
                       std::to_string(held - overlap + 1)));
}

constexpr ServerConfig no_metadata{.metadata = false};

/// The end of `bytes` from this packet on.
FileTail tail_of(Bytes bytes, std::uint32_t packet) {
  const auto tail = bytes.subspan((packet - 1) * full_packet);
  return {packet, bytes.size() - tail.size(), tail.size(), crc64(tail)};
}

/// A host that has stored files with these ends, up to where it waits for SYNC.
void compare(TestHost& host, std::vector<FileTail> known) {
  host.resume_point = {.packet = known.front().packet};
  for (const auto& tail : known) {
    host.resume_point.packet = std::min(host.resume_point.packet, tail.packet);
  }
  host.resume_point.known = std::move(known);
  host.receive(init_front_photo);
  host.receive(encode(Start{packets}));
}

} // namespace

TEST_CASE("resuming: goes on behind what is held once the overlap is the same") {
  const auto bytes = content();
  for (const bool chain_goes_on : {false, true}) {
    for (std::uint32_t held = 1; held <= packets; ++held) {
      for (std::uint32_t overlap = 1; overlap <= held; ++overlap) {
        TestHost host(no_metadata);
        go_on(host, bytes, held, overlap);
        const auto first = held - overlap + 1;
        host.receive(encode(Sync{first}));
        const auto chain = chain_goes_on ? host.resume_point.crc : std::uint16_t{0};
        host.receive(packets_from(bytes, first, chain));
        INFO(held << " held, " << overlap << " again");
        REQUIRE(host.files().size() == 1);
        CHECK(host.files()[0].content == bytes);
        CHECK(host.files()[0].crc == crc16(bytes));
        CHECK_FALSE(host.has_event("replaced"));
      }
    }
  }
}

TEST_CASE("resuming: every single changed bit of the overlap means another file, fetched whole") {
  const auto bytes = content();
  for (std::size_t bit = 0; bit < full_packet * 8; bit += 41) {
    auto other = bytes;
    other[2 * full_packet + bit / 8] ^= static_cast<std::byte>(1U << bit % 8);
    TestHost host(no_metadata);
    go_on(host, bytes, 3, 1);
    host.receive(encode(Sync{3}));
    host.receive(packets_from(other, 3));
    REQUIRE(host.has_event("replaced"));
    CHECK(to_hex(host.take_sent()) == "0002000400000001");
    host.receive(encode(Sync{1}));
    host.receive(packets_from(other, 1));
    REQUIRE(host.files().size() == 1);
    CHECK(host.files()[0].content == other);
  }
}

TEST_CASE("resuming: a replacement that differs behind the first compared packet is noticed") {
  const auto bytes = content();
  auto other = bytes;
  other[3 * full_packet + 5] ^= std::byte{1};
  TestHost host(no_metadata);
  go_on(host, bytes, 4, 3);
  host.receive(encode(Sync{2}));
  host.receive(packets_from(other, 2));
  CHECK(host.has_event("replaced"));
}

TEST_CASE("resuming: a shorter last packet is another file") {
  const auto bytes = content();
  TestHost host(no_metadata);
  go_on(host, bytes, packets, 1);
  host.receive(encode(Sync{packets}));
  host.receive(packets_from(Bytes(bytes).first(bytes.size() - 1), packets));
  CHECK(host.has_event("replaced"));
  CHECK(host.files().empty());
}

TEST_CASE("resuming: a device that refuses the packet is asked for the whole file") {
  const auto bytes = content();
  TestHost host(no_metadata);
  go_on(host, bytes, 4, 1);
  host.receive(encode(Status{6}));
  CHECK(to_hex(host.take_sent()) == "0002000400000001");
  host.receive(encode(Sync{1}));
  host.receive(packets_from(bytes, 1));
  REQUIRE(host.files().size() == 1);
  CHECK(host.files()[0].content == bytes);
  CHECK_FALSE(host.has_event("refused 6"));
}

TEST_CASE("resuming: a device that goes back further than asked only repeats itself") {
  const auto bytes = content();
  TestHost host(no_metadata);
  go_on(host, bytes, 4, 1);
  host.receive(encode(Sync{1}));
  host.receive(packets_from(bytes, 1));
  REQUIRE(host.files().size() == 1);
  CHECK(host.files()[0].content == bytes);
}

TEST_CASE("resuming: a bad packet within the overlap is asked for again, not taken for a "
          "difference") {
  const auto bytes = content();
  TestHost host(no_metadata);
  go_on(host, bytes, 4, 2);
  host.receive(encode(Sync{3}));
  auto damaged = packets_from(bytes, 3);
  damaged[100] ^= std::byte{1};
  host.receive(damaged);
  CHECK_FALSE(host.has_event("replaced"));
  CHECK(to_hex(host.take_sent()) == "0002000400000003");
  host.receive(encode(Sync{3}));
  host.receive(packets_from(bytes, 3));
  REQUIRE(host.files().size() == 1);
  CHECK(host.files()[0].content == bytes);
}

TEST_CASE("known files: the end is compared, nothing is handed over") {
  const auto bytes = content();
  for (std::uint32_t packet = 1; packet <= packets; ++packet) {
    TestHost host(no_metadata);
    compare(host, {tail_of(bytes, packet)});
    CHECK(to_hex(host.take_sent()).ends_with("000200040000000" + std::to_string(packet)));
    host.receive(encode(Sync{packet}));
    host.receive(packets_from(bytes, packet));
    CHECK(host.has_event("known 0"));
    CHECK_FALSE(host.has_event("replaced"));
    CHECK_FALSE(host.has_event("data " + std::to_string(packet)));
    CHECK(to_hex(host.take_sent()) == "0009"); // acknowledged
  }
}

TEST_CASE("known files: of several it is the one that agrees, wherever their ends begin") {
  const auto bytes = content();
  const auto other = content(2);
  for (std::size_t same = 0; same < 3; ++same) {
    std::vector<FileTail> known{tail_of(other, 3), tail_of(other, 1), tail_of(other, 6)};
    known[same] = tail_of(bytes, known[same].packet);
    TestHost host(no_metadata);
    compare(host, known);
    CHECK(to_hex(host.take_sent()).ends_with("0002000400000001"));
    host.receive(encode(Sync{1}));
    host.receive(packets_from(bytes, 1));
    CHECK(host.has_event("known " + std::to_string(same)));
  }
}

TEST_CASE("known files: any difference means another file, fetched whole") {
  const auto bytes = content();
  for (std::size_t at = 3 * full_packet; at < bytes.size(); at += 97) {
    auto other = bytes;
    other[at] ^= std::byte{0x10};
    TestHost host(no_metadata);
    compare(host, {tail_of(bytes, 4)});
    host.receive(encode(Sync{4}));
    host.receive(packets_from(other, 4));
    REQUIRE(host.has_event("replaced"));
    CHECK(to_hex(host.take_sent()).ends_with("0002000400000001"));
    host.receive(encode(Sync{1}));
    host.receive(packets_from(other, 1));
    REQUIRE(host.files().size() == 1);
    CHECK(host.files()[0].content == other);
  }
}

TEST_CASE("known files: a shorter last packet is another file") {
  auto bytes = content();
  std::fill(bytes.end() - 300, bytes.end(), std::byte{0});
  TestHost host(no_metadata);
  compare(host, {tail_of(bytes, 5)});
  host.receive(encode(Sync{5}));
  host.receive(packets_from(Bytes(bytes).first(bytes.size() - 1), 5));
  CHECK(host.has_event("replaced"));
}

TEST_CASE("known files: a device that cannot go back to the end is asked for the whole file") {
  const auto bytes = content();
  const std::vector<ByteBuffer> answers{encode(Status{6}), encode(Status{16}), {}};
  for (const auto& answer : answers) {
    TestHost host(no_metadata);
    compare(host, {tail_of(bytes, 4)});
    host.receive(answer);
    host.wait(Milliseconds(answer.empty() ? 20'000 : 0)); // silent: after the attempts
    REQUIRE(host.has_event("replaced"));
    CHECK(to_hex(host.take_sent()).ends_with("0002000400000001"));
    host.receive(encode(Sync{1}));
    host.receive(packets_from(bytes, 1));
    REQUIRE(host.files().size() == 1);
    CHECK(host.files()[0].content == bytes);
  }
}

TEST_CASE("known files: a device whose CRC goes on from another file's is asked for the whole") {
  const auto bytes = content();
  TestHost host(no_metadata);
  compare(host, {tail_of(content(2), 4)});
  while (!host.has_event("replaced")) {
    REQUIRE_FALSE(host.ended());
    host.receive(encode(Sync{4}));
    host.receive(packets_from(bytes, 4, crc16(Bytes(bytes).first(3 * full_packet))));
  }
}

TEST_CASE("known files: another file may be skipped, and what comes behind it is not compared") {
  const auto bytes = content();
  TestHost host(no_metadata);
  host.resume_point = {.packet = 4, .known = {tail_of(bytes, 4)}};
  host.receive("0000 0005 00013ee13c001981 4c000400"); // a rear photo, too
  host.receive(encode(Start{packets}));
  host.skipped = FileKinds(0x04);
  host.receive(encode(Sync{4}));
  host.receive(packets_from(content(2), 4));
  CHECK(host.has_event("replaced"));
  CHECK(host.has_event("offered photor"));
  host.resume_point = {};
  host.receive(encode(Status{6})); // no answer to a comparison
  CHECK(host.has_event("refused 6"));
}

TEST_CASE("session: kinds that are to be last are asked for behind all others") {
  const auto bytes = content();
  const auto fetch = [&](TestHost& host) {
    host.receive(encode(Start{packets}));
    host.receive(encode(Sync{1}));
    host.receive(packets_from(bytes, 1));
  };
  TestHost host(no_metadata);
  host.last = FileKinds(0x04);
  host.receive("0000 0005 00013ee13c001981 4c000400");
  CHECK(host.has_event("offered photor"));
  CHECK_FALSE(host.has_event("offered photof"));
  fetch(host);
  CHECK_FALSE(host.has_event("offered photof"));
  host.receive("0000 0005 00013ee13c001981 54000400"); // a video has come meanwhile
  CHECK(host.has_event("offered videof"));
  CHECK_FALSE(host.has_event("offered photof"));
  fetch(host);
  host.receive("0000 0005 00013ee13c001981 44000400");
  CHECK(host.has_event("offered photof"));
  fetch(host);
  CHECK(host.files().size() == 3);
}

TEST_CASE("session: a device that hangs up while a kind that is to be last is left is not done") {
  TestHost host(no_metadata);
  host.last = FileKinds(0x04);
  host.receive("0000 0005 00013ee13c001981 4c000400");
  host.receive(encode(Start{packets}));
  host.receive(encode(Sync{1}));
  host.receive(packets_from(content(), 1));
  host.disconnect();
  REQUIRE(host.ended());
  CHECK(host.ended()->reason == Ended::Reason::lost);
}

TEST_CASE("session: the next INIT acknowledges what was stored") {
  const auto bytes = content();
  TestHost host(no_metadata);
  host.receive(init_front_photo);
  host.receive(encode(Start{packets}));
  host.receive(encode(Sync{1}));
  host.receive(packets_from(bytes, 1));
  CHECK_FALSE(host.has_event("acknowledged"));
  host.receive("0000 0005 00013ee13c001981 40000400");
  CHECK(host.has_event("acknowledged"));
}

} // namespace dualcam
