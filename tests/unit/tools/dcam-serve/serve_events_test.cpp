// What dcam-serve tells of what happens: JSON Lines for programs, sentences for people.
#include "tools/dcam-serve/server_run.hpp"

namespace dualcam::serve::serve_events_test {
namespace {

constexpr auto init = "0000 0005 00013ee13c001981 44000400";

void send_three(TestServer& server) {
  server.options.metadata = true;
  server.start();
  TestDevice device(server);
  device.say(init);
  device.expect("000a 0007 2570686f746f66");
  device.say("000b 000d 0104 00000192d84dac30 00 0000");
  device.expect("0008 0007 2570686f746f66");
  device.announce();
  device.packets(3);
  device.end();
  CHECK(device.rest().empty());
}

} // namespace

TEST_CASE("serve events: a file's way from the connection to the summary") {
  const auto [events, errors, status] = run_server(send_three);
  CHECK(status == 0);
  CHECK(events.names == std::vector<std::string>{"listening", "connected", "metadata", "file-start",
                                                 "file-done", "disconnected", "summary"});
  CHECK(events.of("listening")["address"] == "127.0.0.1");
  CHECK(events.of("connected")["offers"] == Json::array({"photof"}));
  CHECK(events.of("connected")["protocol"] == 5);
  CHECK(events.of("connected")["address"].get<std::string>().starts_with("127.0.0.1:"));
  CHECK(events.of("metadata")["kind"] == "photof");
  CHECK(events.of("metadata")["metadata"]["trigger"] == 0);
  CHECK(events.of("file-start")["packets"] == 3);
  CHECK(events.of("file-start")["held"] == 0);
  const auto done = events.of("file-done");
  CHECK(done["imei"] == "350612071913857");
  CHECK(done["kind"] == "photof");
  CHECK(done["path"].get<std::string>().ends_with("/350612071913857/photof.jpg"));
  CHECK(done["bytes"] == 9);
  CHECK(done["packets"] == 3);
  CHECK(done["crc16"] == "2189");
  CHECK(done["sha256"] == "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225");
  CHECK(done["resumes"] == 0);
  CHECK(done["metadata"]["time"] == "2024-10-29T12:43:42.000Z");
  auto summary = events.of("summary");
  for (const auto* figure :
       {"commit_rounds", "syncfs_rounds", "commit_seconds", "longest_unsaved"}) {
    CHECK(summary[figure].is_number());
    summary.erase(figure);
  }
  CHECK(summary ==
        Json({{"files", 1}, {"bytes", 9}, {"failed", 0}, {"incomplete", 0}, {"exit", 0}}));
}

TEST_CASE("serve events: sentences for people, more of them with -v") {
  auto errors = run_server(send_three, false).errors;
  CHECK_THAT(errors, ContainsSubstring("waiting for the first camera"));
  CHECK_THAT(errors, ContainsSubstring("350612071913857 connected from 127.0.0.1:"));
  CHECK_THAT(errors, ContainsSubstring(", offers front photo\n"));
  CHECK_THAT(errors, ContainsSubstring("350612071913857 front photo: stored, 9 B in "));
  CHECK_THAT(errors, ContainsSubstring("dcam-serve: 1 file, 9 B\n"));
  CHECK(errors.find("metadata {") == std::string::npos);
  CHECK(errors.find("another kind") == std::string::npos);
  errors = run_server(send_three, false, 2).errors;
  CHECK_THAT(errors, ContainsSubstring("350612071913857 front photo: metadata {"));
  CHECK_THAT(errors, ContainsSubstring("front photo: 3 packets, to "));
  CHECK_THAT(errors, ContainsSubstring(" packet 3, 3 bytes at 6\n"));
  CHECK_THAT(errors, ContainsSubstring(" <- 0002000400000001\n"));
}

TEST_CASE("serve events: a file goes on, and the device gives it up") {
  const auto [events, errors, status] = run_server([](TestServer& server) {
    server.start();
    {
      TestDevice device(server);
      device.begin();
      device.packets(2);
    }
    TestDevice device(server);
    device.begin();
    device.packets(2);
    device.say("0005 0004 00000004");
    (void)device.rest();
  });
  CHECK(status == 6);
  CHECK(events.of("resumed")["reason"] == "held");
  CHECK(events.of("resumed")["packet"] == 1);
  CHECK_FALSE(events.of("resumed").contains("packets"));
  CHECK_FALSE(events.of("resumed").contains("held"));
  CHECK(events.count("file-failed") == 2); // when the link was lost, and now
  CHECK(events.of("file-failed")["part"].get<std::string>().ends_with("/photof.jpg.part"));
  CHECK(events.of("summary")["failed"] == 1);
  CHECK(events.of("summary")["exit"] == 6);
  CHECK_THAT(errors, ContainsSubstring("going on with "));
  CHECK_THAT(errors, ContainsSubstring(", 2 of 3 packets are there\n"));
  CHECK_THAT(errors,
             ContainsSubstring("incomplete, 2 of 3 packets: the device reports status 4: the "
                               "device aborted; what came is kept as "));
  CHECK_THAT(errors, ContainsSubstring(" incomplete, 1 failed\n"));
}

TEST_CASE("serve events: of a file of which nothing came no part is told") {
  const auto [events, errors, status] = run_server([](TestServer& server) {
    server.options.wait = std::chrono::minutes(10);
    server.start();
    {
      TestDevice device(server);
      device.begin();
      device.was_read();
    }
    TestDevice device(server);
    device.say("0000 0005 00013ee13c001981 40000400"); // it has nothing any more
    (void)device.rest();
  });
  CHECK(events.of("file-failed")["error"] == "incomplete, 0 of 3 packets: connection lost");
  CHECK_FALSE(events.of("file-failed").contains("part"));
}

TEST_CASE("serve events: no path is told of a part that somebody has moved or replaced") {
  const bool is_whole = GENERATE(false, true);
  const bool by_folder = GENERATE(false, true);
  const auto [events, errors, status] = run_server([&](TestServer& server) {
    server.options.wait = std::chrono::minutes(10);
    server.start();
    const auto folder = server.folder.path() / "350612071913857";
    {
      TestDevice device(server);
      device.begin();
      device.packets(2);
      wait_for_size(folder / "photof.jpg.part", 6);
      const auto place = by_folder ? folder : folder / "photof.jpg.part";
      fs::rename(place, server.folder.path() / "moved");
      if (is_whole) {
        device.packet(3);
        (void)device.rest();
        return;
      }
    }
    TestDevice device(server);
    device.say("0000 0005 00013ee13c001981 40000400"); // it has nothing any more
    (void)device.rest();
  });
  CHECK_FALSE(events.of("file-failed").contains("part"));
  if (!by_folder) { // else its checkpoint may be what is missed first
    CHECK_THAT(events.of("file-failed")["error"].get<std::string>(),
               ContainsSubstring(is_whole
                                     ? "somebody has moved, replaced or removed it"
                                     : "connection lost; its part is not to be found any more"));
  }
  CHECK_FALSE(errors.contains("kept as"));
}

TEST_CASE("serve events: who is refused, and why") {
  const auto [events, errors, status] = run_server([](TestServer& server) {
    server.options.imeis = {"350612071913858"};
    server.options.wait = std::chrono::minutes(10);
    server.start();
    for (const auto* hello :
         {init, "474554202f20485454502f312e310d0a", "000f333532303933303831343532323531"}) {
      TestDevice device(server);
      device.say(hello);
      (void)device.rest();
    }
    server.clock.move_on(std::chrono::minutes(10));
  });
  CHECK(status == 4);
  CHECK(std::ranges::count(events.names, "rejected") == 3);
  CHECK(events.of("rejected")["imei"] == "350612071913857");
  CHECK(events.of("rejected")["reason"] == "not among the IMEIs of --imei");
  CHECK_THAT(errors, ContainsSubstring("AVL")); // a device that is set up for another port
}

TEST_CASE("serve events: a tracker that sends tracking data is refused by its IMEI") {
  const auto [events, errors, status] = run_server([](TestServer& server) {
    server.options.wait = std::chrono::minutes(10);
    server.start();
    TestDevice device(server);
    device.say("000f333530363132303731393133383537");
    (void)device.rest();
    server.clock.move_on(std::chrono::minutes(10));
  });
  CHECK(events.of("rejected")["imei"] == "350612071913857");
  CHECK_THAT(events.of("rejected")["reason"].get<std::string>(), ContainsSubstring("AVL"));
}

TEST_CASE(
    "serve events: who has to make room before it has said who it is is refused like others") {
  constexpr std::size_t in_lobby = 16;
  Scene scene;
  scene.server.options.max_connections = 1;
  scene.server.start();
  std::vector<std::unique_ptr<TestDevice>> silent;
  for (std::size_t i = 0; i <= in_lobby; ++i) {
    silent.push_back(std::make_unique<TestDevice>(scene.server));
  }
  CHECK(silent.front()->rest().empty());
  scene.until_said("made room for another connection");
  scene.until_said("1 connections are open (--max-connections): closing further ones");
  silent.clear();
  TestDevice camera(scene.server);
  camera.say(init);
  camera.expect("0008 0007 2570686f746f66");
  camera.announce();
  camera.packets(3);
  camera.end();
  CHECK(camera.rest().empty());
  CHECK(scene.server.status() == 0);
  const auto rejected = scene.events().of("rejected");
  CHECK(rejected["reason"] == "made room for another connection");
  CHECK(rejected["connection"] == 1);
}

TEST_CASE("serve events: a part that is taken away costs the file, not more") {
  const auto [events, errors, status] = run_server([](TestServer& server) {
    server.start();
    TestDevice device(server);
    device.begin();
    device.packets(2);
    wait_for_size(server.folder / "350612071913857/photof.jpg.part", 6);
    fs::remove_all(server.folder / "350612071913857");
    device.say("0004 0005 373839 2189");
    (void)device.rest();
  });
  CHECK(status == 3);
  CHECK_FALSE(events.has("file-done"));
  CHECK(events.has("file-failed"));
}

} // namespace dualcam::serve::serve_events_test
