// A whole server with hooks, and one that ties cameras to their certificates.
#include <asio/io_context.hpp>

#include "common/coroutine.hpp"
#include "dcam-sim/device.hpp"
#include "dcam-sim/offer.hpp"
#include "tools/certificates.hpp"
#include "tools/dcam-serve/server_run.hpp"

namespace dualcam::serve::serve_hooks_test {
namespace {

using namespace std::chrono_literals;

constexpr auto photo = "350612071913857/photof.jpg";

std::vector<std::string> shell(const std::string& script) { return {"/bin/sh", "-c", script}; }

void send_photo(const TestServer& server) {
  TestDevice device(server);
  device.begin();
  device.packets(3);
  device.end();
  (void)device.rest();
}

/// A camera that speaks TLS and shows this certificate offers a photo.
void offer_by_tls(const TestServer& server, const TlsFiles& files) {
  const std::vector<sim::Recording> recordings{
      {FileKind::front_photo, "p", random_bytes(100, 1), SystemTime(0ms)}};
  sim::SimOptions options;
  options.host = "127.0.0.1";
  options.port = std::to_string(server.options.port);
  const auto offers = sim::offers_of(recordings, options);
  const auto tls = *TlsContext::client(files);
  asio::io_context io(1);
  sim::Device device(
      options, 0, offers, io.get_executor(), [](auto&&...) {}, Clock::system(), &tls);
  asio::co_spawn(io, device.run(),
                 [](const std::exception_ptr& failure, ExitCode) { CHECK(failure == nullptr); });
  io.run();
}

} // namespace

TEST_CASE("serve hooks: --exec is run for each stored file, with its path and what is known") {
  Scene scene;
  auto& server = scene.server;
  const auto log = scene.folder() / "log";
  server.options.exec =
      shell("echo \"$0 $DCAM_KIND $DCAM_IMEI $DCAM_BYTES\" >> '" + log.string() + "'");
  server.start();
  send_photo(server);
  CHECK(server.status() == 0);
  CHECK(content_of(log) == (scene.folder() / photo).string() + " photof 350612071913857 9\n");
  CHECK_FALSE(scene.events().has("hook-failed"));
}

TEST_CASE("serve hooks: one that fails costs no file, but the exit status is 7") {
  Scene scene;
  auto& server = scene.server;
  server.options.exec = {"/bin/false"};
  server.start();
  send_photo(server);
  CHECK(server.status() == 7);
  CHECK(content_of(scene.folder() / photo) == "123456789");
  const auto events = scene.events();
  const auto path = (scene.folder() / photo).string();
  const auto done = events.of("file-done");
  CHECK(events.of("hook-failed") == Json({{"imei", done.at("imei")},
                                          {"connection", done.at("connection")},
                                          {"address", done.at("address")},
                                          {"path", path},
                                          {"error", "/bin/false ended with status 1"}}));
  CHECK(scene.says("hook for " + path + ": /bin/false ended with status 1\n"));
}

TEST_CASE("serve hooks: a signal lets the running one end, which is told") {
  Scene scene;
  auto& server = scene.server;
  const auto begun = scene.folder() / "begun";
  const auto go = scene.folder() / "go";
  server.options.common.quiet = false;
  server.options.exec = shell("> '" + begun.string() + "'; while [ ! -e '" + go.string() +
                              "' ]; do sleep 0.01; done");
  server.options.keep_listening = true;
  server.start();
  send_photo(server);
  wait_until([&] { return fs::exists(begun); });
  ::raise(SIGTERM);
  scene.until_said("waiting for 1 hook; a second signal leaves it running\n");
  write_file(go, "");
  CHECK(server.status() == 0);
  CHECK_FALSE(scene.events().has("hook-failed"));
}

TEST_CASE("serve TLS: a camera is let in by the certificate that its IMEI is tied to alone") {
  const Certificate authority;
  const Certificate server_shows(&authority);
  const Certificate own(&authority);
  const Certificate another(&authority);
  Scene scene;
  auto& server = scene.server;
  server.options.tls = server_shows.files(&authority);
  write_file(scene.folder() / "devices", "350612071913857 " + own.fingerprint() + "\n");
  server.options.imeis = {"@" + (scene.folder() / "devices").string()};
  server.start();
  TestDevice(server).say("00"); // it listens now
  offer_by_tls(server, another.files(&authority));
  scene.until_said("its certificate is not the one that --imei ties to this IMEI");
  CHECK_FALSE(fs::exists(scene.folder() / photo));
  offer_by_tls(server, own.files(&authority));
  CHECK(server.status() == 0);
  CHECK(fs::file_size(scene.folder() / photo) == 100);
  const auto events = scene.events();
  CHECK(events.of("rejected")["reason"].is_string());
  CHECK(events.count("rejected") == 2); // who said 00, and the other one
}

} // namespace dualcam::serve::serve_hooks_test
