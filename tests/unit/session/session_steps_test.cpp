// When a connection may be taken for dead by another one of the same camera.
#include <deque>

#include "session/session_testing.hpp"

namespace dualcam::session_steps_test {
namespace {

using namespace std::chrono_literals;

constexpr auto init_front_photo = "0000 0005 00013ee13c001981 44000400";
constexpr auto start_of_2 = "0001 0006 00000002 0000";
constexpr auto start_of_9 = "0001 0006 00000009 0000";
constexpr auto sync_1 = "0003 0004 00000001";
constexpr auto data = "0004 0006 31323334 8832"; // good behind a SYNC
constexpr auto next_data = "0004 0006 35363738 8b19";
constexpr auto bad_data = "0004 0006 35363738 ffff";

/// How long the device may take for its next step, from now on.
Milliseconds left(TestHost& host) {
  const auto before = host.now();
  return std::chrono::duration_cast<Milliseconds>(host.session().overdue_at() - before);
}

TEST_CASE("a camera at the pace of real ones owes nothing on the way to its first packet") {
  TestHost host;
  host.receive(init_front_photo);
  for (const auto& [pace, step] : {std::pair{4600ms, "000b 000d 0104 00000192d84dac30 00 0000"},
                                   {900ms, start_of_9},
                                   {1000ms, sync_1},
                                   {1300ms, data},
                                   {320ms, next_data}}) {
    host.wait(pace);
    CHECK(left(host) > 0ms);
    host.receive(step);
    CHECK(left(host) == 5s);
  }
  CHECK(host.has_event("data 2"));
}

TEST_CASE("a camera that is mute about metadata owes nothing until START is late") {
  TestHost host;
  host.receive(init_front_photo);
  const auto wait = left(host);
  host.wait(wait - 1ms);
  CHECK(left(host) == 1ms);
  host.wait(1ms); // our own wait is over, and the file is asked for
  CHECK(left(host) == 5s);
  host.wait(5s);
  CHECK(left(host) == 0ms);
}

TEST_CASE("what is no step does not keep a connection alive") {
  TestHost host(ServerConfig{.metadata = false});
  host.receive(init_front_photo);
  host.wait(1s);
  SECTION("a command that is not due") {
    host.receive(data);
    host.receive(sync_1);
    host.receive("000b 000d 0104 00000192d84dac30 00 0000");
    CHECK(left(host) == 4s);
  }
  SECTION("a SYNC that nobody asked for, a packet with a bad CRC, our own RESUMEs") {
    host.receive(start_of_9);
    host.receive(sync_1);
    host.receive(data);
    host.wait(1s);
    host.receive(sync_1);
    CHECK(left(host) == 4s);
    host.receive(bad_data);
    CHECK(left(host) == 4s);
    host.wait(2s);
    CHECK(left(host) == 2s);
    host.receive(sync_1); // this one was due
    CHECK(left(host) == 5s);
  }
  SECTION("half a packet") {
    host.receive(start_of_9);
    host.receive(sync_1);
    host.wait(1s);
    host.receive("0004 0006 3132");
    CHECK(left(host) == 4s);
    host.receive("3334 8832");
    CHECK(left(host) == 5s);
  }
}

TEST_CASE("metadata that is too long is a step with each piece of it, until all of it has come") {
  TestHost host;
  host.receive(init_front_photo);
  host.receive("000b 2000 0104"); // 8192 bytes
  const ByteBuffer piece(4095);
  for (int left_to_come = 2; left_to_come > 0; --left_to_come) {
    host.wait(1s);
    host.receive(piece);
    CHECK(host.session().stepped_at() == host.now());
  }
  CHECK(left(host) == 5s);
  host.wait(1s);
  host.receive(start_of_9);
  CHECK(left(host) == 5s);
}

TEST_CASE("behind the last file the repeated INIT has its own time") {
  TestHost host(ServerConfig{.metadata = false});
  host.receive(init_front_photo);
  host.receive(start_of_2);
  host.receive(sync_1);
  host.receive(data);
  host.receive(next_data);
  REQUIRE(host.has_event("completed 2"));
  CHECK(left(host) == ServerConfig().repeat_init_wait);
}

TEST_CASE("who waits for ever is never told that the time is over") {
  ServerConfig config;
  for (auto* wait : {&config.idle, &config.metadata_wait, &config.step_wait, &config.sync_wait}) {
    *wait = Milliseconds::max();
  }
  ServerSession session(config, TimePoint(1h));
  CHECK(session.deadline() == TimePoint::max());
  session.tick(TimePoint(1'000h));
  const auto init = from_hex(init_front_photo);
  session.received(init, TimePoint(1'000h));
  REQUIRE(session.poll());
  session.accept(TimePoint(1'000h));
  CHECK(session.poll()); // METADATA REQUEST
  CHECK(session.deadline() == TimePoint::max());
  CHECK_FALSE(session.ended());
}

TEST_CASE("while the host owes an answer the device owes nothing") {
  TimePoint now{};
  ServerSession session(ServerConfig{.metadata = false}, now);
  const auto drain = [&] {
    while (session.poll()) {
    }
  };
  const auto receive = [&](const char* hex) {
    const auto bytes = from_hex(hex);
    session.received(bytes, now);
    drain();
  };
  receive(init_front_photo);
  CHECK(session.overdue_at() == TimePoint::max());
  session.accept(now += 1min);
  drain();
  CHECK(session.overdue_at() == TimePoint::max()); // FileOffered
  session.fetch(now += 1min);
  drain();
  CHECK(session.overdue_at() == now + 5s);
  now += 1s;
  receive(start_of_2);
  CHECK(session.stepped_at() == now);
  CHECK(session.overdue_at() == TimePoint::max());
  session.begin(now += 1min);
  drain();
  CHECK(session.stepped_at() == now);
  CHECK(session.overdue_at() == now + 5s);
  receive(sync_1);
  receive(data);
  receive(next_data);
  CHECK(session.overdue_at() == TimePoint::max()); // FileCompleted
}

TEST_CASE("what comes behind a question waits until it is answered") {
  TimePoint now{};
  ServerSession session(ServerConfig{.metadata = false}, now);
  const auto next_question = [&]<class Question>(const Question*) {
    std::optional<Action> last;
    while (auto action = session.poll()) {
      last = std::move(action);
    }
    return last && std::holds_alternative<Question>(*last);
  };
  const std::string one_packet = "0001 0006 00000001 0000";
  const auto all =
      from_hex(std::string(init_front_photo) + one_packet + sync_1 + data + init_front_photo);
  session.received(all, now);
  CHECK(next_question(static_cast<Identified*>(nullptr)));
  CHECK_FALSE(session.poll());
  session.accept(now);
  CHECK(next_question(static_cast<FileOffered*>(nullptr)));
  CHECK_FALSE(session.poll());
  session.fetch(now);
  CHECK(next_question(static_cast<FileStarted*>(nullptr)));
  CHECK_FALSE(session.poll());
  session.begin(now);
  CHECK(next_question(static_cast<FileCompleted*>(nullptr)));
  CHECK_FALSE(session.poll());
  session.stored(now);
  CHECK(next_question(static_cast<FileOffered*>(nullptr)));
}

TEST_CASE("what would be lost because a question is open, or `poll` was not called, is refused") {
  const auto both = from_hex(std::string(init_front_photo) + start_of_2);
  const Bytes init = Bytes(both).first(16);
  for (const bool polled : {false, true}) {
    ServerSession session(ServerConfig{.metadata = false}, TimePoint());
    session.received(both, TimePoint());
    while (polled && session.poll()) {
    }
    CHECK_THROWS_AS(session.received(init, TimePoint()), std::logic_error);
    session.disconnected();
    while (session.poll()) {
    }
    session.received(init, TimePoint()); // nothing is taken any more
    CHECK(session.ended());
  }
}

} // namespace
} // namespace dualcam::session_steps_test
