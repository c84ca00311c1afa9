// A simulated camera uploads to dcam-serve, both in this process.
#include "dcam-sim/device.hpp"

#include <asio/io_context.hpp>
#include <asio/write.hpp>

#include "common/coroutine.hpp"
#include "dcam-sim/offer.hpp"
#include "test_clock.hpp"
#include "tools/serving.hpp"

namespace dualcam::sim::device_test {
namespace {

using namespace std::chrono_literals;

struct Uploaded {
  ExitCode code = ExitCode::done;
  std::vector<std::string> events; ///< their names
  Json last;                       ///< the last one's fields
  std::uint64_t sent = 0;
  int served = -1;
};

const std::vector<Recording> recordings{
    {FileKind::front_photo, "p", random_bytes(3000, 1), SystemTime(1'730'205'822'000ms)},
    {FileKind::front_video, "v", random_bytes(20'480, 2), SystemTime(1'730'205'823'000ms)}};

Uploaded upload(SimOptions options, serve::TestServer& server) {
  options.host = "127.0.0.1";
  options.port = std::to_string(server.options.port);
  options.reconnect_delay = 1ms;
  server.start();
  serve::TestDevice(server).say("00"); // it listens now
  Uploaded uploaded;
  const auto offers = offers_of(recordings, options);
  asio::io_context io(1);
  Device device(options, 0, offers, io.get_executor(),
                [&](const std::string& name, Json fields, const std::string&) {
                  if (name != "asked") {
                    uploaded.events.push_back(name);
                  }
                  uploaded.last = std::move(fields);
                });
  asio::co_spawn(io, device.run(), [&](const std::exception_ptr& failure, ExitCode code) {
    CHECK(failure == nullptr);
    uploaded.code = code;
  });
  io.run();
  uploaded.sent = device.bytes_sent();
  uploaded.served = server.status();
  return uploaded;
}

/// What the server has stored of them.
void check_stored(const serve::TestServer& server) {
  const auto folder = server.folder.path() / "350612071913857";
  CHECK((content_of(folder / "photof.jpg") == as_text(recordings[0].content)));
  CHECK((content_of(folder / "videof.h265") == as_text(recordings[1].content)));
}

std::ptrdiff_t count(const Uploaded& uploaded, std::string_view name) {
  return std::ranges::count(uploaded.events, name);
}

} // namespace

TEST_CASE("device: every file is taken, with its metadata, in one connection") {
  serve::TestServer server;
  server.options.metadata = true;
  const auto uploaded = upload({}, server);
  CHECK(uploaded.code == ExitCode::done);
  CHECK(uploaded.served == 0);
  CHECK(uploaded.events ==
        std::vector<std::string>{"connected", "ended", "file-taken", "file-taken"});
  CHECK(uploaded.last["kind"] == "videof");
  CHECK(uploaded.last["bytes"] == 20'480);
  CHECK(uploaded.last["imei"] == "350612071913857");
  CHECK(uploaded.sent == 23'480 + 23 * 6);
  check_stored(server);
  const auto sidecar = Json::parse(content_of(server.folder / "350612071913857/videof.h265.json"));
  CHECK(sidecar["time"] == "2024-10-29T12:43:43.000Z");
  CHECK(sidecar["frame_rate"] == 20);
}

TEST_CASE("device: cut off it comes back, and goes on where it was") {
  serve::TestServer server;
  SimOptions options;
  options.cuts = {2, 9, 15};
  options.reconnect = 3;
  const auto uploaded = upload(options, server);
  CHECK(uploaded.code == ExitCode::done);
  CHECK(uploaded.served == 0);
  CHECK(count(uploaded, "cut") == 3);
  CHECK(count(uploaded, "connected") == 4);
  CHECK(count(uploaded, "file-taken") == 2);
  check_stored(server);
}

TEST_CASE("device: damage, small writes and a pause cost nothing but time") {
  serve::TestServer server;
  SimOptions options;
  options.corrupt = 0.3;
  options.random_chunks = true;
  options.stall = 1ms;
  options.crc_after_sync = CrcAfterSync::chain;
  const auto uploaded = upload(options, server);
  CHECK(uploaded.code == ExitCode::done);
  CHECK(count(uploaded, "stalled") == 1);
  CHECK(uploaded.sent > 23'480 + 23 * 6);
  check_stored(server);
}

TEST_CASE("device: commands larger than what is read at a time are understood") {
  serve::TestServer server;
  server.options.name = *serve::NameTemplate::parse("{kind}{ext}");
  SimOptions options;
  options.protocol = 6;
  options.path = std::string(60'000, 'x');
  const auto uploaded = upload(options, server);
  CHECK(uploaded.code == ExitCode::done);
  CHECK(count(uploaded, "file-taken") == 2);
}

TEST_CASE("device: a file that it replaces is another one") {
  serve::TestServer server;
  SimOptions options;
  options.cuts = {2};
  options.reconnect = 1;
  options.replace_file = true;
  const auto uploaded = upload(options, server);
  CHECK(uploaded.code == ExitCode::done);
  CHECK(count(uploaded, "replaced") == 1);
  const auto photo = content_of(server.folder / "350612071913857/photof.jpg");
  CHECK(photo.size() == 3000);
  CHECK(photo.substr(0, 1024) == as_text(recordings[0].content).substr(0, 1024));
  CHECK(photo != as_text(recordings[0].content));
  CHECK(content_of(server.folder / "350612071913857/photof_1.jpg.part") ==
        as_text(recordings[0].content).substr(0, 2048)); // what was sent before the cut came
}

TEST_CASE("device: a file by path that turns out to be more than --max-file-size is refused") {
  serve::TestServer server;
  server.options.name_by_path = *serve::NameTemplate::parse("{imei}/{camera}{ext}");
  server.options.max_file_size = 2900;
  SimOptions options;
  options.cameras = {&family_of_path("dsm/x")};
  options.packet_size = 500;
  options.start_in_packets = true; // START says six, of whatever
  const auto uploaded = upload(options, server);
  CHECK(uploaded.code == ExitCode::incomplete);
  CHECK(uploaded.served == 3);
  CHECK(count(uploaded, "file-taken") == 0);
  CHECK(uploaded.sent > 2500);
  CHECK_FALSE(fs::exists(server.folder / "350612071913857/dsm.jpg"));
}

TEST_CASE("device: nobody listens, or nobody wants its files") {
  SimOptions options;
  options.host = "127.0.0.1";
  options.port = std::to_string(free_port());
  const auto offers = offers_of(recordings, options);
  asio::io_context io(1);
  std::vector<std::string> events;
  Device device(options, 0, offers, io.get_executor(),
                [&](const std::string& name, const Json&, const std::string& text) {
                  events.push_back(name);
                  CHECK_THAT(text, ContainsSubstring("is dcam-serve listening there?"));
                });
  ExitCode result = ExitCode::done;
  asio::co_spawn(io, device.run(),
                 [&](const std::exception_ptr&, ExitCode code) { result = code; });
  io.run();
  CHECK(result == ExitCode::io);
  CHECK(events == std::vector<std::string>{"unreachable"});
  serve::TestServer server;
  server.options.wishes = {};
  server.options.wishes.add(Wish::front_photo);
  const auto uploaded = upload({}, server);
  CHECK(uploaded.code == ExitCode::incomplete);
  CHECK(count(uploaded, "file-taken") == 1);
  CHECK(count(uploaded, "refused") == 1);
  CHECK(uploaded.last["files"] == 1);
}

namespace {

/// Listens, and answers each device with what `answers` has for it, once it has said something.
class MuteServer {
public:
  std::vector<std::string> answers;
  bool hangs_up = false; ///< behind them

  explicit MuteServer(const std::vector<Recording>& files) : files_(files) {}

  /// Both devices of two, or the one, until they are at their end; when they came.
  std::vector<TimePoint> run(SimOptions options) {
    options.host = "127.0.0.1";
    options.port = std::to_string(acceptor_.local_endpoint().port());
    const auto offers = offers_of(files_, options);
    std::vector<std::unique_ptr<Device>> devices;
    running_ = options.devices;
    for (std::uint32_t number = 0; number < options.devices; ++number) {
      devices.push_back(std::make_unique<Device>(
          options, number, offers, io_.get_executor(),
          [&](const std::string& name, const Json&, const std::string& text) {
            if (name == "disconnected") {
              said.push_back(text);
            }
          },
          clock_));
      asio::co_spawn(io_, devices.back()->run(),
                     [&](const std::exception_ptr& failure, ExitCode ended) {
                       CHECK(failure == nullptr);
                       code = ended;
                       if (--running_ == 0) {
                         acceptor_.close();
                       }
                     });
    }
    asio::co_spawn(io_, accept(), rethrow);
    asio::co_spawn(io_, let_time_pass(), rethrow);
    io_.run();
    return came_;
  }

  std::vector<std::string> said;
  ExitCode code = ExitCode::done;
  TestClock& clock() { return clock_; }

private:
  asio::awaitable<void> accept() {
    while (acceptor_.is_open()) {
      auto [error, socket] = co_await acceptor_.async_accept(as_values);
      if (!error) {
        came_.push_back(clock_.now());
        asio::co_spawn(io_, answer(std::move(socket)), rethrow);
      }
    }
  }

  asio::awaitable<void> answer(asio::ip::tcp::socket socket) {
    std::array<std::byte, 4096> said_by_device;
    for (const auto& hex : answers) {
      co_await socket.async_read_some(asio::buffer(said_by_device), as_values);
      const auto bytes = from_hex(hex);
      co_await asio::async_write(socket, asio::buffer(bytes), as_values);
    }
    if (hangs_up) {
      co_return;
    }
    asio::steady_timer until_they_leave(io_, TimePoint::max());
    while (running_ != 0) {
      until_they_leave.expires_after(1ms);
      co_await until_they_leave.async_wait(as_values);
    }
  }

  asio::awaitable<void> let_time_pass() {
    asio::steady_timer timer(io_);
    while (running_ != 0) {
      timer.expires_after(1ms);
      co_await timer.async_wait(as_values);
      clock_.move_on(1s);
    }
  }

  const std::vector<Recording>& files_;
  TestClock clock_;
  asio::io_context io_{1};
  asio::ip::tcp::acceptor acceptor_{io_, {asio::ip::address_v4::loopback(), 0}};
  std::vector<TimePoint> came_;
  std::uint32_t running_ = 0;
};

} // namespace

TEST_CASE("device: a server that falls silent ends it, in every state") {
  const std::vector<Recording> files{
      {FileKind::front_photo, "p", random_bytes(std::size_t{32} << 20, 1), SystemTime(0ms)}};
  const std::string file_request = "000800072570686f746f66";
  const std::string resume = "0002000400000001";
  const std::vector<std::vector<std::string>> all_answers{
      {}, {"00"}, {file_request}, {file_request, resume}};
  for (const auto& answers : all_answers) {
    INFO("after " << answers.size() << " answers");
    MuteServer server(files);
    server.answers = answers;
    server.run({});
    CHECK(server.code == ExitCode::incomplete);
    REQUIRE(server.said.size() == 1);
    CHECK(server.said[0] == (answers.size() < 2
                                 ? "the server has been silent for 30.0 s: giving it up"
                                 : "connection lost: the server has taken nothing for 30.0 s"));
  }
}

TEST_CASE("device: a server that hangs up before it has every file is told") {
  MuteServer server(recordings);
  server.answers = {"000800072570686f746f66"}; // FILE REQUEST
  server.hangs_up = true;
  server.run({});
  CHECK(server.code == ExitCode::incomplete);
  REQUIRE(server.said.size() == 1);
  CHECK_THAT(server.said[0], Catch::Matchers::StartsWith("the server hung up: "));
}

TEST_CASE("device: connections are spread over the ramp") {
  MuteServer server(recordings);
  SimOptions options;
  options.devices = 4;
  options.ramp = 40min;
  const auto began = server.clock().now();
  const auto came = server.run(options);
  REQUIRE(came.size() == 4);
  for (std::size_t i = 0; i < came.size(); ++i) {
    CHECK(came[i] - began >= i * 10min);
    CHECK(came[i] - began < i * 10min + 5min);
  }
}

} // namespace dualcam::sim::device_test
