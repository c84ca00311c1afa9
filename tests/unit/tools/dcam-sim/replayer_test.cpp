// A captured camera speaks to dcam-serve, both in this process.
#include "dcam-sim/replayer.hpp"

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/post.hpp>

#include <fmt/format.h>

#include "common/coroutine.hpp"
#include "dualcam/wire/crc16.hpp"
#include "tools/certificates.hpp"
#include "tools/serving.hpp"

namespace dualcam::sim::replayer_test {
namespace {

using namespace std::chrono_literals;

const Message init = Init{5, 350612071913857, 0x4400'0400};
const Message last_init = Init{5, 350612071913857, 0x4000'0400};
const std::string content = "123456789";

/// What a device did in one connection, step by step.
struct Script {
  explicit Script(std::string device = "350612071913857") { made.device = std::move(device); }

  Script& says(const Message& message, std::optional<CommandId> to = std::nullopt,
               std::chrono::nanoseconds delay = {}, std::chrono::nanoseconds waited = {}) {
    const auto bytes = encode(message);
    made.steps.push_back({to, waited, delay, store.add(bytes), bytes.size()});
    made.bytes += bytes.size();
    return *this;
  }
  ReplayStore store = std::move(*ReplayStore::create());
  ReplayConnection made{};
};

/// A front photo of nine bytes.
Script photo(std::string device = "350612071913857") {
  Script script(std::move(device));
  script.says(init).says(Start{1}, CommandId::file_request).says(Sync{1}, CommandId::resume);
  script.says(Data{as_bytes(content), crc16(as_bytes(content))});
  script.says(last_init, CommandId::repeat_init);
  script.made.ended_by_server = true;
  return script;
}

struct Replayed {
  ExitCode code = ExitCode::done;
  std::vector<std::string> events; ///< their names, with what is asked or told
  std::vector<std::string> lines;  ///< what people are told of them
  std::uint64_t sent = 0;
  std::uint64_t to_send = 0;

  std::ptrdiff_t count(std::string_view name) const { return std::ranges::count(events, name); }
};

std::string shown(const std::string& name, const Json& fields) {
  for (const auto* field : {"command", "steps", "bytes", "as_captured"}) {
    if (fields.contains(field)) {
      return name + " " +
             (fields[field].is_string() ? fields[field].get<std::string>() : fields[field].dump());
    }
  }
  return name;
}

/// The first device's connections. When `moves_at` is told, the clock goes on by `moves`.
Replayed replay(const Script& script, std::vector<ReplayConnection> connections, std::uint16_t port,
                const std::string& moves_at = {}, std::chrono::seconds moves = 10s,
                const TlsContext* tls = nullptr) {
  SimOptions options;
  options.host = "127.0.0.1";
  options.port = std::to_string(port);
  options.rate = 1'000'000'000;
  asio::io_context io(1);
  TestClock clock;
  Replayed replayed;
  Replayer replayer(
      options, std::move(connections), script.store, io.get_executor(),
      [&](const std::string& name, const Json& fields, const std::string& line) {
        CHECK(fields["imei"] == script.made.device);
        replayed.lines.push_back(line);
        replayed.events.push_back(shown(name, fields));
        if (replayed.events.back() == moves_at) {
          asio::post(io, [&] { clock.move_on(moves); });
        }
      },
      clock, tls);
  CHECK(replayer.devices() == 1);
  asio::co_spawn(io, replayer.run(0), [&](const std::exception_ptr& failure, ExitCode code) {
    CHECK(failure == nullptr);
    replayed.code = code;
  });
  io.run();
  replayed.sent = replayer.bytes_sent();
  replayed.to_send = replayer.bytes_to_send();
  return replayed;
}

/// Against a server that serves one camera.
Replayed replay(const Script& script, serve::TestServer& server, const std::string& moves_at = {},
                std::chrono::seconds moves = 10s) {
  server.start();
  serve::TestDevice(server).say("00"); // it listens now
  auto replayed = replay(script, {script.made}, server.options.port, moves_at, moves);
  return replayed;
}

std::string stored(const serve::TestServer& server) {
  return content_of(server.folder / "350612071913857/photof.jpg");
}

using Events = std::vector<std::string>;

} // namespace

TEST_CASE("replayer: a captured conversation is had again") {
  serve::TestServer server;
  const auto script = photo();
  const auto replayed = replay(script, server);
  CHECK(server.status() == 0);
  CHECK(stored(server) == content);
  CHECK(replayed.code == ExitCode::done);
  CHECK(replayed.events == Events{"connected 65", "asked FILE REQUEST photof", "asked RESUME 1",
                                  "asked REPEAT INIT", "asked CLOSE", "ended true"});
  CHECK(replayed.sent == 65);
  CHECK(replayed.to_send == 65);
}

TEST_CASE("replayer: what the server does not ask for this time is passed over") {
  serve::TestServer server;
  Script script;
  script.says(init).says(MetadataResponse{as_bytes("nothing known")}, CommandId::metadata_request);
  script.says(Start{1}, CommandId::file_request).says(Sync{1}, CommandId::resume);
  script.says(Data{as_bytes(content), crc16(as_bytes(content))});
  script.says(last_init, CommandId::repeat_init);
  script.made.ended_by_server = true;
  const auto replayed = replay(script, server);
  CHECK(server.status() == 0);
  CHECK(stored(server) == content);
  CHECK(replayed.code == ExitCode::done);
  CHECK(replayed.count("skipped 1") == 1);
  CHECK(replayed.sent < replayed.to_send);
}

TEST_CASE("replayer: where the server has ended it nothing more is sent") {
  serve::TestServer server;
  auto script = photo();
  script.says(Start{1}, CommandId::file_request);
  const auto replayed = replay(script, server);
  CHECK(server.status() == 0);
  CHECK(replayed.code == ExitCode::incomplete);
  CHECK(replayed.events.back() == "disconnected");
  CHECK(replayed.count("asked CLOSE") == 1);
}

TEST_CASE("replayer: what is not asked for, though waited for ten seconds longer than it was "
          "captured, is sent") {
  for (const auto waited : {0s, 7s}) {
    serve::TestServer server;
    Script script; // the server does not ask for a path
    script.says(init).says(Start{1}, CommandId::path_request, {}, waited);
    script.says(Sync{1}, CommandId::resume);
    script.says(Data{as_bytes(content), crc16(as_bytes(content))});
    script.says(last_init, CommandId::repeat_init);
    script.made.ended_by_server = true;
    const auto replayed = replay(script, server, "asked FILE REQUEST photof", 10s + waited);
    CHECK(server.status() == 0);
    CHECK(stored(server) == content);
    CHECK(replayed.code == ExitCode::done);
    CHECK(replayed.count("unasked PATH REQUEST") == 1);
    CHECK(std::ranges::count(replayed.lines,
                             fmt::format("the server has not sent PATH REQUEST in {}.0 s: going on "
                                         "as captured",
                                         (10s + waited).count())) == 1);
  }
}

TEST_CASE("replayer: bytes that the capture does not have are told") {
  serve::TestServer server;
  auto script = photo();
  script.made.missing = 7;
  const auto replayed = replay(script, server);
  CHECK(server.status() == 0);
  CHECK(replayed.events[1] == "incomplete 7");
}

TEST_CASE("replayer: a server that cannot be reached ends it") {
  const auto script = photo();
  const auto replayed = replay(script, {script.made, script.made}, free_port());
  CHECK(replayed.code == ExitCode::io);
  CHECK(replayed.events == Events{"unreachable"});
  CHECK(replayed.sent == 0);
  CHECK(replayed.to_send == 130);
}

TEST_CASE("replayer: by TLS it plays to a server that speaks it, and to no other") {
  const Certificate certificate;
  const auto tls = *TlsContext::client({});
  const auto script = photo();
  for (const bool server_does : {true, false}) {
    serve::TestServer server;
    server.options.wait = 10min;
    if (server_does) {
      server.options.tls = certificate.files();
    }
    server.start();
    serve::TestDevice(server).say("00");
    const auto replayed = replay(script, {script.made}, server.options.port, {}, 10s, &tls);
    CHECK(replayed.code == (server_does ? ExitCode::done : ExitCode::io));
    CHECK(replayed.count("unreachable") == (server_does ? 0 : 1));
    CHECK(replayed.count("connected 65") == (server_does ? 1 : 0));
    CHECK(replayed.sent == (server_does ? 65 : 0));
    if (!server_does) {
      server.clock.move_on(10min);
    }
    CHECK(server.status() == (server_does ? 0 : 4));
    CHECK(stored(server) == (server_does ? content : ""));
  }
}

TEST_CASE("replayer: a captured device that went away leaves, without an end of the server's") {
  serve::TestServer server;
  Script script;
  script.says(init).says(Start{1}, CommandId::file_request);
  const auto replayed = replay(script, server);
  CHECK(replayed.code == ExitCode::done);
  CHECK(replayed.events.back() == "ended true");
  CHECK(stored(server).empty());
  const auto again = photo();
  CHECK(replay(again, {again.made}, server.options.port).code == ExitCode::done);
  CHECK(server.status() == 0);
  CHECK(stored(server) == content);
}

TEST_CASE("replayer: connections are those of their devices") {
  SimOptions options;
  asio::io_context io(1);
  auto script = photo("1");
  const Script other("2");
  const Replayer replayer(options, {script.made, other.made, script.made}, script.store,
                          io.get_executor(), {});
  CHECK(replayer.devices() == 2);
  CHECK(replayer.bytes_to_send() == 130);
  CHECK(Replayer(options, {}, script.store, io.get_executor(), {}).devices() == 0);
}

/// Whoever waits longer than the server is ever waited for keeps the capture's pace, which takes no
/// time here: not moved on at an event, which does not come when the machine is busy for so long
/// that the replayer goes on without it.
class PaceClock : public TestClock {
public:
  asio::awaitable<void> wait(asio::steady_timer& timer, TimePoint until) override {
    if (const auto pause = until - now(); pause > 1min) {
      paces.push_back(std::chrono::round<std::chrono::minutes>(pause));
      move_on(std::chrono::ceil<std::chrono::milliseconds>(pause));
      co_return;
    }
    co_await TestClock::wait(timer, until);
  }
  std::vector<std::chrono::minutes> paces;
};

TEST_CASE(
    "replayer: a captured device that stayed silent is silent as long, unless there is a rate") {
  for (const std::uint64_t rate : {std::uint64_t{0}, std::uint64_t{1'000'000}}) {
    serve::TestServer server;
    server.start();
    serve::TestDevice(server).say("00");
    Script script;
    script.says(init);
    script.made.end = 40min;
    SimOptions options;
    options.host = "127.0.0.1";
    options.port = std::to_string(server.options.port);
    options.rate = rate;
    asio::io_context io(1);
    PaceClock clock;
    Replayer replayer(
        options, {script.made}, script.store, io.get_executor(),
        [](const std::string&, const Json&, const std::string&) {}, clock);
    asio::co_spawn(io, replayer.run(0),
                   [](const std::exception_ptr&, ExitCode code) { CHECK(code == ExitCode::done); });
    io.run();
    using Paces = std::vector<std::chrono::minutes>;
    CHECK(clock.paces == (rate == 0 ? Paces{40min} : Paces{}));
    ::raise(SIGTERM);
    CHECK(server.status() == 143);
  }
}

TEST_CASE("replayer: a server that says nothing is given up after three waits") {
  asio::io_context io(1);
  const asio::ip::tcp::acceptor deaf(io, {asio::ip::make_address("127.0.0.1"), 0});
  PaceClock clock;
  Script script;
  script.says(init);
  for (int i = 0; i < 100; ++i) {
    script.says(Start{1}, CommandId::file_request, {}, 2min);
  }
  SimOptions options;
  options.host = "127.0.0.1";
  options.port = std::to_string(deaf.local_endpoint().port());
  Events events;
  Replayer replayer(
      options, {script.made}, script.store, io.get_executor(),
      [&](const std::string& name, const Json&, const std::string&) { events.push_back(name); },
      clock);
  asio::co_spawn(io, replayer.run(0), [](const std::exception_ptr&, ExitCode code) {
    CHECK(code == ExitCode::incomplete);
  });
  io.run();
  CHECK(events == Events{"connected", "unasked", "unasked", "disconnected"});
}

TEST_CASE("replayer: without a rate the capture's pace is kept") {
  serve::TestServer server;
  server.start();
  serve::TestDevice(server).say("00");
  auto script = photo();
  script.made.start = 5s;
  auto late = script.made;
  late.start += 120min;
  script.made.steps[1].delay = 60min;
  script.made.steps[3].delay = 30min;
  SimOptions options;
  options.host = "127.0.0.1";
  options.port = std::to_string(server.options.port);
  asio::io_context io(1);
  PaceClock clock;
  Replayer replayer(
      options, {script.made, late}, script.store, io.get_executor(),
      [](const std::string&, const Json&, const std::string&) {}, clock);
  auto code = ExitCode::done;
  asio::co_spawn(io, replayer.run(0),
                 [&](const std::exception_ptr&, ExitCode ended) { code = ended; });
  io.run();
  CHECK(server.status() == 0);
  CHECK(stored(server) == content);
  CHECK(clock.paces == std::vector<std::chrono::minutes>{60min, 30min, 30min});
  CHECK(code != ExitCode::done); // the server has gone after the first one
}

} // namespace dualcam::sim::replayer_test
