// How a file ends, and how a session does.
#include "session/photo_testing.hpp"

namespace dualcam::session_end_test {

using namespace photo_testing;

TEST_CASE("session: a status behind the last packet ends the file, it does not fail it") {
  TestHost host(no_metadata);
  start_photo(host, 1);
  auto stream = data_packets(random_bytes(10, 1), 1, 1);
  append(stream, encode(Status{0}));
  host.receive(stream);
  CHECK(host.files().size() == 1);
  CHECK_FALSE(host.ended());
  host.receive(init_nothing);
  CHECK(host.ended()->reason == Ended::Reason::finished);
}

TEST_CASE("session: a status behind the last packet does not fail the next file") {
  TestHost host(no_metadata);
  host.receive(init_all);
  host.receive(encode(Start{1}));
  host.receive(encode(Sync{1}));
  auto stream = data_packets(random_bytes(10, 1), 1, 1);
  append(stream, encode(Status{0}));
  host.receive(stream);
  host.receive(encode(Start{1}));
  host.receive(encode(Sync{1}));
  host.receive(data_packets(random_bytes(10, 2), 1, 1));
  CHECK(host.files().size() == 2);
}

TEST_CASE("session: a device that calls a file done early is asked for the rest") {
  const auto content = random_bytes(3000, 9);
  TestHost host(no_metadata);
  start_photo(host, 3);
  host.receive(data_packets(content, 1, 1));
  host.receive(encode(Status{0}));
  CHECK(to_hex(host.take_sent()) == "0002000400000002");
}

TEST_CASE("session: a file whose end was not handed out is not called stored") {
  TestHost host(no_metadata);
  start_photo(host, 1);
  host.take_sent();
  auto& session = host.session();
  const auto last = data_packets(random_bytes(10, 1), 1, 1);
  session.received(last, TimePoint());
  REQUIRE(std::holds_alternative<FileData>(session.poll().value()));
  session.finish();
  CHECK(std::holds_alternative<FileCompleted>(session.poll().value()));
  CHECK(to_hex(std::get<Send>(session.poll().value()).bytes) == "00000000");
  CHECK(std::holds_alternative<Ended>(session.poll().value()));
  session.finish(); // again: nobody is there to be told anything
  CHECK_FALSE(session.poll());
}

TEST_CASE("session: a repeated INIT with another IMEI ends the session") {
  TestHost host(no_metadata);
  start_photo(host, 1);
  host.receive(data_packets(random_bytes(10, 1), 1, 1));
  host.receive("0000 0005 00013ee13c001982 44000400");
  CHECK(host.ended()->reason == Ended::Reason::violation);
}

TEST_CASE("session: a device that never answers REPEAT INIT is left in peace") {
  TestHost host(no_metadata);
  start_photo(host, 1);
  host.receive(data_packets(random_bytes(10, 1), 1, 1));
  host.take_sent();
  host.wait(Milliseconds(10'000));
  CHECK(to_hex(host.take_sent()) == "00000000");
  CHECK(host.ended()->reason == Ended::Reason::unanswered);
}

TEST_CASE("session: a lost connection is told from one that is done") {
  TestHost in_file(no_metadata);
  start_photo(in_file, 2);
  in_file.disconnect();
  CHECK(in_file.ended()->reason == Ended::Reason::lost);

  TestHost behind_file(no_metadata);
  start_photo(behind_file, 1);
  behind_file.receive(data_packets(random_bytes(10, 1), 1, 1));
  CHECK(behind_file.files().size() == 1);
  behind_file.disconnect(); // the next INIT might have offered more
  CHECK(behind_file.ended()->reason == Ended::Reason::unanswered);

  TestHost done(no_metadata);
  start_photo(done, 1);
  done.receive(data_packets(random_bytes(10, 1), 1, 1));
  done.receive(init_nothing);
  done.disconnect();
  CHECK(done.ended()->reason == Ended::Reason::finished);
}

TEST_CASE("session: what cannot be fetched is told with its reason, and CLOSE") {
  TestHost host;
  host.receive("0000 0005 00013ee13c001981 c1000400");
  CHECK(to_hex(host.take_sent()) == "00000000");
  CHECK(host.ended()->reason == Ended::Reason::unsupported);
  CHECK(host.ended()->text.find("unknown") != std::string::npos);
}

TEST_CASE("session: STATUS 0, \"completed\", is for devices whose every file is stored") {
  const auto photo = random_bytes(10, 1);
  SECTION("the host has enough, all is stored") {
    TestHost host(no_metadata);
    host.enough = 1;
    start_photo(host, 1);
    host.receive(data_packets(photo, 1, 1));
    CHECK(to_hex(host.take_sent()) == "0005000400000000");
  }
  SECTION("the host has enough, something is left") {
    for (const auto* init :
         {"0000 0005 00013ee13c001981 4c000400", "0000 0005 00013ee13c001981 46000400"}) {
      TestHost host(no_metadata);
      host.enough = 1;
      host.receive(init);
      host.receive(encode(Start{1}));
      host.receive(encode(Sync{1}));
      host.take_sent();
      host.receive(data_packets(photo, 1, 1));
      CHECK(to_hex(host.take_sent()) == "00000000");
      REQUIRE(host.ended());
      CHECK(host.ended()->reason == Ended::Reason::finished);
    }
  }
  SECTION("not all is wanted") {
    ServerConfig config = no_metadata;
    config.wanted = FileKinds::all() - FileRef(FileKind::front_photo).kinds();
    TestHost host(config);
    host.receive(init_front_photo);
    CHECK(to_hex(host.take_sent()) == "00000000");
  }
  SECTION("the host leaves it") {
    TestHost host(no_metadata);
    host.skipped = FileKinds::all();
    host.receive(init_front_photo);
    CHECK(to_hex(host.take_sent()) == "00000000");
  }
  SECTION("the host ends it in mid-file") {
    TestHost host(no_metadata);
    start_photo(host, 2);
    host.receive(data_packets(random_bytes(2000, 1), 1, 1));
    host.session().finish();
    host.perform();
    CHECK(to_hex(host.take_sent()) == "00000000");
  }
  SECTION("the device gives up in mid-file, at any point") {
    for (const auto stage : {0, 1, 2, 3}) {
      TestHost host(no_metadata);
      host.receive(init_front_photo);
      host.receive(stage > 0 ? encode(Start{2}) : ByteBuffer());
      host.receive(stage > 1 ? encode(Sync{1}) : ByteBuffer());
      host.receive(stage > 2 ? data_packets(random_bytes(2000, 1), 1, 1) : ByteBuffer());
      host.take_sent();
      host.receive(encode(Status{4}));
      CHECK(to_hex(host.take_sent()) == "00000000");
      CHECK(host.has_event("refused 4"));
    }
  }
  SECTION("the device has not got it after all") {
    TestHost host(no_metadata);
    host.receive(init_front_photo);
    host.take_sent();
    host.receive(encode(Start{0}));
    host.wait(Milliseconds(1'000));
    CHECK(to_hex(host.take_sent()) == "0005000400000000");
  }
}

TEST_CASE("session: while a question is open there is no deadline, and nothing comes") {
  ServerSession session({}, TimePoint{});
  CHECK(session.deadline() == TimePoint{} + Milliseconds(60'000));
  const auto init =
      from_hex("0000 0005 00013ee13c001981 46000400"); // and a path: no Note behind it
  session.received(init, TimePoint{});
  REQUIRE(std::holds_alternative<Identified>(*session.poll()));
  const auto late = TimePoint{} + std::chrono::hours(1);
  for (int i = 0; i < 3; ++i) {
    CHECK(session.deadline() == TimePoint::max());
    session.tick(late);
    CHECK_FALSE(session.poll());
  }
  session.accept(late); // the host's hour was not the device's
  CHECK(session.deadline() > late);
  CHECK(std::holds_alternative<Send>(*session.poll()));
  CHECK_FALSE(session.poll());
  session.disconnected();
  CHECK(session.deadline() == TimePoint::max());
}

TEST_CASE(
    "session: an answer that was not asked for is the host's mistake, after the end no matter") {
  ServerSession session(no_metadata, TimePoint{});
  CHECK_THROWS_AS(session.accept(TimePoint{}), std::logic_error);
  const auto init = from_hex(init_front_photo);
  session.received(init, TimePoint{});
  CHECK_THROWS_AS(session.accept(TimePoint{}), std::logic_error); // not polled yet
  REQUIRE(session.poll());
  CHECK_THROWS_AS(session.fetch(TimePoint{}), std::logic_error);
  session.accept(TimePoint{});
  while (session.poll()) {
  }
  CHECK_THROWS_AS(session.begin(TimePoint{}), std::logic_error);
  session.fetch(TimePoint{});
  session.disconnected();
  session.stored(TimePoint{});
  session.skip(TimePoint{});
  while (session.poll()) {
  }
  CHECK(session.ended());
  session.accept(TimePoint{});
  session.reject("why");
  session.begin(TimePoint{});
  session.fetch(TimePoint{});
  session.stored(TimePoint{});
  CHECK_FALSE(session.poll()); // nothing is said or asked any more
  CHECK(session.deadline() == TimePoint::max());
}

} // namespace dualcam::session_end_test
