// A simulated camera reaches its server, in the clear and by TLS, or says why it does not.
#include "dcam-sim/device.hpp"

#include <asio/io_context.hpp>

#include "common/coroutine.hpp"
#include "dcam-sim/offer.hpp"
#include "tools/certificates.hpp"
#include "tools/serving.hpp"

namespace dualcam::sim::caller_test {
namespace {

using namespace std::chrono_literals;

const std::vector<Recording> recordings{
    {FileKind::front_photo, "p", random_bytes(3000, 1), SystemTime(1'730'205'822'000ms)}};

struct Called {
  ExitCode code = ExitCode::done;
  std::vector<std::string> events;
  std::string said; ///< for people, last
  Json fields;
};

/// A device that offers a photo.
Called call(SimOptions options, const TlsContext* tls = nullptr) {
  Called called;
  const auto offers = offers_of(recordings, options);
  asio::io_context io(1);
  TestClock clock;
  Device device(
      options, 0, offers, io.get_executor(),
      [&](const std::string& name, Json fields, const std::string& text) {
        if (name != "asked") {
          called.events.push_back(name);
          called.said = text;
          called.fields = std::move(fields);
        }
      },
      clock, tls);
  asio::co_spawn(io, device.run(), [&](const std::exception_ptr& failure, ExitCode code) {
    CHECK(failure == nullptr);
    called.code = code;
  });
  io.run();
  return called;
}

SimOptions options_for(const serve::TestServer& server, const std::string& host = "127.0.0.1") {
  SimOptions options;
  options.host = host;
  options.port = std::to_string(server.options.port);
  return options;
}

/// Once it listens.
void start(serve::TestServer& server) {
  server.start();
  serve::TestDevice(server).say("00");
}

using Events = std::vector<std::string>;

const Events all_taken{"connected", "ended", "file-taken"};

} // namespace

TEST_CASE("caller: a server is reached by its address and by its name") {
  for (const auto* host : {"127.0.0.1", "localhost"}) {
    serve::TestServer server;
    start(server);
    const auto called = call(options_for(server, host));
    CHECK(called.code == ExitCode::done);
    CHECK(called.events == all_taken);
    CHECK(server.status() == 0);
  }
}

TEST_CASE("caller: why nobody is reached, and what may help") {
  SimOptions options;
  options.host = "127.0.0.1";
  options.port = std::to_string(free_port());
  auto called = call(options);
  CHECK(called.code == ExitCode::io);
  CHECK(called.events == Events{"unreachable"});
  CHECK(called.said == "cannot connect to 127.0.0.1:" + options.port +
                           ": Connection refused; is dcam-serve listening there?");
  CHECK(called.fields == Json({{"imei", "350612071913857"}, {"error", "Connection refused"}}));
  options.host = "no..name";
  called = call(options);
  CHECK(called.code == ExitCode::io);
  CHECK(called.events == Events{"unreachable"});
  CHECK_THAT(called.said, ContainsSubstring("cannot connect to no..name:"));
  CHECK_FALSE(called.said.contains("dcam-serve"));
}

TEST_CASE("caller: files go by TLS to a server that its certificate shows to be the right one") {
  const Certificate authority;
  const Certificate certificate(&authority);
  for (const bool checks : {false, true}) {
    serve::TestServer server;
    server.options.tls = certificate.files();
    start(server);
    const auto tls = *TlsContext::client({{}, {}, checks ? authority.path() : fs::path()});
    const auto called = call(options_for(server), &tls);
    CHECK(called.code == ExitCode::done);
    CHECK(called.events == all_taken);
    CHECK(server.status() == 0);
    CHECK(content_of(server.folder / "350612071913857/photof.jpg") ==
          as_text(recordings[0].content));
  }
}

TEST_CASE("caller: a server that another authority has signed gets nothing") {
  const Certificate authority;
  const Certificate certificate;
  serve::TestServer server;
  server.options.tls = certificate.files();
  server.options.wait = 10min;
  start(server);
  const auto tls = *TlsContext::client({{}, {}, authority.path()});
  const auto called = call(options_for(server), &tls);
  CHECK(called.code == ExitCode::io);
  CHECK(called.events == Events{"unreachable"});
  CHECK_THAT(called.said, ContainsSubstring("no TLS with 127.0.0.1:"));
  CHECK_THAT(called.said, ContainsSubstring("certificate"));
  server.clock.move_on(10min);
  CHECK(server.status() == 4);
}

TEST_CASE("caller: who speaks TLS to somebody who does not, or the other way round, is told so") {
  const Certificate certificate;
  for (const bool server_does : {false, true}) {
    serve::TestServer server;
    server.options.wait = 10min;
    if (server_does) {
      server.options.tls = certificate.files();
    }
    start(server);
    const auto tls = *TlsContext::client({});
    const auto called = call(options_for(server), server_does ? nullptr : &tls);
    CHECK(called.code == ExitCode::io);
    CHECK(called.events.back() == "unreachable");
    CHECK_THAT(called.said,
               ContainsSubstring(server_does ? "no conversation with 127.0.0.1:" : "no TLS with"));
    CHECK_THAT(called.said, ContainsSubstring(server_does ? ": it speaks TLS; give --tls"
                                                          : ": it hung up; does it speak TLS?"));
    server.clock.move_on(10min);
    CHECK(server.status() == 4);
  }
}

} // namespace dualcam::sim::caller_test
