// Files by path, of every family: dualcam-protocol(7), FILES BY PATH. The bytes are its vectors.
#include "session/path_testing.hpp"

namespace dualcam::session_path_test {

using namespace by_path_testing;

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
  const bool refuses = GENERATE(false, true);
  TestHost host(without_metadata);
  host.receive(init_path);
  host.receive(encode(Path{path}));
  CHECK(to_hex(host.take_sent()).ends_with(whole));
  if (refuses) {
    host.receive(refusal);
  } else {
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

} // namespace dualcam::session_path_test
