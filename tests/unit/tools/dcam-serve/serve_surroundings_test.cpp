// What a server tells of where it stands: its places, the room there, old parts, odd devices.
#include <csignal>

#include "dualcam/storage/resumable_file.hpp"
#include "tools/dcam-serve/server_run.hpp"

namespace dualcam::serve::serve_surroundings_test {
namespace {

using namespace std::chrono_literals;

constexpr auto init = "0000 0005 00013ee13c001981 44000400";

void stop(Scene& scene) {
  ::raise(SIGTERM);
  CHECK(scene.server.status() == 0);
  CHECK_FALSE(scene.says("no camera is connected")); // nobody has asked
}

} // namespace

TEST_CASE("serve surroundings: where it listens on all addresses that is told") {
  Scene scene(false);
  auto& server = scene.server;
  server.options.bind.clear();
  server.options.keep_listening = true;
  server.start();
  scene.until_said("listening on all addresses port " + std::to_string(server.options.port) + ", ");
  stop(scene);
  CHECK_FALSE(scene.says("waiting for the first camera"));
}

TEST_CASE("serve surroundings: more places than there are descriptors for are told of") {
  const bool too_many = GENERATE(true, false);
  Scene scene(false);
  auto& server = scene.server;
  server.options.keep_listening = true;
  server.options.max_connections = too_many ? 1'000'000 : 1;
  server.start();
  scene.until_said("stop with Ctrl-C\n");
  stop(scene);
  CHECK(scene.says("--max-connections 1000000 is more than open files allow (ulimit -n ") ==
        too_many);
}

TEST_CASE("serve surroundings: that no file can be stored is told before a camera comes") {
  const bool no_room = GENERATE(true, false);
  Scene scene(false);
  auto& server = scene.server;
  server.options.keep_listening = true;
  server.options.min_free = no_room ? ~std::uint64_t{0} >> 1 : 1;
  server.start();
  scene.until_said("stop with Ctrl-C\n");
  stop(scene);
  CHECK(scene.says("no file can be stored") == no_room);
}

/// A part of which nothing came for so long.
fs::path part_of_age(const Scene& scene, const std::string& name, std::chrono::hours age) {
  fs::create_directory(scene.folder() / "1");
  const auto path = scene.folder() / "1" / name;
  auto file = ResumableFile::create(path, {1, FileKind::front_photo, 10, 0, {}},
                                    StateFolder(scene.folder(), 1));
  REQUIRE(file.has_value());
  const auto packet = random_bytes(1024, 1);
  REQUIRE(file->append(std::array{Bytes(packet)}));
  REQUIRE(file->save());
  const fs::path part = path.string() + ".part";
  for (const auto* suffix : {"", ".checkpoint"}) {
    fs::last_write_time(part.string() + suffix, fs::file_time_type::clock::now() - age);
  }
  return part;
}

void until_removed(const Scene& scene, const fs::path& part) {
  scene.until_said("removed " + part.string() +
                   ": it has not grown for 1 day (--max-partial-age)\n");
}

TEST_CASE("serve surroundings: parts that no camera came back for are removed, younger ones stay") {
  Scene scene(false);
  auto& server = scene.server;
  server.options.keep_listening = true;
  server.options.max_partial_age = 24h;
  const auto old_one = part_of_age(scene, "old.jpg", 25h);
  const auto young_one = part_of_age(scene, "young.jpg", 0h);
  server.start();
  until_removed(scene, old_one);
  stop(scene);
  CHECK_FALSE(fs::exists(old_one));
  CHECK(fs::exists(young_one));
}

TEST_CASE("serve surroundings: a clock that is put forward makes no part old") {
  Scene scene(false);
  auto& server = scene.server;
  server.options.keep_listening = true;
  server.options.max_partial_age = 24h;
  const auto first_one = part_of_age(scene, "first.jpg", 25h);
  server.start();
  until_removed(scene, first_one);
  server.clock.put_forward(30h); // which makes what came a moment before 30 hours old
  const auto young_one = part_of_age(scene, "young.jpg", 30h);
  const auto old_one = part_of_age(scene, "old.jpg", 55h);
  server.clock.move_on(61min);
  until_removed(scene, old_one);
  stop(scene);
  CHECK(fs::exists(young_one));
}

TEST_CASE("serve surroundings: metrics tell of the camera that is being served") {
  Scene scene;
  auto& server = scene.server;
  server.options.keep_listening = true;
  const auto metrics = scene.folder() / "a.prom";
  server.options.metrics = metrics;
  server.start();
  TestDevice stranger(server);
  TestDevice device(server);
  device.begin();
  device.packet(1);
  const auto tells = [&](std::string_view line) {
    wait_until([&] {
      ::raise(SIGHUP); // it is written at once then
      ::usleep(1000);
      return content_of(metrics).contains(line);
    });
  };
  tells("\ndualcam_cameras 1\n");
  tells("\ndualcam_transfers 1\n");
  tells("\ndualcam_received_bytes_total 3\n");
  ::raise(SIGTERM);
  (void)device.rest();
  CHECK(server.status() == 0);
}

TEST_CASE("serve surroundings: what is odd about a device is told with its IMEI") {
  Scene scene(false);
  auto& server = scene.server;
  server.start();
  TestDevice device(server);
  device.say("0000 0004 00013ee13c001981 44000400");
  device.expect("0008 0007 2570686f746f66");
  device.announce();
  device.packets(3);
  device.end();
  CHECK(device.rest().empty());
  CHECK(server.status() == 0);
  CHECK(scene.says("350612071913857: protocol 4 is not known: served as protocol 5\n"));
}

TEST_CASE("serve surroundings: what is asked for again is told, with -v in detail") {
  const int verbosity = GENERATE(0, 1);
  Scene scene(false);
  auto& server = scene.server;
  server.options.common.verbosity = verbosity;
  server.start();
  {
    TestDevice device(server);
    device.begin();
    device.packet(1);
    device.say("0004 0005 343536 0000"); // damaged
    device.expect("0002 0004 00000002");
    device.say("0003 0004 00000001");
    device.packets(3);
    device.end();
    CHECK(device.rest().empty());
  }
  CHECK(server.status() == 0);
  CHECK(scene.says("bad CRC, asking again from packet 2\n") == (verbosity == 1));
  CHECK(scene.says(", 1 resume)\n"));
}

TEST_CASE("serve surroundings: a device that hangs up in mid-file is told to have gone") {
  Scene scene(false);
  auto& server = scene.server;
  server.options.wait = 10min;
  server.start();
  {
    TestDevice device(server);
    device.say(init);
    device.expect("0008 0007 2570686f746f66");
  }
  scene.until_said("350612071913857 disconnected: connection lost (127.0.0.1:");
  scene.until_said("waiting for the camera to come back\n");
  server.clock.move_on(10min);
  CHECK(server.status() == 4);
  CHECK(scene.says("no camera came back in 10:00\n"));
}

} // namespace dualcam::serve::serve_surroundings_test
