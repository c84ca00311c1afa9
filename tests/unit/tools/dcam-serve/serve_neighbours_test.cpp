// What a server shares with others, and with its own earlier runs: the folder, the files in it.
#include "dualcam/storage/camera_locks.hpp"
#include "dualcam/storage/state_folder.hpp"
#include "redirected.hpp"
#include "tools/dcam-serve/server_run.hpp"

namespace dualcam::serve::serve_neighbours_test {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t camera = 350612071913857;
constexpr auto init = "0000 0005 00013ee13c001981 44000400";
constexpr auto photo = "350612071913857/photof.jpg";

/// Another server that has the camera: here, but the locks are those of whoever opens them.
struct Neighbour {
  explicit Neighbour(const Scene& scene) : locks(scene.folder(), scene.folder()) {}

  CameraLocks locks;
};

/// Goes on with what was asked for.
void go_on(TestDevice& device) {
  device.expect("0008 0007 2570686f746f66");
  device.announce();
  device.packets(3);
  device.end();
  CHECK(device.rest().empty());
}

/// A photo is stored, and nobody reads what is told of it.
void store_untold(const fs::path& folder) {
  Scene scene(false);
  const Redirected full(STDOUT_FILENO, open_full_disk());
  scene.server.options.output = folder;
  scene.server.start();
  {
    TestDevice device(scene.server);
    device.say(init);
    go_on(device);
  }
  CHECK(scene.server.status() == 3);
}

} // namespace

TEST_CASE("serve neighbours: a camera that another server has is served when that gives it up") {
  Scene scene;
  auto& server = scene.server;
  Neighbour other(scene);
  REQUIRE(other.locks.take(camera).value());
  server.start();
  TestDevice device(server);
  device.say(init);
  device.was_read();
  wait_until([&] { return other.locks.is_wanted(camera).value(); });
  server.clock.move_on(10s);
  other.locks.release(camera);
  server.clock.move_on(200ms);
  go_on(device);
  CHECK(server.status() == 0);
  CHECK(content_of(scene.folder() / photo) == "123456789");
}

TEST_CASE("serve neighbours: a camera that another server does not give up is refused in the end") {
  Scene scene;
  auto& server = scene.server;
  server.options.keep_listening = true;
  Neighbour other(scene);
  REQUIRE(other.locks.take(camera).value());
  server.start();
  TestDevice device(server);
  device.say(init);
  wait_until([&] { return other.locks.is_wanted(camera).value(); });
  server.clock.move_on(60s);
  device.end_after_close();
  CHECK(device.rest().empty());
  scene.until_said("another server is still at work with this camera\"");
  wait_until([&] { return !other.locks.is_wanted(camera).value(); });
  ::raise(SIGTERM);
  CHECK(server.status() == 0);
  CHECK(scene.events().names == std::vector<std::string>{"listening", "rejected", "summary"});
}

TEST_CASE(
    "serve neighbours: a camera that goes while it waits for another server is no more wanted") {
  Scene scene;
  auto& server = scene.server;
  server.options.keep_listening = true;
  Neighbour other(scene);
  REQUIRE(other.locks.take(camera).value());
  server.start();
  {
    TestDevice device(server);
    device.say(init);
    wait_until([&] { return other.locks.is_wanted(camera).value(); });
  }
  server.clock.move_on(200ms);
  scene.until_said("it has gone");
  wait_until([&] { return !other.locks.is_wanted(camera).value(); });
  ::raise(SIGTERM);
  CHECK(server.status() == 0);
}

TEST_CASE("serve neighbours: who is silent over a file lets another server have the camera") {
  Scene scene;
  auto& server = scene.server;
  server.options.keep_listening = true;
  Neighbour other(scene);
  REQUIRE(other.locks.take(camera + 1).value()); // the locks are there
  server.start();
  TestDevice device(server);
  device.begin();
  device.packet(1);
  CHECK_FALSE(other.locks.take(camera).value());
  server.clock.move_on(1s); // not silent for long
  device.packet(2);
  CHECK_FALSE(scene.says("takes this camera over"));
  for (int second = 0; second < 6; ++second) {
    server.clock.move_on(1s);
  }
  (void)device.rest();
  wait_until([&] { return other.locks.take(camera).value(); });
  ::raise(SIGTERM);
  CHECK(server.status() == 0);
  CHECK(content_of(scene.folder() / "350612071913857/photof.jpg.part") == "123456");
  CHECK(scene.events().of("disconnected")["reason"] == "another server takes this camera over");
}

TEST_CASE("serve neighbours: that a file was told is noted soon, not when the server ends") {
  Scene scene;
  auto& server = scene.server;
  server.options.keep_listening = true;
  server.start();
  {
    TestDevice device(server);
    device.say(init);
    go_on(device);
  }
  scene.until_said("\"event\":\"file-done\"");
  wait_until([&] {
    server.clock.move_on(200ms);
    const auto state = StateFolder(scene.folder(), camera).read();
    return state && state->records.size() == 1 && state->records[0].said;
  });
  ::raise(SIGTERM);
  CHECK(server.status() == 0);
}

TEST_CASE("serve neighbours: what an earlier run stored and could not tell is told, once") {
  const TemporaryFolder folder;
  store_untold(folder.path());
  for (const bool told_before : {false, true}) {
    Scene scene;
    auto& server = scene.server;
    server.options.output = folder.path();
    server.options.keep_listening = true;
    server.options.wait = 10min;
    server.start();
    {
      TestDevice stranger(server); // it listens, and all was told before
      stranger.say("474554202f20485454502f312e310d0a");
      CHECK(stranger.rest().empty());
    }
    server.clock.move_on(10min);
    CHECK(server.status() == 4);
    const auto events = scene.events();
    CHECK(events.of("summary")["files"] == (told_before ? 0 : 1));
    CHECK(events.has("file-done") == !told_before);
    CHECK(scene.says("front photo: stored by an earlier run that could not tell, 9 B\n") ==
          !told_before);
    if (!told_before) {
      const auto done = events.of("file-done");
      CHECK(done["path"] == (folder / photo).string());
      CHECK(done["connection"].is_null());
      CHECK(done["sha256"] == "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225");
    }
  }
}

TEST_CASE(
    "serve neighbours: a file of an earlier run counts, if it is of a camera that is wanted") {
  const bool wanted = GENERATE(true, false);
  const TemporaryFolder folder;
  store_untold(folder.path());
  Scene scene;
  auto& server = scene.server;
  server.options.output = folder.path();
  server.options.keep_listening = true;
  server.options.count = 2;
  server.options.wait = 10min;
  server.options.imeis = {wanted ? "350612071913857" : "350612071913858"};
  server.start();
  {
    TestDevice device(server);
    device.say(wanted ? "0000 0005 00013ee13c001981 48000400"
                      : "0000 0005 00013ee13c001982 48000400");
    device.expect("0008 0007 2570686f746f72");
    device.announce();
    device.packets(3);
    if (wanted) {
      device.end_completed(); // that is two
    } else {
      device.expect("0009");
    }
  }
  if (!wanted) {
    scene.until_said("\"event\":\"disconnected\"");
    ::raise(SIGTERM);
  }
  CHECK(server.status() == 0);
  CHECK(scene.events().count("file-done") == (wanted ? 2 : 1));
}

TEST_CASE(
    "serve neighbours: an untold file is told once, at the start or when the camera offers it") {
  const bool at_start = GENERATE(true, false);
  const TemporaryFolder folder;
  store_untold(folder.path());
  const auto state = folder / ".dcam-serve/350612071913857";
  const auto hidden = folder / "hidden";
  if (!at_start) { // another server has it until this one has looked
    fs::rename(state, hidden);
  }
  Scene scene(false);
  auto& server = scene.server;
  server.options.output = folder.path();
  server.options.imeis = {"350612071913857"};
  server.start();
  {
    TestDevice stranger(server); // it listens, and has looked
    stranger.say("474554202f20485454502f312e310d0a");
    CHECK(stranger.rest().empty());
  }
  if (!at_start) {
    CHECK(scene.quiet.output().empty());
    fs::rename(hidden, state);
  }
  {
    TestDevice device(server);
    device.say(init);
    go_on(device);
  }
  CHECK(server.status() == 0);
  CHECK(scene.quiet.output() == (folder / photo).string() + "\n");
}

} // namespace dualcam::serve::serve_neighbours_test
