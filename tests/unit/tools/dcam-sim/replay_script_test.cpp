#include "dcam-sim/replay_script.hpp"

#include "capture/dump_testing.hpp"
#include "environment.hpp"
#include "full_disk.hpp"
#include "tools/capture_testing.hpp"

namespace dualcam::sim::replay_script_test {

using namespace capture_testing;
namespace {

using namespace std::chrono_literals;

const auto camera = Endpoint::v4(0x0A000002, 40000);
const auto server = Endpoint::v4(0x0A000001, 7050);

/// Frames, with their times.
class Captured {
public:
  Captured& wait(std::chrono::milliseconds time) {
    now_ += time;
    return *this;
  }
  Captured& open(const Endpoint& from = camera) {
    return flag(from, server, syn).flag(server, from, syn | ack);
  }
  Captured& device(Bytes bytes, const Endpoint& from = camera) {
    frames.send(from, server, bytes, 1 << 16);
    return timed();
  }
  Captured& device(const Message& message) { return device(encode(message)); }
  Captured& says(const Message& message) { return says(encode(message)); }
  Captured& says(Bytes bytes) {
    frames.send(server, camera, bytes);
    return timed();
  }
  Captured& flag(const Endpoint& from, const Endpoint& to, std::uint8_t flags) {
    frames.flag(from, to, flags);
    return timed();
  }
  /// A segment of the device, or of the server, was not captured.
  Captured& lose_last() {
    frames.frames.pop_back();
    times_.pop_back();
    return *this;
  }

  std::vector<ReplayConnection> read(ReplayStore& store) const {
    ReplayScript script(store);
    for (std::size_t i = 0; i < times_.size(); ++i) {
      const auto& bytes = frames.frames[i];
      script.frame({LinkType::ethernet, bytes, bytes.size(),
                    static_cast<std::uint64_t>(std::chrono::nanoseconds(times_[i]).count())});
    }
    return script.finish();
  }

  Frames frames;

private:
  Captured& timed() {
    times_.push_back(now_);
    return *this;
  }

  std::chrono::milliseconds now_{1'000'000};
  std::vector<std::chrono::milliseconds> times_;
};

/// Of the one connection: `awaited +delay: size`, a line a step; the bytes are those expected.
std::vector<std::string> lines(const std::vector<ReplayConnection>& made, const ReplayStore& store,
                               Bytes expected) {
  REQUIRE(made.size() == 1);
  const auto& connection = made[0];
  std::vector<std::string> result;
  ByteBuffer all;
  for (const auto& step : connection.steps) {
    const auto* command =
        step.awaited ? find_command(Sender::server, static_cast<std::uint16_t>(*step.awaited))
                     : nullptr;
    result.push_back((command != nullptr ? std::string(command->name) + ' ' : "") + '+' +
                     std::to_string(step.delay / 1ms) + ": " + std::to_string(step.size));
    const auto bytes = store.read(step.place, step.size);
    REQUIRE(bytes);
    append(all, *bytes);
  }
  CHECK((all == ByteBuffer(expected.begin(), expected.end())));
  CHECK(connection.bytes == all.size());
  return result;
}

using Lines = std::vector<std::string>;

const Message init = Init{5, DeviceStream::imei, 0x5000'0400};
const Message first_data = Data{as_bytes("123456789"), 0x2189};

} // namespace

TEST_CASE("replay script: what answers a command waits for it, what comes before does not") {
  Captured captured;
  captured.open();
  captured.wait(15ms).device(init);
  captured.wait(20ms).says(MetadataRequest{"%videof"});
  const auto metadata = from_hex("000b 000d 01 10 00000192d84dac30 00 0003");
  captured.wait(7ms).device(metadata).wait(3ms).says(FileRequest{"%videof"});
  captured.wait(2ms).device(Start{1}).says(Resume{1});
  auto packet = encode(Message(Sync{1}));
  append(packet, encode(first_data));
  captured.wait(4ms).device(packet).wait(6ms).says(Status{0});
  captured.wait(9ms).says(RepeatInit{}).wait(1ms).device(init).says(Close{});
  captured.wait(30ms).flag(camera, server, fin | ack).flag(server, camera, fin | ack);
  auto store = ReplayStore::create();
  REQUIRE(store);
  const auto made = captured.read(*store);
  REQUIRE(made.size() == 1);
  auto all = encode(init);
  append(all, metadata);
  append(all, encode(Message(Start{1})));
  append(all, packet);
  append(all, encode(init));
  CHECK(lines(made, *store, all) == Lines{"+0: 16", "METADATA REQUEST +7: 17",
                                          "FILE REQUEST +2: 10", "RESUME +4: 23",
                                          "REPEAT INIT +1: 16"});
  CHECK(made[0].device == "350612071913857");
  CHECK(made[0].start == 1'000'015ms);
  CHECK(made[0].steps[1].waited == 27ms);
  CHECK(made[0].ended_by_server);
  CHECK(made[0].end == 30ms);
  CHECK(made[0].missing == 0);
  CHECK(store->error() == 0);
  CHECK_FALSE(store->read(all.size() * 3, 1)); // beyond all
}

TEST_CASE("replay script: one segment is cut in front of each answer in it") {
  auto bytes = encode(init);
  append(bytes, encode(Message(Path{"a.jpg"})));
  append(bytes, encode(Message(Start{1})));
  append(bytes, encode(Message(Sync{1})));
  append(bytes, encode(first_data));
  Captured captured;
  captured.open();
  captured.says(PathRequest{}).says(FileRequest{"a.jpg"}).says(Resume{1});
  captured.wait(8ms).device(bytes);
  auto store = ReplayStore::create();
  const auto made = captured.read(*store);
  REQUIRE(made.size() == 1);
  CHECK(lines(made, *store, bytes) ==
        Lines{"+8: 16", "PATH REQUEST +0: 9", "FILE REQUEST +0: 10", "RESUME +0: 23"});
  CHECK_FALSE(made[0].ended_by_server);
}

TEST_CASE("replay script: what was not asked waits for nothing, unless the server was not heard") {
  const auto session = [](Captured& captured) {
    auto bytes = encode(init);
    append(bytes, encode(Message(Start{1})));
    captured.device(bytes);
    return bytes;
  };
  auto store = ReplayStore::create();
  Captured heard;
  heard.open().says(Resume{1});
  const auto bytes = session(heard);
  CHECK(lines(heard.read(*store), *store, bytes) == Lines{"+0: 16", "+0: 10"});

  Captured alone; // the server's side is not in the capture
  alone.open();
  session(alone);
  CHECK(lines(alone.read(*store), *store, bytes) == Lines{"+0: 16", "FILE REQUEST +0: 10"});

  Captured torn; // some of it is not
  torn.open().says(Resume{1}).says(Resume{1}).lose_last().says(Resume{1});
  session(torn);
  torn.flag(server, camera, fin | ack).flag(camera, server, fin | ack);
  const auto made = torn.read(*store);
  CHECK(lines(made, *store, bytes).size() == 2);

  Captured strange; // it is not understood
  strange.open();
  strange.says(as_bytes("HTTP/1.1 400 Bad Request\r\n"));
  session(strange);
  CHECK(lines(strange.read(*store), *store, bytes) == Lines{"+0: 16", "FILE REQUEST +0: 10"});
}

TEST_CASE("replay script: a request answers for one answer only") {
  Captured captured;
  captured.open().device(init).says(FileRequest{"%photof"});
  captured.device(Start{1}).device(Start{1});
  auto bytes = encode(init);
  append(bytes, encode(Message(Start{1})));
  append(bytes, encode(Message(Start{1})));
  auto store = ReplayStore::create();
  CHECK(lines(captured.read(*store), *store, bytes) ==
        Lines{"+0: 16", "FILE REQUEST +0: 10", "+0: 10"});
}

TEST_CASE("replay script: bytes that are not in the capture are counted") {
  Captured captured;
  captured.open().device(init).says(FileRequest{"%photof"});
  captured.device(Start{2}).says(Resume{1});
  captured.device(Sync{1}).device(first_data).lose_last().device(first_data);
  captured.flag(camera, server, fin | ack).flag(server, camera, fin | ack);
  auto store = ReplayStore::create();
  const auto made = captured.read(*store);
  REQUIRE(made.size() == 1);
  CHECK(made[0].missing == 15);
  CHECK(made[0].bytes == 16 + 10 + 8 + 15);
}

TEST_CASE("replay script: a capture for whose bytes there is no room is told, not played") {
  {
    const Variable folder("TMPDIR", "/no/such");
    const auto store = ReplayStore::create();
    REQUIRE_FALSE(store);
    CHECK(store.error().message == "cannot make a temporary file in /no/such: No such file or "
                                   "directory; TMPDIR may name another folder");
  }
  {
    const Variable folder("TMPDIR", "/proc"); // where no file can be made
    CHECK_FALSE(ReplayStore::create());
  }
  auto store = ReplayStore::create();
  REQUIRE(store);
  const FullDisk disk(10);
  CHECK(store->add(as_bytes("0123456789")) == 0);
  CHECK(store->error() == 0);
  store->add(as_bytes("x"));
  CHECK(store->error() == EFBIG);
  CHECK(store->read(0, 10));
  CHECK_FALSE(store->read(0, 11));
}

TEST_CASE("replay script: devices are told by their IMEIs, else by their addresses") {
  const auto stream = DeviceStream(3).start().sync(1).data(3).bytes;
  Captured captured;
  const auto other = Endpoint::v4(0x0A000007, 1234);
  captured.open().device(stream);
  captured.wait(5ms).open(other).device(DeviceStream(3).init().bytes, other);
  captured.device(as_bytes("GET / HTTP/1.1\r\n\r\n"), Endpoint::v4(0x0A000008, 1234));
  auto store = ReplayStore::create();
  const auto made = captured.read(*store);
  REQUIRE(made.size() == 2);
  CHECK(made[0].device == "10.0.0.2");
  CHECK(made[0].start == 1'000'000ms);
  CHECK(made[1].device == "350612071913857");
  CHECK(made[1].start == 1'000'005ms);
}

TEST_CASE("replay script: connections are in the order of their starts, however they end") {
  Captured captured;
  const auto other = Endpoint::v4(0x0A000007, 1234);
  captured.open().device(DeviceStream(3).init().bytes);
  captured.wait(5ms).open(other).device(DeviceStream(3).init().bytes, other);
  captured.flag(other, server, fin | ack).flag(server, other, fin | ack);
  captured.wait(9ms).flag(camera, server, fin | ack);
  auto store = ReplayStore::create();
  const auto made = captured.read(*store);
  REQUIRE(made.size() == 2);
  CHECK(made[0].start < made[1].start);
  CHECK(made[0].end == 14ms);
}

} // namespace dualcam::sim::replay_script_test
