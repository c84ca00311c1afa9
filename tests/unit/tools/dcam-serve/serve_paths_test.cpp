// The ways to a camera's files that are not the usual one: balancers, TLS, disks that fail, limits.
#include "tools/certificates.hpp"
#include "tools/dcam-serve/server_run.hpp"

namespace dualcam::serve::serve_paths_test {
namespace {

using namespace std::chrono_literals;

constexpr auto photo = "350612071913857/photof.jpg";

/// A disk that does not get anything durable from a time on.
class FailingDisk : public FileSystem {
public:
  std::atomic<bool> fails = false;

  int fdatasync(int descriptor) override {
    return fails ? failure() : FileSystem::fdatasync(descriptor);
  }
  int syncfs(int descriptor) override { return fails ? failure() : FileSystem::syncfs(descriptor); }

private:
  static int failure() {
    errno = EIO;
    return -1;
  }
};

} // namespace

TEST_CASE("serve paths: through a balancer a camera is who that says, in the capture, too") {
  const bool captures = GENERATE(true, false);
  Scene scene;
  auto& server = scene.server;
  server.options.proxy_protocol = true;
  if (captures) {
    server.options.capture = scene.folder() / "a.pcap";
  }
  server.start();
  {
    TestDevice stranger(server);
    stranger.say("0000 0005 00013ee13c001981 44000400");
    CHECK(stranger.rest().empty());
  }
  TestDevice device(server);
  const std::string header = "PROXY TCP4 192.0.2.1 192.0.2.2 1000 7050\r\n";
  device.say(to_hex(as_bytes(header)));
  device.begin();
  device.packets(3);
  device.end();
  CHECK(device.rest().empty());
  CHECK(server.status() == 0);
  CHECK(content_of(scene.folder() / photo) == "123456789");
  const auto events = scene.events();
  CHECK(events.of("connected")["address"] == "192.0.2.1:1000");
  CHECK(events.of("connected")["connection"] == 2);
  CHECK(events.of("rejected")["reason"].get<std::string>().contains("PROXY"));
  CHECK(events.of("rejected")["connection"] == 1);
  const auto capture = content_of(scene.folder() / "a.pcap");
  const auto ends = from_hex("c0000201 c0000202");
  CHECK(capture.contains(as_text(ends)) == captures);
  CHECK_FALSE(capture.contains("PROXY"));
}

TEST_CASE("serve paths: who speaks no TLS to a server that wants it is a stranger") {
  const Certificate certificate;
  Scene scene;
  auto& server = scene.server;
  server.options.tls = certificate.files();
  server.options.wait = 10min;
  server.start();
  {
    TestDevice device(server);
    device.say("0000 0005 00013ee13c001981 44000400");
    (void)device.rest();
  }
  scene.until_said("\"event\":\"rejected\"");
  server.clock.move_on(10min);
  CHECK(server.status() == 4);
  CHECK_FALSE(scene.events().has("connected"));
  CHECK(scene.events().of("rejected")["reason"].get<std::string>().contains("TLS"));
}

TEST_CASE("serve paths: a disk on which nothing gets durable costs the file, and the run") {
  const bool at_end = GENERATE(false, true);
  FailingDisk disk;
  const Quiet quiet;
  TestServer server(disk);
  server.options.common = {.json = true};
  server.start();
  {
    TestDevice device(server);
    device.begin();
    device.packets(2);
    disk.fails = true;
    if (at_end) {
      device.packet(3);
      (void)device.rest();
    }
  }
  CHECK(server.status() == 3);
  const Events events(quiet.output());
  CHECK_FALSE(events.has("file-done"));
  CHECK(events.count("file-failed") == 1);
  CHECK(events.of("file-failed")["error"].get<std::string>().contains("Input/output error"));
  CHECK_FALSE(fs::exists(server.folder / photo));
}

TEST_CASE("serve paths: what the metadata of one file says is not said of another") {
  Scene scene;
  auto& server = scene.server;
  server.options.metadata = true;
  server.start();
  TestDevice device(server);
  device.say("0000 0005 00013ee13c001981 4c000400");
  device.expect("000a 0007 2570686f746f66");
  device.say("000b 000d 0104 00000192d84dac30 00 0000");
  device.expect("0008 0007 2570686f746f66");
  device.say("0001 0006 00000003 0000");
  device.expect("0002 0004 00000001");
  device.say("0005 0004 00000004"); // it has it no more
  device.expect("000a 0007 2570686f746f72");
  server.clock.move_on(10s); // it tells nothing of the other one
  device.expect("0008 0007 2570686f746f72");
  device.announce();
  device.packets(3);
  device.expect("0009");
  device.say("0000 0005 00013ee13c001981 40000400");
  device.end_after_close();
  CHECK(server.status() == 6);
  const auto events = scene.events();
  CHECK(events.count("metadata") == 1);
  CHECK(events.of("file-done")["kind"] == "photor");
  CHECK(events.of("file-done")["metadata"].is_null());
  CHECK_FALSE(fs::exists(scene.folder() / "350612071913857/photor.jpg.json"));
}

} // namespace dualcam::serve::serve_paths_test
