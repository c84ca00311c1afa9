// What a server does besides talking to cameras: signals, what is read again, where bytes go.
#include <csignal>

#include <fcntl.h>
#include <sys/stat.h>

#include <fmt/format.h>

#include "redirected.hpp"
#include "tools/dcam-serve/server_run.hpp"

namespace dualcam::serve::serve_service_test {
namespace {

using namespace std::chrono_literals;

constexpr auto photo = "350612071913857/photof.jpg";
constexpr auto init = "0000 0005 00013ee13c001981 44000400";

void finish_photo(TestDevice& device) {
  device.packets(3);
  device.end();
  CHECK(device.rest().empty());
}

void send_photo(TestServer& server) {
  TestDevice device(server);
  device.begin();
  finish_photo(device);
}

/// After which no other one is wanted.
void send_last_photo(TestServer& server) {
  TestDevice device(server);
  device.begin();
  device.packets(3);
  device.end_completed();
}

/// Two packets of three go to standard output, and the device.
void begin_on_stdout(Scene& scene) {
  scene.server.options.to_stdout = true;
  scene.server.start();
  {
    TestDevice device(scene.server);
    device.begin();
    device.packets(2);
    wait_until([&] { return scene.quiet.output() == "123456"; });
  }
  scene.until_said("waiting for the camera");
}

} // namespace

TEST_CASE("serve service: a signal keeps what has come, and the exit status tells of it") {
  const auto [signal, goes_on, status] =
      GENERATE(std::tuple(SIGTERM, true, 0), std::tuple(SIGINT, true, 130),
               std::tuple(SIGTERM, false, 143), std::tuple(SIGINT, false, 130));
  const bool in_file = GENERATE(true, false);
  Scene scene(false);
  auto& server = scene.server;
  server.options.keep_listening = goes_on;
  server.start();
  TestDevice device(server);
  if (in_file) {
    device.begin();
    device.packet(1);
  } else {
    device.say(init);
    device.expect("0008 0007 2570686f746f66");
  }
  ::raise(signal);
  (void)device.rest();
  CHECK(server.status() == status);
  CHECK(content_of(scene.folder() / "350612071913857/photof.jpg.part") == (in_file ? "123" : ""));
  CHECK(scene.says("front photo: incomplete, 1 of 3 packets: ") == in_file);
  CHECK(scene.says("stopped; run the same command again for what is incomplete\n") ==
        (in_file && status != 0));
  CHECK(scene.says("stopped; nothing is incomplete\n") == (!in_file && status != 0));
}

TEST_CASE("serve service: SIGUSR1 tells what each camera is at") {
  Scene scene(false);
  auto& server = scene.server;
  server.options.keep_listening = true;
  server.options.count = 2;
  server.start();
  send_photo(server);
  scene.until_said("photof.jpg\n");
  ::raise(SIGUSR1);
  scene.until_said("no camera is connected; 1 file stored\n");
  TestDevice stranger(server);
  stranger.was_read();
  TestDevice device(server);
  device.say("0000 0005 00013ee13c001981 44000400");
  device.expect("0008 0007 2570686f746f66");
  ::raise(SIGUSR1);
  scene.until_said(": nothing is on its way\n");
  device.say("0001 0006 00000004 0000");
  device.expect("0002 0004 00000001");
  device.say("0003 0004 00000001");
  device.packets(2);
  wait_until([&] {
    ::raise(SIGUSR1);
    ::usleep(1000);
    return scene.says(": front photo, 2 of 4 packets\n");
  });
  CHECK(scene.says("350612071913857 from 127.0.0.1:"));
  ::raise(SIGTERM);
  CHECK(server.status() == 0);
}

TEST_CASE("serve service: SIGHUP reads the devices again, or leaves all as it was") {
  Scene scene;
  auto& server = scene.server;
  const auto list = scene.folder() / "devices";
  write_file(list, "350612071913858\n");
  server.options.imeis = {"@" + list.string()};
  server.options.keep_listening = true;
  server.options.count = 1;
  server.start();
  const auto refused = [&] {
    TestDevice device(server);
    device.say(init);
    return device.rest() == "00000000";
  };
  CHECK(refused());
  write_file(list, "no IMEI\n");
  ::raise(SIGHUP);
  scene.until_said("all stays as it was\n");
  CHECK(refused());
  write_file(list, "350612071913857\n");
  ::raise(SIGHUP);
  scene.until_said("SIGHUP: devices and certificates are read again\n");
  send_last_photo(server);
  CHECK(server.status() == 0);
}

TEST_CASE("serve service: SIGHUP takes devices and metrics from the options as they are now, and "
          "TLS only where there was some") {
  Scene scene;
  auto& server = scene.server;
  server.options.imeis = {"350612071913858"};
  server.options.metrics = scene.folder() / "before.prom";
  server.options.keep_listening = true;
  server.options.count = 1;
  std::expected<ServeOptions, std::string> again = std::unexpected("a.conf line 1: bad");
  server.reread = [&] { return again; };
  server.start();
  wait_until([&] { return fs::exists(scene.folder() / "before.prom"); });
  ::raise(SIGHUP);
  scene.until_said("SIGHUP: a.conf line 1: bad; all stays as it was\n");
  CHECK_FALSE(scene.says("read again"));

  again = server.options;
  again->imeis = {"350612071913857"};
  again->metrics = scene.folder() / "after.prom";
  ::raise(SIGHUP);
  scene.until_said("SIGHUP: devices and certificates are read again\n");
  wait_until([&] { return fs::exists(scene.folder() / "after.prom"); });
  send_last_photo(server);
  CHECK(server.status() == 0);
  CHECK(content_of(scene.folder() / "after.prom").contains("files_total 1\n"));
  CHECK(content_of(scene.folder() / "before.prom").contains("files_total 0\n"));
  CHECK_FALSE(scene.says("--capture")); // there was none
  // Of rounds that store those count that had something to store.
  CHECK_FALSE(
      content_of(scene.folder() / "after.prom").contains("commit_duration_seconds_count 0\n"));
  CHECK(content_of(scene.folder() / "before.prom").contains("commit_duration_seconds_count 0\n"));
}

TEST_CASE("serve service: SIGHUP says what of --config only a restart takes") {
  Scene scene;
  auto& server = scene.server;
  server.options.keep_listening = true;
  server.options.configured = {{1, "port", "7050"}, {2, "min-free", "1"}, {3, "imei", "@a"}};
  server.options.count = 1;
  auto again = server.options;
  again.configured = {{1, "port", "7051"}, {2, "min-free", "1"}, {3, "no-metadata", {}}};
  server.reread = [&] { return again; };
  server.start();
  scene.until_said("listening on");
  ::raise(SIGHUP);
  scene.until_said("are read again; only a restart takes what --config has changed: no-metadata, "
                   "port\n");
  send_last_photo(server);
  CHECK(server.status() == 0);
}

TEST_CASE(
    "serve service: standard output has each byte once, over as many connections as it takes") {
  Scene scene(false);
  auto& server = scene.server;
  begin_on_stdout(scene);
  {
    TestDevice device(server);
    device.begin(); // to compare
    finish_photo(device);
  }
  CHECK(server.status() == 0);
  CHECK(scene.quiet.output() == "123456789");
  CHECK(fs::is_empty(scene.folder()));
}

TEST_CASE("serve service: standard output cannot take another file back") {
  Scene scene(false);
  auto& server = scene.server;
  begin_on_stdout(scene);
  {
    TestDevice device(server);
    device.begin();
    device.say(to_hex(encode(Data{as_bytes("abc"), crc16(as_bytes("abc"))})));
    (void)device.rest();
  }
  CHECK(server.status() == 5);
  CHECK(scene.quiet.output() == "123456");
  CHECK(scene.says("what went to standard output cannot be taken back: run the command again"));
}

TEST_CASE("serve service: paths that cannot be written cost no file, but the exit status is 3") {
  Scene scene(false);
  auto& server = scene.server;
  const Redirected full(STDOUT_FILENO, open_full_disk());
  server.start();
  send_photo(server);
  CHECK(server.status() == 3);
  CHECK(scene.says("cannot write to standard output: No space left on device; files are stored all "
                   "the same\n"));
  CHECK(content_of(scene.folder() / photo) == "123456789");
}

TEST_CASE("serve service: whom nobody hears any more says so and stops, if it would go on") {
  const bool goes_on = GENERATE(true, false);
  const bool quiet = GENERATE(false, true);
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  Scene scene(false);
  auto& server = scene.server;
  const Redirected pipe(STDOUT_FILENO, ends[1]);
  server.options.keep_listening = goes_on;
  server.options.common.quiet = quiet;
  const auto leave = [&] { ::close(ends[0]); };
  SECTION("it has something to say") {
    if (!goes_on) {
      leave();
    }
    server.start();
    TestDevice device(server);
    device.begin();
    device.packets(3);
    if (goes_on) {
      wait_until([&] { return fs::exists(scene.folder() / photo); });
      leave();
    } else {
      device.end();
    }
    (void)device.rest();
    CHECK(server.status() == (goes_on ? 3 : 0));
    CHECK(content_of(scene.folder() / photo) == "123456789");
  }
  SECTION("no camera comes") {
    server.options.wait = goes_on ? std::nullopt : std::optional(1ms);
    server.start();
    leave();
    CHECK(server.status() == (goes_on ? 3 : 4));
  }
  CHECK(scene.says("nobody reads standard output any more: stopping\n") == goes_on);
}

TEST_CASE("serve service: a capture that cannot be written is told once, and costs no file") {
  const bool goes_on = GENERATE(false, true);
  Scene scene(false);
  auto& server = scene.server;
  const auto capture = scene.folder() / "capture";
  server.options.capture = capture;
  REQUIRE(::mkfifo(capture.c_str(), 0600) == 0);
  const int reader = ::open(capture.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  server.options.keep_listening = goes_on;
  server.start();
  scene.until_said("listening");
  ::close(reader);
  send_photo(server);
  if (goes_on) { // it is looked at when a connection is over
    wait_until([&] {
      TestDevice stranger(server);
      stranger.say("474554202f20485454502f312e310d0a");
      return stranger.rest().empty() && scene.says("the capture is incomplete\n");
    });
    ::raise(SIGTERM);
  }
  CHECK(server.status() == (goes_on ? 0 : 3));
  const auto errors = scene.quiet.errors();
  const auto said =
      "cannot write to " + capture.string() + ": Broken pipe; the capture is incomplete\n";
  CHECK_THAT(errors, ContainsSubstring(said));
  CHECK(errors.find(said) == errors.rfind(said));
  CHECK(content_of(scene.folder() / photo) == "123456789");
}

TEST_CASE("serve service: a capture that was moved away goes on in a new file at SIGHUP") {
  Scene scene;
  auto& server = scene.server;
  const auto capture = scene.folder() / "a.pcap";
  const auto moved = scene.folder() / "a.pcap.1";
  server.options.capture = capture;
  server.options.keep_listening = true;
  server.options.count = 2;
  server.start();
  const auto bytes_in = [](const fs::path& file, std::string_view what) {
    return content_of(file).contains(as_text(encode(Data{as_bytes(what), crc16(as_bytes(what))})));
  };
  send_photo(server);
  scene.until_said("\"event\":\"file-done\"");
  fs::rename(capture, moved);
  fs::create_directory(capture); // in the way
  ::raise(SIGHUP);
  scene.until_said("the old one goes on\n");
  fs::remove(capture);
  ::raise(SIGHUP);
  wait_until([&] { return fs::exists(capture); });
  scene.until_said("read again\n", 2);
  {
    TestDevice device(server);
    device.say(init);
    device.expect("0008 0007 2570686f746f66");
    device.say("0001 0006 00000001 0000");
    device.expect("0002 0004 00000001");
    device.say("0003 0004 00000001");
    device.say(to_hex(encode(Data{as_bytes("new"), crc16(as_bytes("new"))})));
    device.end_completed();
  }
  CHECK(server.status() == 0);
  CHECK(bytes_in(moved, "123"));
  CHECK_FALSE(bytes_in(moved, "new"));
  CHECK(bytes_in(capture, "new"));
  CHECK_FALSE(bytes_in(capture, "123"));
  CHECK(content_of(capture).contains("%photof")); // the other side, too
}

TEST_CASE("serve service: what is wrong before anybody comes ends it, by its own exit status") {
  Scene scene(false);
  auto& server = scene.server;
  auto& options = server.options;
  int status = 3;
  std::string says;
  SECTION("a program that is not there") {
    options.exec = {"/no/such/program"};
    status = 7;
    says = "/no/such/program";
  }
  SECTION("a folder that is none") {
    write_file(scene.folder() / "file", "");
    options.output = scene.folder() / "file";
    says = "Not a directory";
  }
  SECTION("a capture in a folder that is not there") {
    options.capture = scene.folder() / "none/a.pcap";
    says = "none/a.pcap: No such file or directory";
  }
  SECTION("a list of devices that is not there") {
    options.imeis = {"@" + (scene.folder() / "none").string()};
    says = "none: No such file or directory";
  }
  SECTION("metrics that cannot be written, only looked at") {
    options.check_config = true;
    options.metrics = scene.folder() / "none/a.prom";
    says = "cannot write to --metrics " + options.metrics.string() + ": ";
  }
  SECTION("a folder in none, only looked at for a dry run") {
    options.dry_run = true;
    options.output = scene.folder() / "none/such";
    says = "none/such does not exist, nor does the one it would be in";
  }
  SECTION("nothing, only looked at") {
    options.check_config = true;
    options.metrics = scene.folder() / "a.prom";
    options.capture = scene.folder() / "a.pcap";
    status = 0;
    says = "the options and all files that they name are good\n";
  }
  server.start();
  CHECK(server.status() == status);
  CHECK(scene.says(says));
  CHECK_FALSE(scene.says("listening"));
  CHECK_FALSE(fs::exists(scene.folder() / "a.pcap"));
  CHECK_FALSE(fs::exists(scene.folder() / "a.prom"));
}

TEST_CASE("serve service: a port that is taken is told with what can be done") {
  Scene scene(false);
  auto& server = scene.server;
  const asio::ip::tcp::endpoint here(asio::ip::address_v4::loopback(), 0);
  asio::io_context io;
  const asio::ip::tcp::acceptor other(io, here);
  server.options.port = other.local_endpoint().port();
  server.start();
  CHECK(server.status() == 3);
  CHECK(scene.says(fmt::format("cannot listen on port {} of 127.0.0.1: Address already in use",
                               server.options.port)));
}

TEST_CASE("serve service: where it listens is told, and that there is no place for more cameras") {
  Scene scene;
  auto& server = scene.server;
  server.options.max_connections = 1;
  server.options.keep_listening = true;
  server.start();
  TestDevice device(server);
  device.begin();
  device.packet(1);
  {
    TestDevice other(server);
    other.say("0000 0005 00013ee13c001982 44000400");
    CHECK(other.rest() == "00000000");
  }
  ::raise(SIGTERM);
  CHECK(server.status() == 0);
  const auto events = scene.events();
  CHECK(events.of("listening") ==
        Json({{"address", "127.0.0.1"}, {"port", server.options.port}, {"max_connections", 1}}));
  CHECK(events.of("rejected")["reason"] == "1 connections are open");
  CHECK(scene.says("listening on 127.0.0.1 port " + std::to_string(server.options.port) +
                   ", files go to " + scene.folder().string() +
                   "; up to 1 connection; stop with Ctrl-C\n"));
  CHECK(scene.says("1 connections are open (--max-connections): closing further ones\n"));
}

} // namespace dualcam::serve::serve_service_test
