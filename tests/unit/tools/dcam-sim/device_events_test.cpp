// What a simulated camera tells of its way through a conversation, for people and as events.
#include <asio/io_context.hpp>

#include "common/coroutine.hpp"
#include "dcam-serve/sha256.hpp"
#include "dcam-sim/device.hpp"
#include "dcam-sim/offer.hpp"
#include "quiet.hpp"
#include "tools/serving.hpp"

namespace dualcam::sim::device_events_test {
namespace {

using namespace std::chrono_literals;

using Lines = std::vector<std::string>;

struct DeviceRun {
  ExitCode code = ExitCode::done;
  Lines events; ///< names and fields, but for the IMEI
  Lines texts;
  std::uint64_t sent = 0;
};

/// Each is told with the camera's IMEI; a server's address is left out.
DeviceRun run_device(SimOptions options, serve::TestServer& server,
                     const std::vector<Recording>& files) {
  const Quiet quiet; // of the server
  options.host = "127.0.0.1";
  options.port = std::to_string(server.options.port);
  options.reconnect_delay = 0ms;
  server.start();
  serve::TestDevice(server).say("00"); // it listens now
  DeviceRun ran;
  const auto offers = offers_of(files, options);
  asio::io_context io(1);
  Device device(options, 0, offers, io.get_executor(),
                [&](const std::string& name, Json fields, std::string text) {
                  CHECK(fields["imei"] == "350612071913857");
                  fields.erase("imei");
                  ran.events.push_back(name + " " + fields.dump());
                  const auto address = "127.0.0.1:" + options.port;
                  if (const auto at = text.find(address); at != text.npos) {
                    text.replace(at, address.size(), "SERVER");
                  }
                  ran.texts.push_back(std::move(text));
                });
  asio::co_spawn(io, device.run(), [&](const std::exception_ptr& failure, ExitCode code) {
    CHECK(failure == nullptr);
    ran.code = code;
  });
  io.run();
  ran.sent = device.bytes_sent();
  if (ran.code != ExitCode::done) {
    ::raise(SIGTERM); // it waits for the camera to come back
  }
  (void)server.status();
  return ran;
}

Recording photo(std::size_t size) {
  return {FileKind::front_photo, "a.jpg", ByteBuffer(size, std::byte{'x'}),
          SystemTime(1'730'205'822'000ms)};
}

} // namespace

TEST_CASE("device events: what the server asks, what it takes, and how it ends") {
  serve::TestServer server;
  const auto ran = run_device({}, server, {photo(1025)});
  CHECK(ran.code == ExitCode::done);
  CHECK(ran.events == Lines{R"(connected {"files":1})",
                            R"(asked {"command":"FILE REQUEST photof"})",
                            R"(asked {"command":"RESUME 1"})", R"(asked {"command":"REPEAT INIT"})",
                            R"(asked {"command":"CLOSE"})",
                            R"(ended {"reason":"the server took its leave: CLOSE"})",
                            R"(file-taken {"kind":"photof","bytes":1025})"});
  CHECK(ran.texts == Lines{"connected to SERVER, offering 1 file",
                           "the server sends FILE REQUEST photof", "the server sends RESUME 1",
                           "the server sends REPEAT INIT", "the server sends CLOSE",
                           "the server took its leave: CLOSE", "a.jpg taken (1.0 KiB)"});
  CHECK(ran.sent == 1025 + 2 * 6);
}

TEST_CASE("device events: a cut, a file that takes another's place, and coming back") {
  serve::TestServer server;
  SimOptions options;
  options.cuts = {1};
  options.reconnect = 1;
  options.replace_file = true;
  const auto ran = run_device(options, server, {photo(2048)});
  CHECK(ran.code == ExitCode::done);
  const auto sha256 = serve::sha256_of(server.folder / "350612071913857/photof.jpg");
  REQUIRE(sha256);
  REQUIRE(ran.events.size() > 5);
  CHECK(ran.events[3] == R"(cut {"packet":1})");
  CHECK(ran.events[4] ==
        R"(replaced {"kind":"photof","bytes":2048,"sha256":")" + *sha256 + R"("})");
  CHECK(ran.events[5] == R"(connected {"files":1})");
  CHECK(ran.texts[3] == "connection cut after packet 1");
  CHECK(ran.texts[4] == "a.jpg replaced by another file of the same size");
}

TEST_CASE("device events: a file by path has its camera and its path") {
  serve::TestServer server;
  server.options.name_by_path = *serve::NameTemplate::parse("{imei}/{camera}{ext}");
  SimOptions options;
  options.cameras = {&family_of_path("dsm/x")};
  options.cuts = {1};
  options.replace_file = true;
  options.reconnect = 1;
  options.stall = 1ms;
  const auto ran = run_device(options, server, {photo(1500)});
  const auto sha256 = serve::sha256_of(server.folder / "350612071913857/dsm.jpg");
  REQUIRE(sha256);
  const std::string file = R"({"camera":"dsm","device_path":"dsm/picture/241029/124343.jpg",)"
                           R"("bytes":1500)";
  CHECK(ran.events == Lines{R"(connected {"files":1})", R"(asked {"command":"PATH REQUEST"})",
                            R"(asked {"command":"FILE REQUEST by path"})",
                            R"(asked {"command":"RESUME 0"})", R"(cut {"packet":1})",
                            "replaced " + file + R"(,"sha256":")" + *sha256 + R"("})",
                            R"(connected {"files":1})", R"(asked {"command":"PATH REQUEST"})",
                            R"(asked {"command":"FILE REQUEST by path"})",
                            R"(asked {"command":"RESUME 0"})", R"(stalled {"packet":2})",
                            R"(asked {"command":"REPEAT INIT"})", R"(asked {"command":"CLOSE"})",
                            R"(ended {"reason":"the server took its leave: CLOSE"})",
                            "file-taken " + file + "}"});
  REQUIRE(ran.texts.size() == 15);
  CHECK(ran.texts[5] ==
        "a.jpg as dsm/picture/241029/124343.jpg replaced by another file of the same size");
  CHECK(ran.texts[10] == "silent for 0.0 s before packet 2");
  CHECK(ran.texts[14] == "a.jpg as dsm/picture/241029/124343.jpg taken (1.5 KiB)");
}

TEST_CASE("device events: at a rate the line is free again when what went before has gone") {
  for (const std::uint32_t chunk : {0U, 100U}) {
    serve::TestServer server;
    SimOptions options;
    options.rate = 50'000;
    options.chunk = chunk;
    const auto began = std::chrono::steady_clock::now();
    const auto ran = run_device(options, server, {photo(5'120)});
    CHECK(ran.code == ExitCode::done);
    CHECK(std::chrono::steady_clock::now() - began >= 100ms); // 5,150 bytes
    CHECK(content_of(server.folder / "350612071913857/photof.jpg") == std::string(5'120, 'x'));
  }
}

TEST_CASE(
    "device events: whoever has no reconnection left, or is not wanted, leaves files behind") {
  struct Case {
    std::uint32_t cuts;
    std::uint32_t reconnect;
    ExitCode code;
  };
  for (const auto& [cuts, reconnect, code] : {Case{1, 0, ExitCode::incomplete},
                                              {1, 1, ExitCode::done},
                                              {2, 1, ExitCode::incomplete},
                                              {2, 2, ExitCode::done}}) {
    CAPTURE(cuts, reconnect);
    serve::TestServer server;
    SimOptions options;
    options.cuts.assign(cuts, 2);
    options.reconnect = reconnect;
    const auto ran = run_device(options, server, {photo(4096)});
    CHECK(ran.code == code);
  }
}

} // namespace dualcam::sim::device_events_test
