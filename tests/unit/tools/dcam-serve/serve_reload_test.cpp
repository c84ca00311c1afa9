// What SIGHUP cannot change leaves all as it was.
#include <sys/stat.h>

#include "tools/certificates.hpp"
#include "tools/dcam-serve/server_run.hpp"

namespace dualcam::serve::serve_reload_test {
namespace {

/// A server that goes on until one file is stored.
struct Goes : Scene {
  Goes() {
    server.options.keep_listening = true;
    server.options.count = 1;
  }
  void hears_sighup_and_says(const std::string& text) const {
    ::raise(SIGHUP);
    until_said("SIGHUP: " + text + "\n");
  }
  /// Which ends it.
  void takes_a_photo() {
    TestDevice device(server);
    device.begin();
    device.packets(3);
    device.end_completed();
    (void)device.rest();
    CHECK(server.status() == 0);
    CHECK_FALSE(says("are read again"));
  }
};

} // namespace

TEST_CASE("serve reload: a server of plain TCP does not become one of TLS, nor the other way") {
  const Certificate certificate;
  Goes scene;
  auto again = scene.server.options;
  again.tls = certificate.files();
  scene.server.reread = [&] { return again; };
  scene.server.start();
  scene.until_said("listening on");
  scene.hears_sighup_and_says(
      "from plain TCP to TLS or back only by a restart; all stays as it was");
  scene.takes_a_photo();
}

TEST_CASE("serve reload: a certificate that is none leaves that which there is") {
  Goes scene;
  auto again = scene.server.options;
  again.tls.certificate = scene.folder() / "none.pem";
  again.tls.key = scene.folder() / "none.key";
  scene.server.reread = [&] { return again; };
  scene.server.start();
  scene.until_said("listening on");
  ::raise(SIGHUP);
  scene.until_said("none.pem");
  CHECK(scene.says("; all stays as it was\n"));
  scene.takes_a_photo();
}

TEST_CASE("serve reload: a list of devices, or options, that came by a pipe are not read again") {
  Goes scene;
  const auto pipe = (scene.folder() / "pipe").string();
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  SECTION("devices") {
    auto again = scene.server.options;
    again.imeis = {"350612071913857", "@" + pipe};
    scene.server.reread = [again] { return again; };
  }
  SECTION("options") { scene.server.options.config = pipe; }
  scene.server.start();
  scene.until_said("listening on");
  scene.hears_sighup_and_says(pipe + ": a pipe can be read only once; all stays as it was");
  scene.takes_a_photo();
}

} // namespace dualcam::serve::serve_reload_test
