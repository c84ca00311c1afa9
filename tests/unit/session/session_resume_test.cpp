#include "dualcam/wire/crc16.hpp"
#include "dualcam/wire/crc64.hpp"
#include "session/dialects.hpp"
#include "session/session_testing.hpp"

namespace dualcam::session_resume_test {
namespace {

constexpr auto init_front_photo = "0000 0005 00013ee13c001981 44000400";
constexpr std::size_t packets = 6;
constexpr ServerConfig no_metadata{.wanted = Wishes::all(), .metadata = false};

/// Six packets, the last one shorter.
ByteBuffer content(const Dialect& dialect, std::uint32_t seed = 1) {
  return random_bytes((packets - 1) * dialect.packet + 300, seed);
}

std::string resume(const Dialect& dialect, std::size_t packet) {
  return to_hex(encode(Resume{dialect.number((packet - 1) * dialect.packet)}));
}

void sync(TestHost& host, const Dialect& dialect, std::size_t packet) {
  host.receive(encode(Sync{dialect.number((packet - 1) * dialect.packet)}));
}

/// SYNC and all packets from this one on, and no more: the last one alone may seem a full one.
void send_from(TestHost& host, const Dialect& dialect, Bytes bytes, std::size_t packet) {
  sync(host, dialect, packet);
  host.receive(dialect.packets_from(bytes, (packet - 1) * dialect.packet));
  host.wait(ServerConfig().more_wait);
}

/// A host that holds `held` packets of `bytes` and wants the last `overlap` of them again, up to
/// where it waits for SYNC.
void go_on(TestHost& host, const Dialect& dialect, Bytes bytes, std::size_t held,
           std::size_t overlap) {
  const auto end = std::min(held * dialect.packet, bytes.size());
  const auto begin = (held - overlap) * dialect.packet;
  host.held.assign(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(end));
  host.resume_point = {static_cast<std::uint32_t>(held - overlap + 1),
                       static_cast<std::uint32_t>(held),
                       begin,
                       crc16(bytes.first(begin)),
                       {}};
  const auto again = bytes.subspan(begin, end - begin);
  host.resume_point.overlap.assign(again.begin(), again.end());
  host.receive(dialect.opening(dialect.announced(bytes)));
  CHECK(to_hex(host.take_sent()).ends_with(resume(dialect, held - overlap + 1)));
}

/// The end of `bytes` from this packet on.
FileTail tail_of(const Dialect& dialect, Bytes bytes, std::size_t packet) {
  const auto offset = (packet - 1) * dialect.packet;
  return {static_cast<std::uint32_t>(packet), offset, bytes.size() - offset,
          crc64(bytes.subspan(offset))};
}

/// A host that has stored files with these ends, up to where it waits for SYNC.
void compare(TestHost& host, const Dialect& dialect, std::vector<FileTail> known) {
  const auto bytes = content(dialect);
  const auto first = *std::ranges::min_element(known, {}, &FileTail::packet);
  host.resume_point = {.packet = first.packet, .offset = first.offset, .known = std::move(known)};
  host.receive(dialect.opening(dialect.announced(bytes)));
}

void check_only_file(const TestHost& host, const ByteBuffer& bytes) {
  REQUIRE(host.files().size() == 1);
  CHECK((host.files()[0].content == bytes));
  CHECK(host.files()[0].crc == crc16(bytes));
}

} // namespace

TEST_CASE("resuming: goes on behind what is held once the overlap is the same") {
  for (const auto& dialect : dialects()) {
    const auto bytes = content(dialect);
    for (const bool chain_goes_on : {false, true}) {
      for (std::size_t held = 1; held <= packets; ++held) {
        for (std::size_t overlap = 1; overlap <= held; ++overlap) {
          CAPTURE(dialect.name, held, overlap);
          TestHost host(no_metadata);
          go_on(host, dialect, bytes, held, overlap);
          sync(host, dialect, held - overlap + 1);
          const auto chain = chain_goes_on ? host.resume_point.crc : std::uint16_t{0};
          host.receive(dialect.packets_from(bytes, host.resume_point.offset, chain));
          host.wait(ServerConfig().more_wait);
          check_only_file(host, bytes);
          CHECK_FALSE(host.has_event("replaced"));
        }
      }
    }
  }
}

TEST_CASE("resuming: every single changed bit of the overlap means another file, fetched whole") {
  for (const auto& dialect : dialects()) {
    const auto bytes = content(dialect);
    for (std::size_t bit = 0; bit < dialect.packet * 8; bit += 41 * dialect.packet / 1000) {
      auto other = bytes;
      other[2 * dialect.packet + bit / 8] ^= static_cast<std::byte>(1U << bit % 8);
      TestHost host(no_metadata);
      go_on(host, dialect, bytes, 3, 1);
      send_from(host, dialect, other, 3);
      REQUIRE(host.has_event("replaced"));
      CHECK(to_hex(host.take_sent()) == resume(dialect, 1));
      send_from(host, dialect, other, 1);
      check_only_file(host, other);
    }
  }
}

TEST_CASE("resuming: a replacement that differs behind the first compared packet is noticed") {
  for (const auto& dialect : dialects()) {
    const auto bytes = content(dialect);
    auto other = bytes;
    other[3 * dialect.packet + 5] ^= std::byte{1};
    TestHost host(no_metadata);
    go_on(host, dialect, bytes, 4, 3);
    send_from(host, dialect, other, 2);
    CHECK(host.has_event("replaced"));
  }
}

TEST_CASE("resuming: a shorter last packet is another file, or by path not yet the whole") {
  for (const auto& dialect : dialects()) {
    const auto bytes = content(dialect);
    TestHost host(no_metadata);
    go_on(host, dialect, bytes, packets, 1);
    send_from(host, dialect, Bytes(bytes).first(bytes.size() - 1), packets);
    CHECK(host.has_event("replaced") == !dialect.by_path());
    CHECK(host.files().empty());
  }
}

TEST_CASE("resuming: a device that refuses the packet is asked for the whole file") {
  for (const auto& dialect : dialects()) {
    const auto bytes = content(dialect);
    TestHost host(no_metadata);
    go_on(host, dialect, bytes, 4, 1);
    host.receive(encode(Status{6}));
    CHECK(to_hex(host.take_sent()) == resume(dialect, 1));
    send_from(host, dialect, bytes, 1);
    check_only_file(host, bytes);
    CHECK_FALSE(host.has_event("refused 6"));
  }
}

TEST_CASE("resuming: a device that goes back further than asked only repeats itself") {
  for (const auto& dialect : dialects()) {
    const auto bytes = content(dialect);
    for (std::size_t packet = 1; packet <= 4; ++packet) {
      TestHost host(no_metadata);
      go_on(host, dialect, bytes, 4, 1);
      send_from(host, dialect, bytes, packet);
      check_only_file(host, bytes);
    }
  }
}

TEST_CASE("resuming: a chain that goes on from further back than is known is believed when it "
          "comes to what is") {
  for (const auto& dialect : dialects()) {
    const auto bytes = content(dialect);
    for (std::size_t packet = 2; packet <= 4; ++packet) {
      const auto offset = (packet - 1) * dialect.packet;
      const auto right = crc16(Bytes(bytes).first(offset));
      for (const bool is_right : {true, false}) {
        TestHost host(no_metadata);
        go_on(host, dialect, bytes, 5, 1);
        sync(host, dialect, packet);
        const auto chain = static_cast<std::uint16_t>(is_right ? right : right + 1);
        host.receive(dialect.packets_from(bytes, offset, chain));
        host.wait(ServerConfig().more_wait);
        CAPTURE(dialect.name, packet, is_right);
        CHECK_FALSE(host.has_event("replaced"));
        if (is_right) {
          check_only_file(host, bytes);
        } else {
          CHECK(host.files().empty());
          CHECK(to_hex(host.take_sent()).starts_with(resume(dialect, 5)));
        }
      }
    }
  }
}

TEST_CASE("resuming: a bad packet within the overlap is asked for again, not taken for a "
          "difference") {
  for (const auto& dialect : dialects()) {
    const auto bytes = content(dialect);
    TestHost host(no_metadata);
    go_on(host, dialect, bytes, 4, 2);
    sync(host, dialect, 3);
    auto damaged = dialect.packets_from(bytes, 2 * dialect.packet);
    damaged[100] ^= std::byte{1};
    host.receive(damaged);
    CHECK_FALSE(host.has_event("replaced"));
    CHECK(to_hex(host.take_sent()) == resume(dialect, 3));
    send_from(host, dialect, bytes, 3);
    check_only_file(host, bytes);
  }
}

TEST_CASE("known files: the end is compared, nothing is handed over") {
  for (const auto& dialect : dialects()) {
    const auto bytes = content(dialect);
    for (std::size_t packet = 1; packet <= packets; ++packet) {
      TestHost host(no_metadata);
      compare(host, dialect, {tail_of(dialect, bytes, packet)});
      CHECK(to_hex(host.take_sent()).ends_with(resume(dialect, packet)));
      send_from(host, dialect, bytes, packet);
      CHECK(host.has_event("known 0"));
      CHECK_FALSE(host.has_event("replaced"));
      CHECK(host.files().empty());
      CHECK(to_hex(host.take_sent()) == "0009"); // acknowledged
    }
  }
}

TEST_CASE("known files: of several it is the one that agrees, wherever their ends begin") {
  for (const auto& dialect : dialects()) {
    const auto bytes = content(dialect);
    const auto other = content(dialect, 2);
    for (std::size_t same = 0; same < 3; ++same) {
      constexpr std::array<std::size_t, 3> begins{3, 1, 6};
      std::vector<FileTail> known;
      for (std::size_t i = 0; i < 3; ++i) {
        known.push_back(tail_of(dialect, i == same ? bytes : other, begins[i]));
      }
      TestHost host(no_metadata);
      compare(host, dialect, known);
      CHECK(to_hex(host.take_sent()).ends_with(resume(dialect, 1)));
      send_from(host, dialect, bytes, 1);
      CHECK(host.has_event("known " + std::to_string(same)));
    }
  }
}

TEST_CASE("known files: any difference means another file, fetched whole") {
  for (const auto& dialect : dialects()) {
    const auto bytes = content(dialect);
    for (std::size_t at = 3 * dialect.packet; at < bytes.size(); at += 97 * dialect.packet / 1000) {
      auto other = bytes;
      other[at] ^= std::byte{0x10};
      TestHost host(no_metadata);
      compare(host, dialect, {tail_of(dialect, bytes, 4)});
      send_from(host, dialect, other, 4);
      REQUIRE(host.has_event("replaced"));
      CHECK(to_hex(host.take_sent()).ends_with(resume(dialect, 1)));
      send_from(host, dialect, other, 1);
      check_only_file(host, other);
    }
  }
}

TEST_CASE("known files: a shorter last packet is another file, or by path not yet the whole") {
  for (const auto& dialect : dialects()) {
    auto bytes = content(dialect);
    std::fill(bytes.end() - 300, bytes.end(), std::byte{0});
    TestHost host(no_metadata);
    compare(host, dialect, {tail_of(dialect, bytes, 5)});
    send_from(host, dialect, Bytes(bytes).first(bytes.size() - 1), 5);
    CHECK(host.has_event("replaced") == !dialect.by_path());
    CHECK_FALSE(host.has_event("known 0"));
  }
}

TEST_CASE("known files: a device that cannot go back to the end is asked for the whole file") {
  for (const auto& dialect : dialects()) {
    const auto bytes = content(dialect);
    for (const auto& answer : {encode(Status{6}), encode(Status{16}), ByteBuffer()}) {
      TestHost host(no_metadata);
      compare(host, dialect, {tail_of(dialect, bytes, 4)});
      host.receive(answer);
      host.wait(Milliseconds(answer.empty() ? 20'000 : 0)); // silent: after the attempts
      REQUIRE(host.has_event("replaced"));
      CHECK(to_hex(host.take_sent()).ends_with(resume(dialect, 1)));
      send_from(host, dialect, bytes, 1);
      check_only_file(host, bytes);
    }
  }
}

TEST_CASE("known files: a device whose CRC goes on from another file's is asked for the whole") {
  for (const auto& dialect : dialects()) {
    const auto bytes = content(dialect);
    const auto begin = 3 * dialect.packet;
    TestHost host(no_metadata);
    compare(host, dialect, {tail_of(dialect, content(dialect, 2), 4)});
    while (!host.has_event("replaced")) {
      REQUIRE_FALSE(host.ended());
      sync(host, dialect, 4);
      host.receive(dialect.packets_from(bytes, begin, crc16(Bytes(bytes).first(begin))));
    }
  }
}

TEST_CASE("known files: another file may be skipped, and what comes behind it is not compared") {
  const auto& dialect = dialects()[0]; // by kind
  const auto bytes = content(dialect);
  TestHost host(no_metadata);
  host.resume_point = {.packet = 4, .known = {tail_of(dialect, bytes, 4)}};
  host.receive("0000 0005 00013ee13c001981 4c000400"); // a rear photo, too
  host.receive(encode(Start{packets}));
  host.skipped = FileKinds(0x04);
  send_from(host, dialect, content(dialect, 2), 4);
  CHECK(host.has_event("replaced"));
  CHECK(host.has_event("offered photor"));
  host.resume_point = {};
  host.receive(encode(Status{6})); // no answer to a comparison
  CHECK(host.has_event("refused 6"));
}

TEST_CASE("session: kinds that are to be last are asked for behind all others") {
  const auto& dialect = dialects()[0]; // by kind
  const auto bytes = content(dialect);
  const auto fetch = [&](TestHost& host) {
    host.receive(encode(Start{packets}));
    send_from(host, dialect, bytes, 1);
  };
  TestHost host(no_metadata);
  host.last = {.kinds = FileKinds(0x04)};
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
  host.last = {.kinds = FileKinds(0x04)};
  host.receive("0000 0005 00013ee13c001981 4c000400");
  host.receive(encode(Start{packets}));
  send_from(host, dialects()[0], content(dialects()[0]), 1);
  host.disconnect();
  REQUIRE(host.ended());
  CHECK(host.ended()->reason == Ended::Reason::lost);
}

TEST_CASE("session: the next INIT acknowledges what was stored") {
  const auto& dialect = dialects()[0]; // by kind
  const auto bytes = content(dialect);
  TestHost host(no_metadata);
  host.receive(init_front_photo);
  host.receive(encode(Start{packets}));
  send_from(host, dialect, bytes, 1);
  CHECK_FALSE(host.has_event("acknowledged"));
  host.receive("0000 0005 00013ee13c001981 40000400");
  CHECK(host.has_event("acknowledged"));
}

} // namespace dualcam::session_resume_test
