// Which file by path has its turn, and what becomes of one that does not come.
#include "session/path_testing.hpp"

namespace dualcam::session_path_turns_test {

using namespace by_path_testing;

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

TEST_CASE("path: what the host leaves alone or does not want makes room for another, three times") {
  ServerConfig config = without_metadata;
  config.wanted = Wishes();
  config.wanted.add(Wish::adas);
  config.wanted.add(FileKinds::all());
  TestHost host(config);
  host.receive("0000 0005 00013ee13c001981 46000400");
  CHECK(to_hex(host.take_sent()) == ask_path);
  host.receive("000d 0005 64736d2f61");
  CHECK(to_hex(host.take_sent()) == "0009");
  host.receive("0000 0005 00013ee13c001981 46000400");
  CHECK(to_hex(host.take_sent()) == "000800072570686f746f66"); // the kinds have their turn
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
    CHECK(to_hex(host.take_sent()) == "0009");
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

} // namespace dualcam::session_path_turns_test
