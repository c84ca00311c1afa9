// What the reporter tells of connections, of who is refused, and of progress.
#include <deque>

#include "tools/dcam-serve/reporting.hpp"

namespace dualcam::serve::reporter_connections_test {
namespace {

using namespace reporting;
using namespace std::chrono_literals;

} // namespace

TEST_CASE("reporter: who is refused is told, sixty of a kind a minute, and then how many more") {
  TestReporter told;
  for (int number = 0; number < 61; ++number) {
    told.reporter->rejected(imei, origin, "busy with " + std::to_string(number));
  }
  auto said = told.said();
  CHECK(std::ranges::count(said, '\n') == 60);
  CHECK(said.starts_with(
      "350612071913857 from 192.0.2.1:1000 refused: busy with 0\n350612071913857 from "));
  told.progress({});
  CHECK(told.said().empty());
  told.clock.move_on(1min);
  told.progress({});
  CHECK(told.said() == "1 more refused: busy with #\n");
  TestReporter json(true);
  for (int number = 0; number < 62; ++number) {
    json.reporter->stranger(origin, {"not a camera: HTTP"});
  }
  auto events = json.events();
  REQUIRE(events.size() == 60);
  CHECK(events[0] == Fields({{"event", "rejected"},
                             {"reason", "not a camera: HTTP"},
                             {"connection", 3},
                             {"address", "192.0.2.1:1000"}}));
  json.reporter->rejected(imei, origin, "no");
  CHECK(json.event() == with_origin({{"event", "rejected"}, {"reason", "no"}}));
  json.reporter->stranger(origin, {"this device sends tracking data (AVL)", imei});
  CHECK(json.event() ==
        with_origin({{"event", "rejected"}, {"reason", "this device sends tracking data (AVL)"}}));
  json.reporter->summary(0, 0, {});
  events = json.events();
  REQUIRE(events.size() == 2);
  CHECK(events[0] ==
        Fields({{"event", "rejected"}, {"reason", "not a camera: HTTP"}, {"count", 2}}));
  Metrics metrics;
  json.reporter->add_to(metrics);
  CHECK(metrics.refusals.at("not a camera: HTTP") == 62);
}

TEST_CASE("reporter: strangers that somebody could mend are told without -v") {
  TestReporter told;
  const auto said = [&told](std::string who) {
    told.reporter->stranger(origin, {std::move(who)});
    return told.said();
  };
  CHECK(said("not a camera: HTTP").empty());
  CHECK(said("this device sends tracking data (AVL)") ==
        "192.0.2.1:1000 refused: this device sends tracking data (AVL)\n");
  CHECK_FALSE(said("it sent no PROXY header").empty());
  CHECK_FALSE(said("it speaks TLS to a plain port").empty());
  CHECK(said("no TLS handshake: x").empty()); // scanners would fill the log
  told.clock.move_on(59s);
  CHECK(said("no TLS handshake: y").empty());
  told.clock.move_on(1s);
  CHECK_FALSE(said("no TLS handshake: z").empty());
  TestReporter verbose(false, 1);
  verbose.reporter->stranger(origin, {"not a camera: HTTP"});
  CHECK(verbose.said() == "192.0.2.1:1000 refused: not a camera: HTTP\n");
}

TEST_CASE("reporter: that places have run out is told once a minute") {
  TestReporter told;
  told.reporter->too_many(2, "--max-connections");
  CHECK(told.said() == "2 connections are open (--max-connections): closing further ones\n");
  told.clock.move_on(59s);
  told.reporter->too_many(2, "--max-connections");
  CHECK(told.said().empty());
  told.clock.move_on(1s);
  told.reporter->too_many(2, "--max-connections");
  CHECK_FALSE(told.said().empty());
}

TEST_CASE("reporter: a connection's end is told where it is not the usual one") {
  TestReporter told;
  told.reporter->disconnected(imei, origin, "it is done", true);
  CHECK(told.said().empty());
  told.reporter->disconnected(imei, origin, "connection lost", false);
  CHECK(told.said() ==
        "350612071913857 disconnected: connection lost (192.0.2.1:1000, connection 3)\n");
  told.reporter->unsupported(imei, origin, "too new");
  CHECK(told.said() == "350612071913857: too new\n");
  const std::vector<fs::path> parts{"a.part", "b\n.part"};
  told.reporter->parts_removed(parts, 48h);
  CHECK(told.said() == "removed a.part: it has not grown for 2 days (--max-partial-age)\n"
                       "removed b\\x0a.part: it has not grown for 2 days (--max-partial-age)\n");
  TestReporter json(true);
  json.reporter->disconnected(imei, origin, "it is done", true);
  CHECK(json.event() == with_origin({{"event", "disconnected"}, {"reason", "it is done"}}));
  json.reporter->unsupported(imei, origin, "too new");
  CHECK(json.event() == with_origin({{"event", "disconnected"}, {"reason", "too new"}}));
}

TEST_CASE("reporter: progress is an event a second") {
  TestReporter told(true);
  const auto photo = told.photo(12, 12'288);
  const auto video = told.video(3, 2048);
  const std::vector<const Transfer*> both{&photo, &video};
  for (int call = 0; call < 4; ++call) {
    told.progress(both);
  }
  CHECK(told.events().empty());
  told.progress(both);
  CHECK(told.events() ==
        std::vector<Fields>{
            of_photo({{"event", "progress"}, {"packets", 48}, {"received", 12}, {"bytes", 12'288}}),
            of_video({{"event", "progress"}, {"size", 26'624}, {"bytes", 2048}})});
}

TEST_CASE("reporter: of very many transfers some are told of each second, in turn") {
  TestReporter told(true);
  std::deque<TestTransfer> transfers;
  std::vector<const Transfer*> all;
  for (std::uint32_t size = 1; size <= most_progress_events + 1; ++size) {
    all.push_back(&transfers.emplace_back(told.clock, facts_by_path(), size, HeldData()));
  }
  const auto second = [&] {
    for (int call = 0; call < 5; ++call) {
      told.progress(all);
    }
    std::vector<std::size_t> sizes;
    for (const auto& event : told.events()) {
      sizes.push_back(event["size"]);
    }
    return sizes;
  };
  const auto first = second();
  CHECK(first.size() == most_progress_events);
  CHECK(first.front() == 1);
  CHECK(first.back() == most_progress_events);
  const auto next = second();
  CHECK(next.size() == most_progress_events);
  CHECK(next.front() == most_progress_events + 1);
  CHECK(next[1] == 1);
}

TEST_CASE("reporter: progress of one camera is a line for people") {
  TestReporter told;
  told.shows_progress();
  auto photo = told.photo(12, 12'288);
  auto video = told.video(3, 2048);
  photo.goes_on_with(12'288); // nothing has come since
  video.goes_on_with(2048);
  const auto line = [&](const Transfer& transfer) {
    const std::vector<const Transfer*> one{&transfer};
    told.progress(one);
    return told.said();
  };
  CHECK(line(photo) == "\r350612071913857 front photo   25%  12.0 KiB of 48.0 KiB  0 B/s  "
                       "ETA ?\x1b[K\r");
  CHECK(line(video) ==
        "\r350612071913857 ADAS video    8%  2.0 KiB of 26.0 KiB  0 B/s  ETA ?\x1b[K\r");
  told.progress({});
  CHECK(told.said() == "\r\x1b[J"); // nothing is on its way
  told.progress({});
  CHECK(told.said().empty());
}

TEST_CASE("reporter: of a file by path a progress line says whose it is and what") {
  TestReporter told;
  told.shows_progress();
  const auto line = [&](std::string_view path) {
    const TestTransfer transfer(told.clock, facts_by_path(path), 100, {1, 50, 0, 0});
    const std::vector<const Transfer*> one{&transfer};
    told.progress(one);
    const auto said = told.said();
    return said.substr(17, said.find("  ", 17) - 17); // behind the IMEI
  };
  CHECK(line("dsm/picture/1.jpg") == "DSM photo");
  CHECK(line("dsm/1") == "DSM file");
  CHECK(line("other/1") == "unknown file");
}

TEST_CASE("reporter: progress of several cameras is a line each, the furthest first, and the sum") {
  TestReporter told;
  told.shows_progress();
  auto photo = told.photo(12, 12'288);
  auto video = told.video(20, 20'480);
  photo.goes_on_with(12'288);
  video.goes_on_with(20'480);
  const std::vector<const Transfer*> both{&photo, &video};
  told.progress(both);
  CHECK(told.said() ==
        "\r350612071913857 ADAS video   77%  20.0 KiB of 26.0 KiB  0 B/s  ETA ?\x1b[K\r\n"
        "350612071913857 front photo   25%  12.0 KiB of 48.0 KiB  0 B/s  ETA ?\x1b[K\r\n"
        "2 cameras   43%  32.0 KiB of 74.0 KiB  0 B/s  ETA ?\x1b[K\x1b[2A\r");
}

TEST_CASE("reporter: of many cameras as many have a line as there is room for") {
  TestReporter told;
  told.shows_progress();
  std::deque<TestTransfer> transfers;
  std::vector<const Transfer*> all;
  for (std::uint32_t i = 0; i < 30; ++i) {
    auto facts = photo_facts();
    facts.imei = i + 1;
    transfers.emplace_back(told.clock, facts, 48, HeldData{i % 10, (i % 10) * 1024ULL, 0, 0});
    all.push_back(&transfers.back());
  }
  told.progress(all);
  const auto said = told.said();
  CHECK(std::ranges::count(said, '\n') == 22); // 22 cameras and the sum: one line stays
  CHECK(said.starts_with("\r000000000000010 front photo")); // 9 of 48, and the lowest IMEI
  CHECK_THAT(said, ContainsSubstring("\n30 cameras"));
  CHECK_FALSE(said.contains("000000000000021 ")); // nothing has come
}

} // namespace dualcam::serve::reporter_connections_test
