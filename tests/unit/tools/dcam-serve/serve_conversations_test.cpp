// Whole conversations: who is asked for what in which order, and what becomes of it.
#include "tools/dcam-serve/server_run.hpp"

namespace dualcam::serve::serve_conversations_test {
namespace {

using namespace std::chrono_literals;

using Names = std::vector<std::string>;

constexpr auto nothing = "40"; // offers, as in an INIT's settings
constexpr auto front = "44";
constexpr auto both = "4c";

constexpr auto file_name = "350612071913857/photof.jpg";

void offer(TestDevice& device, std::string_view what) {
  device.say("0000 0005 00013ee13c001981 " + std::string(what) + "000400");
}

/// "%photof" is asked for, and announced.
void start(TestDevice& device, std::string_view name, int packets) {
  device.expect("0008 0007 " + to_hex(as_bytes(name)));
  device.say("0001 0006 0000000" + std::to_string(packets) + " 0000");
}

/// From the first packet on.
void send(TestDevice& device, const std::vector<std::string>& packets) {
  device.expect("0002 0004 00000001");
  device.say("0003 0004 00000001");
  std::uint16_t crc = 0;
  for (const auto& packet : packets) {
    crc = crc16(as_bytes(packet), crc);
    device.say(to_hex(encode(Data{as_bytes(packet), crc})));
  }
  device.was_read();
}

void upload(TestDevice& device, std::string_view name, const std::vector<std::string>& packets) {
  start(device, name, static_cast<int>(packets.size()));
  send(device, packets);
}

/// The next round, in which so much is offered.
void next_round(TestDevice& device, std::string_view what) {
  device.expect("0009");
  offer(device, what);
}

void is_over(TestDevice& device) {
  device.end_after_close();
  CHECK(device.rest().empty());
}

const std::vector<std::string> digits{"123", "456", "789"};
const std::vector<std::string> letters{"abc", "def", "ghi"};

/// Two packets of a front photo come, and the link breaks.
void leave_after_two(TestServer& server, int of) {
  TestDevice device(server);
  offer(device, front);
  start(device, "%photof", of);
  send(device, {"123", "456"});
}

} // namespace

TEST_CASE("serve conversations: of two files the one whose name is taken stays with the camera") {
  const bool fails = GENERATE(false, true);
  Scene scene;
  auto& server = scene.server;
  server.options.if_exists = fails ? IfExists::fail : IfExists::skip;
  fs::create_directory(scene.folder() / "350612071913857");
  write_file(scene.folder() / file_name, "mine");
  server.start();
  {
    TestDevice device(server);
    offer(device, both);
    upload(device, "%photor", digits);
    next_round(device, front); // still, and not asked for
    is_over(device);
  }
  CHECK(server.status() == (fails ? 3 : 0));
  CHECK(content_of(scene.folder() / file_name) == "mine");
  CHECK(content_of(scene.folder() / "350612071913857/photor.jpg") == "123456789");
  const auto events = scene.events();
  Names expected{"listening", "connected", "file-start", "file-done", "disconnected", "summary"};
  if (fails) {
    expected.insert(expected.begin() + 2, "file-failed");
    const auto& failed = events.of("file-failed");
    CHECK(failed["kind"] == "photof");
    CHECK(failed["error"] == (scene.folder() / file_name).string() + " exists already");
    CHECK_FALSE(failed.contains("part"));
  }
  CHECK(events.names == expected);
  CHECK(events.of("summary")["failed"] == (fails ? 1 : 0));
  CHECK(scene.says("350612071913857 front photo: skipped, ") == !fails);
  CHECK(scene.says(", 1 failed\n") == fails);
}

TEST_CASE("serve conversations: as many files as --count says, and no more") {
  Scene scene;
  auto& server = scene.server;
  server.options.keep_listening = true;
  server.options.count = 1;
  server.start();
  TestDevice waiting(server);
  waiting.was_read();
  TestDevice device(server);
  offer(device, both);
  upload(device, "%photof", digits);
  is_over(device); // instead of another round
  CHECK(waiting.rest().empty());
  CHECK(server.status() == 0);
  CHECK(scene.events().count("file-done") == 1);
  CHECK_FALSE(scene.events().has("file-failed"));
}

TEST_CASE("serve conversations: another file than the one that is stored is told from it, and gets "
          "a name of its own, or none") {
  const bool skips = GENERATE(false, true);
  const TemporaryFolder folder;
  for (const auto& content : {digits, letters}) {
    Scene scene;
    auto& server = scene.server;
    server.options.output = folder.path();
    server.options.if_exists = skips ? IfExists::skip : IfExists::number;
    server.start();
    TestDevice device(server);
    offer(device, front);
    if (content == letters) {
      upload(device, "%photof", letters); // they differ in their first packet
      if (skips) {
        is_over(device);
        CHECK(server.status() == 0);
        CHECK(scene.says("skipped, "));
        CHECK_FALSE(scene.events().has("file-done"));
        continue;
      }
      send(device, letters);
    } else {
      upload(device, "%photof", digits);
    }
    next_round(device, nothing);
    is_over(device);
    CHECK(server.status() == 0);
    CHECK(scene.events().has("file-done"));
    CHECK_FALSE(scene.says("starting over"));
  }
  CHECK(content_of(folder / file_name) == "123456789");
  CHECK(content_of(folder / "350612071913857/photof_1.jpg") == (skips ? "" : "abcdefghi"));
}

TEST_CASE("serve conversations: a part of a file that the camera has no more is kept beside") {
  Scene scene;
  auto& server = scene.server;
  server.start();
  leave_after_two(server, 3);
  TestDevice device(server);
  offer(device, front);
  upload(device, "%photof", letters);
  send(device, letters);
  next_round(device, nothing);
  is_over(device);
  CHECK(server.status() == 0);
  CHECK(content_of(scene.folder() / file_name) == "abcdefghi");
  CHECK(content_of(scene.folder() / "350612071913857/photof_1.jpg.part") == "123456");
  CHECK(scene.says("the camera offers another file now, starting over; what came of the other one "
                   "is kept as " +
                   (scene.folder() / "350612071913857/photof_1.jpg.part").string()));
  const auto events = scene.events();
  CHECK(events.names == Names{"listening", "connected", "file-start", "disconnected", "file-failed",
                              "connected", "file-start", "resumed", "file-start", "file-done",
                              "disconnected", "summary"});
  CHECK(events.of("file-done")["resumes"] == 0);
}

TEST_CASE("serve conversations: of two STARTs the second counts, what the first one's file has "
          "left stays") {
  Scene scene;
  auto& server = scene.server;
  server.start();
  leave_after_two(server, 4);
  TestDevice device(server);
  offer(device, front);
  start(device, "%photof", 4);
  device.expect("0002 0004 00000001");   // to compare
  device.say("0001 0006 00000004 0000"); // no news
  device.say("0001 0006 00000003 0000");
  send(device, letters);
  next_round(device, nothing);
  is_over(device);
  CHECK(server.status() == 0);
  CHECK(content_of(scene.folder() / file_name) == "abcdefghi");
  CHECK(content_of(scene.folder() / "350612071913857/photof_1.jpg.part") == "123456");
  CHECK(scene.events().count("file-start") == 3);
  CHECK(scene.events().of("file-done")["packets"] == 3);
}

TEST_CASE("serve conversations: a file that the device refuses does not keep others from coming") {
  Scene scene;
  auto& server = scene.server;
  server.start();
  TestDevice device(server);
  offer(device, both);
  start(device, "%photof", 3);
  device.expect("0002 0004 00000001");
  device.say("0005 0004 00000004");
  upload(device, "%photor", digits);
  next_round(device, front);
  is_over(device);
  CHECK(server.status() == 6);
  CHECK(scene.events().names == Names{"listening", "connected", "file-start", "file-failed",
                                      "file-start", "file-done", "disconnected", "summary"});
  const auto failed = scene.events().of("file-failed");
  CHECK(failed["kind"] == "photof");
  CHECK(failed["error"] == "the device reports status 4: the device aborted");
  CHECK_FALSE(failed.contains("part"));
  CHECK(fs::exists(scene.folder() / "350612071913857/photor.jpg"));
}

TEST_CASE("serve conversations: a file over which the camera hangs up is asked for last") {
  Scene scene;
  auto& server = scene.server;
  server.start();
  {
    TestDevice device(server);
    offer(device, both);
    device.expect("0008 0007 2570686f746f66");
  }
  scene.until_said("waiting for the camera to come back");
  TestDevice device(server);
  offer(device, both);
  upload(device, "%photor", digits);
  next_round(device, front);
  upload(device, "%photof", letters);
  next_round(device, nothing);
  is_over(device);
  CHECK(server.status() == 0);
  CHECK(content_of(scene.folder() / file_name) == "abcdefghi");
}

TEST_CASE("serve conversations: the time of --wait begins anew whenever a camera leaves") {
  const bool begins = GENERATE(true, false);
  Scene scene;
  auto& server = scene.server;
  server.options.wait = 10min;
  server.options.idle_timeout = 1h;
  server.start();
  const auto stranger = [&] { // does not count, and is dealt with behind whatever was before
    TestDevice device(server);
    device.say("474554202f20485454502f312e310d0a");
    CHECK(device.rest().empty());
  };
  stranger();
  for (int connection = 1; connection <= 2; ++connection) {
    server.clock.move_on(9min);
    {
      TestDevice device(server);
      offer(device, front);
      if (begins) {
        start(device, "%photof", 3);
        send(device, {"123"});
      } else {
        device.expect("0008 0007 2570686f746f66");
      }
      server.clock.move_on(10min); // nobody is waited for while one is here
    }
    scene.until_said("waiting for the camera to come back", connection);
    stranger();
  }
  server.clock.move_on(9min);
  stranger();
  CHECK_FALSE(scene.says("no camera"));
  server.clock.move_on(1min);
  CHECK(server.status() == (begins ? 5 : 4));
  CHECK(scene.says("no camera came back in 10"));
}

TEST_CASE("serve conversations: without -k one camera is served, others are told so") {
  Scene scene;
  auto& server = scene.server;
  server.start();
  TestDevice device(server);
  offer(device, front);
  start(device, "%photof", 3);
  {
    TestDevice other(server);
    other.say("0000 0005 00013ee13c001982 44000400");
    is_over(other);
  }
  send(device, digits);
  next_round(device, nothing);
  is_over(device);
  CHECK(server.status() == 0);
  const auto rejected = scene.events().of("rejected");
  CHECK(rejected["imei"] == "350612071913858");
  CHECK(rejected["connection"] == 2);
  CHECK(rejected["reason"] == "busy with 350612071913857; -k serves several cameras");
}

TEST_CASE("serve conversations: a camera with nothing to offer is served all the same") {
  Scene scene;
  auto& server = scene.server;
  server.start();
  TestDevice device(server);
  offer(device, nothing);
  device.end_completed();
  CHECK(server.status() == 0);
  CHECK(scene.events().names == Names{"listening", "connected", "disconnected", "summary"});
  CHECK(scene.says("offers nothing"));
}

TEST_CASE("serve conversations: what is stored already is acknowledged, told once") {
  const TemporaryFolder folder;
  for (const bool again : {false, true}) {
    Scene scene;
    auto& server = scene.server;
    server.options.output = folder.path();
    server.start();
    TestDevice device(server);
    offer(device, front);
    upload(device, "%photof", digits);
    next_round(device, nothing);
    is_over(device);
    CHECK(server.status() == 0);
    CHECK(scene.events().has("file-done") == !again);
    CHECK(scene.says("offered again, though it was stored as") == again);
    CHECK(scene.events().of("summary")["files"] == (again ? 0 : 1));
  }
}

} // namespace dualcam::serve::serve_conversations_test
