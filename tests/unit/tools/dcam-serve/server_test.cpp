#include "dcam-serve/server.hpp"

#include <atomic>
#include <fstream>

#include "quiet.hpp"
#include "storage/hooked_files.hpp"
#include "tools/serving.hpp"

namespace dualcam::serve::server_test {
namespace {

using namespace std::chrono_literals;

TEST_CASE("server: of a test that fails it ends in every state") {
  for (const int said : {0, 1, 2, 3}) {
    const auto fail = [&] {
      TestServer server;
      server.options.keep_listening = said == 3;
      server.start();
      if (said == 0) {
        throw std::runtime_error("as REQUIRE");
      }
      TestDevice device(server);
      if (said > 1) {
        device.begin();
        device.packet(1);
      }
      throw std::runtime_error("as REQUIRE");
    };
    CHECK_THROWS(fail());
  }
}

TEST_CASE("server: one camera is served, and that is all") {
  TestServer server;
  server.start();
  TestDevice device(server);
  device.begin();
  for (const int number : {1, 2, 3}) {
    device.packet(number);
  }
  device.end();
  CHECK(device.rest().empty());
  CHECK(server.status() == 0);
  std::ifstream file(server.folder.path() / "350612071913857/photof.jpg");
  std::string content;
  file >> content;
  CHECK(content == "123456789");
}

TEST_CASE("server: whoever has had no step for 5 s in mid-file gives way, not before") {
  TestServer server;
  server.start();
  TestDevice first(server);
  first.begin();
  first.packet(1);
  TestDevice second(server);
  second.say("0000 0005 00013ee13c001981 44000400");
  second.was_read();
  server.clock.move_on(4500ms);
  first.packet(2); // it is alive
  server.clock.move_on(4500ms);
  first.packet(3);
  first.end();
  CHECK(server.status() == 0);

  TestServer other;
  other.start();
  TestDevice silent(other);
  silent.begin();
  silent.packet(1);
  TestDevice living(other);
  living.say("0000 0005 00013ee13c001981 44000400");
  other.clock.move_on(5s);
  CHECK(silent.rest().empty());
  living.expect("0008 0007 2570686f746f66");
  living.say("0001 0006 00000003 0000");
  living.expect("0002 0004 00000001"); // to compare what is held
  living.say("0003 0004 00000001");
  for (const int number : {1, 2, 3}) {
    living.packet(number);
  }
  living.end();
  CHECK(other.status() == 0);
}

TEST_CASE(
    "server: a connection without progress is dropped at the idle timeout, its part is kept") {
  TestServer server;
  server.options.wait = 1h;
  server.start();
  TestDevice device(server);
  device.begin();
  device.packet(1);
  server.clock.move_on(9s);
  device.packet(2);
  server.clock.move_on(10s); // silence: asked again, for ever in vain
  device.expect("0002 0004 00000003");
  server.clock.move_on(60s);
  (void)device.rest();
  server.clock.move_on(1h);
  CHECK(server.status() == 5);
}

TEST_CASE("server: a device that does not hang up is not waited for longer than a second") {
  TestServer server;
  server.start();
  TestDevice device(server);
  device.begin();
  for (const int number : {1, 2, 3}) {
    device.packet(number);
  }
  device.answer_repeat_init();
  CHECK(device.rest().empty()); // its last word
  server.clock.move_on(1s);
  CHECK(server.status() == 0); // though it has not hung up
}

TEST_CASE("server: a camera that does not answer REPEAT INIT is done, if it hangs up or not") {
  for (const bool hangs_up : {true, false}) {
    TestServer server;
    server.start();
    TestDevice device(server);
    device.begin();
    device.packets(3);
    device.expect("0009");
    server.clock.move_on(10s);
    if (hangs_up) {
      device.end_after_close();
    } else {
      device.expect("0000 0000");
      CHECK(device.rest().empty()); // its last word
      server.clock.move_on(1s);
    }
    CHECK(server.status() == 0);
  }
}

TEST_CASE("server: without a camera in the time of --wait it gives up") {
  TestServer server;
  server.options.wait = 10min;
  server.start();
  TestDevice stranger(server);
  stranger.say("474554202f20485454502f312e310d0a"); // does not count
  CHECK(stranger.rest().empty());
  server.clock.move_on(10min);
  CHECK(server.status() == 4);
}

/// A server whose disk does not answer a sync, with a transfer on it, and a signal.
struct HangingDisk {
  HangingDisk() {
    files.before_sync = [answers = answer.get_future().share()] { answers.wait(); };
    server.options.keep_listening = true;
    server.exit_by = [this](int exit) { status = exit; };
    server.start();
    device.emplace(server);
    device->begin();
    device->packet(1);
    ::raise(SIGTERM);
    for (int attempt = 0; listens(); ++attempt) { // until it has heard that
      REQUIRE(attempt < 30'000);
      ::usleep(1000);
    }
  }
  bool listens() const {
    asio::io_context io;
    asio::ip::tcp::socket peer(io);
    asio::error_code refused;
    peer.connect({asio::ip::address_v4::loopback(), server.options.port}, refused);
    return !refused;
  }

  const Quiet quiet;
  HookedFiles files;
  std::promise<void> answer;
  std::atomic<int> status = -1; ///< of the process, should it not wait
  TestServer server{files};
  std::optional<TestDevice> device;
};

TEST_CASE("server: a disk that hangs is named when the time that a signal leaves is over, and the "
          "end is 5") {
  HangingDisk disk;
  for (int attempt = 0; attempt < 3000 && disk.status == -1; ++attempt) {
    disk.server.clock.move_on(1s);
    ::usleep(10'000);
  }
  CHECK(disk.status == 5);
  CHECK(disk.quiet.errors().contains(disk.server.folder.path().string() + " hangs"));
  disk.answer.set_value();          // a process would have ended
  CHECK(disk.server.status() == 0); // as told
}

TEST_CASE("server: a disk that answers in the time that a signal leaves is waited for") {
  HangingDisk disk;
  for (int second = 0; second < 9; ++second) {
    disk.server.clock.move_on(1s);
    ::usleep(2000);
  }
  disk.answer.set_value();
  CHECK(disk.device->rest().empty());
  CHECK(disk.server.status() == 0); // as told
  CHECK(disk.status == -1);
  CHECK_FALSE(disk.quiet.errors().contains("hangs"));
}

} // namespace
} // namespace dualcam::serve::server_test
