// Files by path, of every family: dualcam-protocol(7), FILES BY PATH. The bytes are its vectors.
#include "session/conversation.hpp"

namespace dualcam {
namespace {

using namespace std::string_literals;

constexpr ServerConfig by_path{.wanted = Wishes::all()};
constexpr ServerConfig without_metadata{.wanted = Wishes::all(), .metadata = false};
constexpr auto init_path = "0000 0006 00013ee13c001981 42000400";
constexpr auto init_nothing = "0000 0006 00013ee13c001981 40000400";
constexpr auto ask_path = "000c00020000";
constexpr auto start_9 = "0001 0006 00000009 ffff"; // its last bytes may be anything
constexpr auto sync_0 = "0003 0004 00000000";
constexpr auto resume_0 = "0002000400000000";
constexpr auto close = "00000000";

/// "123456789" in packets of 4.
constexpr std::array data{"0004 0006 31323334 8832", "0004 0006 35363738 8b19",
                          "0004 0003 39 2189"};
constexpr std::array enhanced{"000e 000a 00000000 31323334 8832",
                              "000e 000a 00000004 35363738 8b19", "000e 0007 00000008 39 2189"};

struct Family {
  std::uint16_t protocol;
  std::string path;
  ByteBuffer metadata;
  bool is_asked_by_path; ///< METADATA REQUEST carries it
};

std::vector<Family> families() {
  const auto adas = from_hex("67162311 00 05 0342a982 fe7e435d 0a");
  const auto dsm = from_hex("6532edcc 01 0d fcbd567e 0181bca3 0109 454e4f44204e484f4a00");
  const auto text = R"({"version":1,"file":{"file_type":1,"file_timestamp":1729504017}})"s;
  const ByteBuffer json(as_bytes(text).begin(), as_bytes(text).end());
  return {
      {5, "mdas9/picture/251021/094657.jpg\0"s, adas, false},
      {6, "mdas9/picture/251021/094657.jpg\0"s, adas, false},
      {5, "dsm/picture/231020/231452.jpg\0"s, dsm, false},
      {6, "dsm/video/231020/231452.mp4"s, dsm, false},
      {6, "dualcam_front/picture/251021/094657.jpg\0"s, json, true},
      {7, "dualcam_rear/video/251021/094657.h265\0"s, json, true},
      {6, "dashcam/video/251021/094657.mp4\0"s, json, true},
      {5, "dashcam/video/251021/094657.mp4\0"s, {}, true},
      {6, "other/thing"s, json, true}, // nobody knows it
      {6, "dsm/"s + std::string(65'531, 'x'), dsm, false},
      {6, "../../etc/passwd\0"s, json, true},
  };
}

std::string command(const char* id, std::string_view payload) {
  constexpr auto digits = "0123456789abcdef";
  std::string hex = id;
  for (int shift = 12; shift >= 0; shift -= 4) {
    hex += digits[payload.size() >> shift & 0xF];
  }
  return hex + to_hex(as_bytes(payload));
}

/// Up to where the file has been asked for.
void ask(TestHost& host, std::string_view path) {
  host.receive(init_path);
  host.receive(encode(Path{path}));
  host.take_sent();
}

/// Up to the first packet.
void open(TestHost& host, std::uint32_t announced, std::string_view path = "dsm/picture/a.jpg") {
  ask(host, path);
  host.receive(encode(Start{announced}));
  host.receive(sync_0);
  host.take_sent();
}

auto notes_of(const TestHost& host) {
  return std::ranges::count_if(host.events(),
                               [](const auto& event) { return event.starts_with("note "); });
}

ByteBuffer packets_of(Bytes bytes, std::size_t size) {
  ByteBuffer sent;
  std::uint16_t chain = 0;
  for (auto rest = bytes; !rest.empty(); rest = rest.subspan(std::min(size, rest.size()))) {
    const auto payload = rest.first(std::min(size, rest.size()));
    chain = crc16(payload, chain);
    append(sent, encode(Data{payload, chain}));
  }
  return sent;
}

} // namespace

TEST_CASE("path: every family's file comes, to the byte, by DATA and by ENHANCED DATA") {
  for (const auto& family : families()) {
    for (const auto& packets : {data, enhanced}) {
      TestHost host(by_path);
      auto init = from_hex(init_path);
      init[3] = static_cast<std::byte>(family.protocol);
      host.receive(init);
      CHECK(to_hex(host.take_sent()) == ask_path);
      host.receive(encode(Path{family.path}));
      CHECK(to_hex(host.take_sent()) ==
            command("000a", family.is_asked_by_path ? family.path : ""));
      host.receive(encode(MetadataResponse{family.metadata}));
      CHECK(host.has_event("metadata " + FileRef::of_path(family.path)->text() + ' ' +
                           to_hex(family.metadata)));
      CHECK(to_hex(host.take_sent()) == command("0008", family.path));
      host.receive(start_9);
      CHECK(to_hex(host.take_sent()) == resume_0);
      host.receive(sync_0);
      for (const auto* packet : packets) {
        CHECK(host.files().empty());
        host.receive(packet);
      }
      REQUIRE(host.files().size() == 1);
      CHECK(as_text(host.files()[0].content) == "123456789");
      CHECK(host.files()[0].file.request() == family.path);
      CHECK(host.files()[0].crc == 0x2189);
      CHECK(to_hex(host.take_sent()) == "0009");
      auto nothing = from_hex(init_nothing);
      nothing[3] = static_cast<std::byte>(family.protocol);
      host.receive(nothing);
      CHECK(to_hex(host.take_sent()) == close);
      REQUIRE(host.ended());
      CHECK(host.ended()->reason == Ended::Reason::finished);
    }
  }
}

TEST_CASE("path: it goes first, and a DualCam's kinds wait for the next INIT") {
  TestHost host(without_metadata);
  host.receive("0000 0005 00013ee13c001981 46000400");
  CHECK(to_hex(host.take_sent()) == ask_path);
  host.receive("000d 0005 64736d2f61");
  host.receive(start_9);
  host.receive(sync_0);
  for (const auto* packet : data) {
    host.receive(packet);
  }
  CHECK(to_hex(host.take_sent()).ends_with("0009"));
  host.receive("0000 0005 00013ee13c001981 44000400");
  CHECK(to_hex(host.take_sent()) == "000800072570686f746f66");
}

TEST_CASE("path: from protocol 6 on a DualCam's bits alone are asked for by path, once") {
  TestHost host(by_path);
  host.receive("0000 0006 00013ee13c001981 44000400");
  CHECK(to_hex(host.take_sent()) == ask_path);
  host.wait(Milliseconds(10'000));
  CHECK(to_hex(host.take_sent()) == close);
  REQUIRE(host.ended());
  CHECK(host.ended()->reason == Ended::Reason::unsupported);
}

TEST_CASE("path: nothing on offer is CLOSE, and no path is asked for unless it is wanted") {
  TestHost nothing(by_path);
  nothing.receive(init_nothing);
  CHECK(to_hex(nothing.take_sent()) == close);
  CHECK(nothing.ended()->reason == Ended::Reason::finished);
  TestHost unwanted;
  unwanted.receive("0000 0005 00013ee13c001981 42000400");
  CHECK(to_hex(unwanted.take_sent()) == close);
  CHECK(unwanted.ended()->reason == Ended::Reason::finished);
}

TEST_CASE("path: a device that does not tell it is left, its DualCam kinds are fetched before") {
  const auto refusal = encode(Status{17});
  const auto empty = encode(Path{""});
  const auto nul = encode(Path{std::string_view("\0", 1)});
  for (const auto& answer : {ByteBuffer(), refusal, empty, nul}) {
    TestHost host(without_metadata);
    host.receive("0000 0005 00013ee13c001981 46000400");
    host.take_sent();
    host.receive(answer);
    host.wait(Milliseconds(10'000));
    CHECK(to_hex(host.take_sent()) == "000800072570686f746f66");
    host.receive("0001 0006 00000001 0000");
    host.receive("0003 0004 00000001 0004 0003 61 728f");
    host.receive("0000 0005 00013ee13c001981 42000400");
    REQUIRE(host.ended());
    CHECK(host.files().size() == 1);
    CHECK(host.ended()->reason == Ended::Reason::unsupported);
  }
}

TEST_CASE("path: the first 7 bytes are the other way to ask, once, and remembered if they serve") {
  const auto path = "dashcam/video/251021/094657.mp4\0"s;
  const auto whole = command("0008", path);
  const auto first7 = command("0008", "dashcam");
  const auto refusal = encode(Status{17});
  for (const auto& answer : {ByteBuffer(), refusal}) {
    TestHost host(without_metadata);
    host.receive(init_path);
    host.receive(encode(Path{path}));
    CHECK(to_hex(host.take_sent()).ends_with(whole));
    host.receive(answer);
    if (answer.empty()) {
      host.wait(Milliseconds(10'000));
    }
    CHECK(to_hex(host.take_sent()) == first7);
    SECTION("serve") {
      host.receive(start_9);
      host.receive(sync_0);
      for (const auto* packet : data) {
        host.receive(packet);
      }
      host.receive(init_path);
      host.receive(encode(Path{path}));
      CHECK(to_hex(host.take_sent()).ends_with(first7));
    }
    SECTION("do not serve") {
      host.receive(refusal);
      CHECK(host.has_event("refused 17"));
      CHECK(to_hex(host.take_sent()) == "0009");
      const auto next = "dashcam/video/251021/094658.mp4"s;
      host.receive(init_path);
      host.receive(encode(Path{next})); // of this one nothing is known
      CHECK(to_hex(host.take_sent()).ends_with(command("0008", next)));
    }
  }
}

TEST_CASE(
    "path: a device that tells metadata by the whole path may know the file by 7 bytes only") {
  const auto path = "dashcam/video/251021/094657.mp4\0"s;
  TestHost host(by_path);
  host.receive(init_path);
  host.receive(encode(Path{path}));
  host.receive("000b 0002 7b7d");
  CHECK(to_hex(host.take_sent()).ends_with(command("0008", path)));
  host.receive(encode(Status{17}));
  CHECK(to_hex(host.take_sent()) == command("0008", "dashcam"));
}

TEST_CASE("path: METADATA REQUEST, too, is tried by the first 7 bytes, then done without") {
  const auto path = "dualcam_front/picture/251021/094657.jpg\0"s;
  TestHost host(by_path);
  host.receive(init_path);
  host.receive(encode(Path{path}));
  CHECK(to_hex(host.take_sent()) == ask_path + command("000a", path));
  host.wait(Milliseconds(10'000));
  CHECK(to_hex(host.take_sent()) == command("000a", "dualcam"));
  SECTION("served") {
    host.receive("000b 0002 7b7d");
    CHECK(to_hex(host.take_sent()) == command("0008", "dualcam"));
  }
  SECTION("in vain") {
    host.wait(Milliseconds(10'000));
    CHECK(to_hex(host.take_sent()) == command("0008", path));
  }
}

TEST_CASE("path: START 0 goes on to the next INIT, three times") {
  TestHost host(without_metadata);
  for (int round = 1; round <= 3; ++round) {
    host.receive(init_path);
    CHECK(to_hex(host.take_sent()) == ask_path);
    host.receive("000d 0005 64736d2f61");
    host.receive("0001 0006 00000000 0000");
    const auto heard = host.now();
    host.wait(Milliseconds(1'000));
    CHECK(host.session().stepped_at() > heard); // our wait for another START is not its silence
    CHECK(to_hex(host.take_sent()).ends_with(round < 3 ? "0009" : close));
  }
  REQUIRE(host.ended());
  CHECK(host.ended()->reason == Ended::Reason::unsupported);
}

TEST_CASE("path: a file that is refused is left alone, those behind it come") {
  const auto path = "dsm/picture/231020/231452.jpg\0"s;
  TestHost host(without_metadata);
  host.receive(init_path);
  host.receive(encode(Path{path}));
  host.receive(encode(Status{17})); // the whole path
  host.receive(encode(Status{17})); // and its first bytes
  CHECK(to_hex(host.take_sent()).ends_with("0009"));
  open(host, 9);
  for (const auto* packet : data) {
    host.receive(packet);
  }
  CHECK(host.files().size() == 1);
  SECTION("offered again it is not asked for, three times") {
    host.take_sent();
    for (int round = 1; round <= 3; ++round) {
      host.receive(init_path);
      host.receive(encode(Path{path}));
      CHECK(to_hex(host.take_sent()) == ask_path + (round < 3 ? "0009"s : close));
    }
    REQUIRE(host.ended());
    CHECK(host.ended()->reason == Ended::Reason::unsupported);
    CHECK(std::ranges::count(host.events(), "refused 17") == 1);
  }
  SECTION("it is gone") {
    host.receive(init_nothing);
    REQUIRE(host.ended());
    CHECK(host.ended()->reason == Ended::Reason::finished);
  }
}

TEST_CASE("path: a file between two rounds in vain makes patience new") {
  TestHost host(without_metadata);
  for (int round = 1; round <= 9; ++round) {
    host.receive(init_path);
    host.receive("000d 0005 64736d2f61");
    if (round % 3 == 0) {
      host.receive(start_9);
      host.receive(sync_0);
      for (const auto* packet : enhanced) {
        host.receive(packet);
      }
    } else {
      host.receive("0001 0006 00000000 0000");
      host.wait(Milliseconds(1'000));
    }
    CHECK(to_hex(host.take_sent()).ends_with("0009"));
  }
  CHECK(host.files().size() == 3);
}

TEST_CASE("path: any STATUS behind the last byte ends the file, an earlier one leaves a part") {
  for (const std::uint32_t code : {0U, 1U, 4U, 17U, 99U}) {
    TestHost host(without_metadata);
    open(host, 8); // ends on a full packet
    host.receive(data[0]);
    host.receive(data[1]);
    CHECK(host.files().empty());
    host.receive(encode(Status{code}));
    REQUIRE(host.files().size() == 1);
    CHECK(as_text(host.files()[0].content) == "12345678");
  }
  TestHost part(without_metadata);
  open(part, 9);
  part.receive(data[0]);
  part.receive(encode(Status{1}));
  CHECK(part.has_event("refused 1"));
  CHECK(part.files().empty());
  CHECK(to_hex(part.take_sent()) == close);
}

TEST_CASE("path: packets of any size, one that varies in size as well") {
  const auto bytes = random_bytes(20'001, 1);
  for (const auto size : {4UL, 100UL, 1024UL, 1460UL, 4095UL, 4096UL}) {
    TestHost host(without_metadata);
    open(host, 20'001);
    host.receive(packets_of(bytes, size));
    REQUIRE(host.files().size() == 1);
    CHECK(host.files()[0].content == bytes);
  }
  TestHost host(without_metadata);
  open(host, 20'001);
  const auto whole = Bytes(bytes);
  host.receive(packets_of(whole.first(64), 64));
  host.receive(packets_of(whole.subspan(64), 4096)); // is too long to be right, at first
  CHECK(to_hex(host.take_sent()) == "0002000400000040");
  host.receive("0003 0004 00000040");
  host.receive(packets_of(whole.subspan(64), 4096));
  REQUIRE(host.files().size() == 1);
  CHECK(host.files()[0].content == bytes);
}

TEST_CASE("path: an offset that does not fit, too many bytes and a bad CRC are asked for again") {
  struct Case {
    const char* packet;
    const char* why;
  };
  for (const auto& [packet, why] :
       {Case{"000e 000a 00000008 35363738 8b19", "out of step"}, // a gap
        Case{"000e 000a 00000000 35363738 8b19", "out of step"}, // a repeat without SYNC
        Case{"000e 000a 00000004 35363738 8b18", "bad CRC"}, Case{"0004 ffff", "bad framing"},
        Case{"0004 0007 3536373839 0000", "bad framing"}}) { // longer than those before
    TestHost host(without_metadata);
    open(host, 9);
    host.receive(enhanced[0]);
    host.receive(packet);
    CHECK(host.has_event("resumed 4: "s + why));
    CHECK(to_hex(host.take_sent()) == "0002000400000004");
    host.receive("0003 0004 00000003 000e 000b 00000003 3435363738 ab3f"); // not right either
    host.receive("0003 0004 00000000");
    for (const auto* right : enhanced) {
      host.receive(right);
    }
    REQUIRE(host.files().size() == 1);
    CHECK(as_text(host.files()[0].content) == "123456789");
  }
}

TEST_CASE("path: a device that never stops is given up") {
  TestHost host(without_metadata);
  open(host, 70'000);
  const auto bytes = random_bytes(70'000, 1);
  host.receive(packets_of(Bytes(bytes).first(69'000), 1000));
  for (int i = 0; i < 20 && !host.ended(); ++i) {
    host.receive(encode(Sync{69'000}));
    host.receive(packets_of(random_bytes(2'000, 2), 2000));
    host.wait(Milliseconds(2'000));
  }
  REQUIRE(host.ended());
  CHECK(host.ended()->reason == Ended::Reason::bad_line);
  CHECK(host.files().empty());
}

TEST_CASE("path: a START that counts packets brings the whole file, and a note") {
  for (const auto size : {4UL, 1024UL, 4096UL}) {
    for (const auto count : {1UL, 2UL, 5UL, 8UL}) {
      for (const auto short_by : {0UL, 1UL}) {
        const auto bytes = random_bytes(count * size - short_by, 1);
        TestHost host(without_metadata);
        open(host, static_cast<std::uint32_t>(count));
        host.receive(packets_of(bytes, size));
        host.wait(Milliseconds(1'000));
        REQUIRE(host.files().size() == 1);
        CHECK(host.files()[0].content == bytes);
        CHECK(host.has_event("note START of this file counts packets, not bytes"));
      }
    }
  }
  TestHost host(without_metadata); // a multiple of the packet size: no byte tells before the 9th
  open(host, 8192);
  const auto bytes = random_bytes(8192 * 1024, 1);
  const auto sent = packets_of(bytes, 1024);
  host.receive(Bytes(sent).first(8 * 1030));
  host.wait(Milliseconds(999));
  CHECK(host.files().empty());
  host.receive(Bytes(sent).subspan(8 * 1030));
  host.wait(Milliseconds(1'000));
  REQUIRE(host.files().size() == 1);
  CHECK((host.files()[0].content == bytes));
}

TEST_CASE("path: a device that counts everything in packets is understood by its SYNC") {
  TestHost host(without_metadata);
  ask(host, "dsm/a");
  host.receive("0001 0006 00000003 0000");
  CHECK(to_hex(host.take_sent()) == resume_0);
  host.receive("0003 0004 00000001");
  host.receive(data[0]);
  host.receive("0004 0006 35363738 0000");
  CHECK(to_hex(host.take_sent()) == "0002000400000002");
  host.receive("0003 0004 00000002 0004 0006 35363738 4ae4 0004 0003 39 e8e5");
  host.receive("0003 0004 00000001");
  for (const auto* packet : data) {
    host.receive(packet);
  }
  REQUIRE(host.files().size() == 1);
  CHECK(as_text(host.files()[0].content) == "123456789");
}

TEST_CASE("path: what is held is compared in bytes, from wherever it is asked for") {
  const auto bytes = random_bytes(10'000, 1);
  for (const auto from : {0UL, 1UL, 500UL, 4'000UL}) {
    for (const auto size : {7UL, 1024UL, 4096UL}) {
      TestHost host(without_metadata);
      const auto held = Bytes(bytes).first(5'000);
      host.held.assign(held.begin(), held.end());
      host.resume_point = {
          .packet = 3, // of any size
          .held = 17,
          .offset = from,
          .crc = crc16(held.first(from)),
          .overlap = {held.begin() + static_cast<std::ptrdiff_t>(from), held.end()}};
      ask(host, "dsm/a");
      host.receive(encode(Start{10'000}));
      CHECK(to_hex(host.take_sent()) == to_hex(encode(Resume{static_cast<std::uint32_t>(from)})));
      host.receive(encode(Sync{static_cast<std::uint32_t>(from)}));
      host.receive(packets_of(Bytes(bytes).subspan(from), size));
      host.wait(Milliseconds(1'000));
      REQUIRE(host.files().size() == 1);
      CHECK(host.files()[0].content == bytes);
      CHECK_FALSE(host.has_event("replaced"));
    }
  }
}

TEST_CASE("path: a simulated camera of every kind is understood, whatever its line does") {
  const auto photo = random_bytes(3'000, 1);
  const auto video = random_bytes(20'000, 2);
  for (const auto& family : families()) {
    for (const auto form : {PathForm::either, PathForm::whole, PathForm::first7}) {
      for (int variant = 0; variant < 8; ++variant) {
        const std::vector<CameraFile> files{
            {*FileRef::of_path(family.path), photo, family.metadata},
            {*FileRef::of_path("mdas9/video/251021/094657.mp4"), video, {}}};
        CameraConfig config{.protocol = family.protocol, .imei = 350612071913857};
        config.path_form = form;
        config.packet_size = variant % 2 == 0 ? 1000 : 4096;
        config.enhanced = (variant & 2) != 0;
        config.start_in_packets = (variant & 4) != 0;
        config.end_status = variant % 3 == 0 ? std::optional(1U) : std::nullopt;
        Conversation conversation(config, files, by_path);
        std::minstd_rand random(static_cast<unsigned>(variant));
        conversation.line = [&](ByteBuffer& bytes, std::uint32_t packet) {
          if (packet != 0 && random() % 9 == 0) {
            bytes[bytes.size() / 2] ^= std::byte{1};
          }
        };
        conversation.run();
        CAPTURE(family.path.substr(0, 50), variant, conversation.host.events());
        REQUIRE(conversation.host.files().size() == 2);
        CHECK((conversation.host.files()[0].content == photo));
        CHECK((conversation.host.files()[1].content == video));
        CHECK(conversation.taken() == std::vector<std::size_t>{0, 1});
      }
    }
  }
}

TEST_CASE("path: what the host leaves alone or does not want makes room for another, three times") {
  ServerConfig config = without_metadata;
  config.wanted = Wishes();
  config.wanted.add(Wish::adas);
  config.wanted.add(FileKinds::all());
  TestHost host(config);
  for (int round = 1; round <= 2; ++round) {
    host.receive("0000 0005 00013ee13c001981 46000400");
    CHECK(to_hex(host.take_sent()) == (round == 1 ? ask_path : "000800072570686f746f66"));
    if (round == 2) {
      break; // the kinds have their turn
    }
    host.receive("000d 0005 64736d2f61");
    CHECK(to_hex(host.take_sent()) == "0009");
  }
  host.receive("0001 0006 00000001 0000");
  host.receive("0003 0004 00000001 0004 0003 61 728f");
  CHECK(to_hex(host.take_sent()).ends_with("0009"));
  host.receive("0000 0005 00013ee13c001981 42000400");
  CHECK(to_hex(host.take_sent()) == ask_path);
  SECTION("another camera's file comes") {
    host.receive("000d 0007 6d646173392f61");
    CHECK(to_hex(host.take_sent()) == command("0008", "mdas9/a"));
  }
  SECTION("there is none") {
    host.receive("000d 0005 64736d2f61");
    host.receive("0000 0005 00013ee13c001981 42000400");
    host.receive("000d 0005 64736d2f61");
    CHECK(to_hex(host.take_sent()).ends_with(close));
    REQUIRE(host.ended());
    CHECK(host.ended()->reason == Ended::Reason::finished);
  }
  CHECK(notes_of(host) == 1);
}

TEST_CASE("path: files go in the order of the wishes, and those that did not come last") {
  constexpr auto both = "0000 0005 00013ee13c001981 46000400";
  constexpr auto ask_photo = "000800072570686f746f66";
  ServerConfig config = without_metadata;
  SECTION("kinds before paths") {
    config.wanted = FileKinds::all();
    config.wanted.add(Wish::dsm);
    TestHost host(config);
    host.receive(both);
    CHECK(to_hex(host.take_sent()) == ask_photo);
  }
  SECTION("a path that did not come") {
    TestHost host(config);
    host.last = {.paths = true};
    host.receive(both);
    CHECK(to_hex(host.take_sent()) == ask_photo);
    host.receive("0001 0006 00000001 0000");
    host.receive("0003 0004 00000001 0004 0003 61 728f");
    host.receive(init_path);
    CHECK(to_hex(host.take_sent()).ends_with(ask_path));
  }
  SECTION("kinds that did not come") {
    TestHost host(config);
    host.last = {.kinds = FileKinds::all()};
    host.receive(both);
    CHECK(to_hex(host.take_sent()) == ask_path);
  }
  SECTION("a camera hides the others") {
    config.wanted.show_only(Camera::adas);
    TestHost host(config);
    host.receive("0000 0005 00013ee13c001981 44000400");
    CHECK(to_hex(host.take_sent()) == close);
    config.wanted = Wishes::all();
    config.wanted.show_only(Camera::dualcam);
    TestHost dualcam(config);
    dualcam.receive(both);
    CHECK(to_hex(dualcam.take_sent()) == ask_photo);
  }
}

TEST_CASE("path: METADATA of any length keeps no file from coming") {
  for (const std::size_t size : {4096U, 4097U, 65'535U}) {
    for (const std::size_t piece : {1U, 3U, 4096U, 100'000U}) {
      CAPTURE(size, piece);
      TestHost host(by_path);
      host.receive(init_path);
      host.receive(encode(Path{"dsm/a"}));
      auto sent = from_hex("000b 0000");
      sent[2] = static_cast<std::byte>(size >> 8);
      sent[3] = static_cast<std::byte>(size);
      sent.resize(4 + size, std::byte{' '});
      append(sent, from_hex("0001 0006 00000001 0000"));
      for (Bytes rest = sent; !rest.empty();) {
        host.receive(rest.first(std::min(rest.size(), piece)));
        rest = rest.subspan(std::min(rest.size(), piece));
      }
      CHECK(to_hex(host.take_sent()).ends_with("0002000400000000"));
      host.receive("0003 0004 00000000 0004 0003 61 728f 0005 0004 00000000");
      CHECK(host.files().size() == 1);
      CHECK(host.has_event("note METADATA of " + std::to_string(size) +
                           " bytes is too long to be kept") == (size > 4096));
    }
  }
}

TEST_CASE("path: METADATA that is too long and stays unfinished is waited for as any other") {
  TestHost host(by_path);
  host.receive(init_path);
  host.receive(encode(Path{"dsm/a"}));
  host.receive("000b ffff 2020");
  host.take_sent();
  host.wait(Milliseconds(10'000));
  CHECK(to_hex(host.take_sent()) == command("0008", "dsm/a"));
}

TEST_CASE("path: a device that hung up over whole paths is asked by the first bytes first") {
  TestHost host(without_metadata);
  host.manner = {.by_first_bytes = true};
  const auto ask = [&](const char* path) {
    host.receive(init_path);
    host.take_sent();
    host.receive(encode(Path{path}));
    return to_hex(host.take_sent());
  };
  constexpr auto refusal = "0005 0004 00000011";
  CHECK(ask("dashcam/a") == command("0008", "dashcam"));
  host.receive(refusal);
  CHECK(to_hex(host.take_sent()) == command("0008", "dashcam/a"));
  host.receive(refusal); // neither is understood
  CHECK(to_hex(host.take_sent()) == "0009");
  CHECK(ask("dashcam/b") == command("0008", "dashcam"));
  SECTION("that is understood") {}
  SECTION("the whole path is") {
    host.receive(refusal);
    CHECK(to_hex(host.take_sent()) == command("0008", "dashcam/b"));
  }
  host.receive("0001 0006 00000001 0000");
  host.receive("0003 0004 00000000 0004 0003 61 728f 0005 0004 00000000");
  CHECK(host.files().size() == 1);
}

TEST_CASE("path: a device that hung up over METADATA REQUEST is not asked for it") {
  for (const auto* init : {init_path, "0000 0005 00013ee13c001981 44000400"}) {
    TestHost host(by_path);
    host.manner = {.without_metadata = true};
    host.receive(init);
    host.receive(encode(Path{"dsm/a"}));
    CHECK(to_hex(host.take_sent()).find("000a00") == std::string::npos);
    CHECK(host.has_event(
        "note the device has hung up over METADATA REQUEST: going on without metadata"));
  }
}

TEST_CASE("path: one that never came lets the others go first, and is asked for behind them") {
  constexpr auto init = "0000 0005 00013ee13c001981 42000400";
  const auto a = *FileRef::of_path("dsm/a");
  const auto b = *FileRef::of_path("dsm/b");
  TestHost host(without_metadata);
  host.last = {.paths = true, .in_vain = {a, b}};
  for (const auto& file : {a, b}) { // each once
    host.receive(init);
    CHECK(to_hex(host.take_sent()) == ask_path);
    host.receive(encode(Path{file.request()}));
    CHECK(to_hex(host.take_sent()) == "0009");
  }
  SECTION("another one comes") {
    host.receive(init);
    host.take_sent();
    host.receive(encode(Path{"dsm/c"}));
    CHECK(to_hex(host.take_sent()) == command("0008", "dsm/c"));
    host.receive("0001 0006 00000001 0000");
    host.receive("0003 0004 00000000 0004 0003 61 728f 0005 0004 00000000");
    CHECK(host.files().size() == 1);
  }
  SECTION("there is no other") {}
  for (const auto& file : {b, a}) {
    host.receive(init);
    host.take_sent();
    host.receive(encode(Path{file.request()}));
    CHECK(to_hex(host.take_sent()) == command("0008", file.request()));
    host.receive("0001 0006 00000001 0000");
    host.receive("0003 0004 00000000 0004 0003 61 728f 0005 0004 00000000");
  }
  CHECK(host.files().back().file == a);
}

TEST_CASE("path: a device that counts packets is asked for packets when it comes back") {
  const auto content = random_bytes(2500, 3);
  TestHost host(without_metadata);
  const auto begin = [&](TestHost& each) {
    each.receive(init_path);
    each.receive(encode(Path{"dsm/a"}));
    each.receive(encode(Start{3}));
  };
  const auto packets = [&](TestHost& each, std::size_t first, std::size_t last) {
    std::uint16_t crc = 0;
    each.receive(encode(Sync{static_cast<std::uint32_t>(first)}));
    for (auto number = first; number <= last; ++number) {
      const auto rest = Bytes(content).subspan((number - 1) * 1000);
      const auto payload = rest.first(std::min<std::size_t>(rest.size(), 1000));
      crc = crc16(payload, crc);
      each.receive(encode(Data{payload, crc}));
    }
  };
  begin(host);
  packets(host, 1, 2);
  CHECK(host.session().counts_packets());
  host.disconnect();
  TestHost again(without_metadata);
  again.held = ByteBuffer(content.begin(), content.begin() + 2000);
  again.resume_point = {.packet = 2,
                        .held = 2,
                        .offset = 1000,
                        .crc = crc16(Bytes(content).first(1000)),
                        .overlap = {content.begin() + 1000, content.begin() + 2000},
                        .in_packets = true};
  begin(again);
  CHECK(to_hex(again.take_sent()).ends_with("0002000400000002"));
  packets(again, 2, 3);
  REQUIRE(again.files().size() == 1);
  CHECK((again.files()[0].content == content));
}

TEST_CASE("path: what is unexpected is told once a kind and connection") {
  TestHost host(without_metadata);
  host.receive("0000 0004 00013ee13c001981 42000400");
  host.receive(encode(Path{"other/thing"}));
  host.receive("0001 0006 00000009 0000");
  host.receive(sync_0);
  for (int i = 0; i < 3; ++i) {
    host.receive("000e 000a 00000004 31323334 8832"); // a gap
    host.receive(sync_0);
  }
  for (const auto* packet : enhanced) {
    host.receive(packet);
  }
  host.receive("0000 0004 00013ee13c001981 42000400");
  host.receive(encode(Path{"another/thing"}));
  host.receive("0001 0006 00000008 0000");
  host.receive(sync_0);
  for (int i = 0; i < 3; ++i) {
    for (const auto* packet : data) { // the last one is too much
      host.receive(packet);
    }
    host.receive(sync_0);
  }
  host.receive(data[0]);
  host.receive(data[1]);
  host.receive("0005 0004 00000007");
  CHECK(host.files().size() == 2);
  for (const auto* note :
       {"note protocol 4 is not known: served as protocol 5",
        "note the file other/thing is of no known camera; it is fetched all the same",
        "note the file comes as ENHANCED DATA, though the device speaks protocol 4",
        "note a packet is for byte 4, byte 0 was due",
        "note more bytes came than the 8 that START announced",
        "note the file ends with STATUS 7"}) {
    CAPTURE(note);
    CHECK(host.has_event(note));
  }
  CHECK(notes_of(host) == 6);
}

} // namespace dualcam
