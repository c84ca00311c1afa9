#include "full_disk.hpp"
#include "tools/dcam-serve/reporting.hpp"

namespace dualcam::serve::reporter_test {
namespace {

using namespace reporting;
using namespace std::chrono_literals;

Json stored_at(std::string_view path) {
  return {{"imei", "350612071913857"},
          {"connection", 1},
          {"address", "10.0.0.7:1"},
          {"path", path},
          {"bytes", 1}};
}

} // namespace

TEST_CASE("reporter: where it listens, and for whom") {
  const asio::ip::tcp::endpoint endpoint(asio::ip::address_v4::loopback(), 7050);
  TestReporter told;
  told.reporter->listening(endpoint, told.options, "files go to x", 1);
  CHECK(told.said() == "listening on all addresses port 7050, files go to x; up to 1 connection; "
                       "waiting for the first camera\n");
  told.options.bind = "localhost";
  told.options.keep_listening = true;
  told.reporter->listening(endpoint, told.options, "files go to x", 1000);
  CHECK(told.said() == "listening on 127.0.0.1 port 7050, files go to x; up to 1000 connections; "
                       "stop with Ctrl-C\n");
  told.reporter->too_few_descriptors(1000, 256, 50);
  CHECK(told.said() == "--max-connections 1000 is more than open files allow (ulimit -n 256): 50 "
                       "are sure to work\n");
  TestReporter json(true);
  json.reporter->listening(endpoint, json.options, "files go to x", 1);
  CHECK(json.event() == Fields({{"event", "listening"},
                                {"address", "127.0.0.1"},
                                {"port", 7050},
                                {"max_connections", 1}}));
}

TEST_CASE("reporter: what a camera that connects has to offer") {
  for (const auto& [settings, sentence, names] :
       {std::tuple(0x4400'0400U, "front photo", Fields::array({"photof"})),
        {0x7C00'0400U, "front photo, rear photo, front video, rear video",
         Fields::array({"photof", "photor", "videof", "videor"})},
        {0x4600'0400U, "front photo, a file by path", Fields::array({"photof", "path"})},
        {0x0200'0000U, "a file by path", Fields::array({"path"})},
        {0x4100'0400U, "what is unknown", Fields::array()},
        {0x4000'0400U, "nothing", Fields::array()}}) {
    TestReporter told(true);
    told.reporter->connected({5, imei, settings}, origin);
    CHECK(told.said() ==
          fmt::format("350612071913857 connected from 192.0.2.1:1000 (connection 3), offers {}\n",
                      sentence));
    CHECK(told.event() ==
          with_origin({{"event", "connected"}, {"protocol", 5}, {"offers", names}}));
  }
}

TEST_CASE("reporter: a file begins, or goes on with what is there") {
  TestReporter told(false, 1);
  told.reporter->file_started(told.photo());
  CHECK(told.said() == "350612071913857 front photo: 48 packets, to a.part\n");
  told.reporter->file_started(told.video());
  CHECK(told.said() == "350612071913857 mdas9/video/241029/124342.mp4: 26.0 KiB, to a.part\n");
  told.reporter->file_started(told.photo(12, 12'288));
  CHECK(told.said() == "350612071913857 front photo: going on with a.part, 12 of 48 packets are "
                       "there\n");
  told.reporter->file_started(told.video(12, 1024));
  CHECK(told.said() == "350612071913857 mdas9/video/241029/124342.mp4: going on with a.part, 1.0 "
                       "KiB of 26.0 KiB are there\n");
  auto compared = told.photo();
  compared.compares = true;
  told.reporter->file_started(compared);
  CHECK(told.said() == "350612071913857 front photo: offered again, comparing it with a.part\n");
  Metrics metrics;
  told.reporter->add_to(metrics);
  CHECK(metrics.resumes == 2);
}

TEST_CASE("reporter: events tell packets of a file by kind, bytes of one by path") {
  TestReporter told(true);
  told.reporter->file_started(told.photo());
  CHECK(told.event() == of_photo({{"event", "file-start"}, {"packets", 48}, {"held", 0}}));
  auto photo = told.photo(12, 12'288);
  photo.from.packet = 9;
  told.reporter->file_started(photo);
  CHECK(told.events() ==
        std::vector<Fields>{of_photo({{"event", "file-start"}, {"packets", 48}, {"held", 12}}),
                            of_photo({{"event", "resumed"}, {"packet", 9}, {"reason", "held"}})});
  auto video = told.video(12, 1024);
  video.from.offset = 512;
  told.reporter->file_started(video);
  CHECK(told.events() ==
        std::vector<Fields>{of_video({{"event", "file-start"}, {"size", 26'624}, {"held", 1024}}),
                            of_video({{"event", "resumed"}, {"offset", 512}, {"reason", "held"}})});
  told.reporter->resumed(photo, {Resumed::Reason::bad_crc, 13});
  CHECK(told.event() ==
        of_photo(
            {{"event", "resumed"}, {"packet", 13}, {"reason", text_of(Resumed::Reason::bad_crc)}}));
  told.reporter->resumed(video, {Resumed::Reason::silence, 2048});
  CHECK(told.event() == of_video({{"event", "resumed"},
                                  {"offset", 2048},
                                  {"reason", text_of(Resumed::Reason::silence)}}));
  Metrics metrics;
  told.reporter->add_to(metrics);
  CHECK(metrics.resumes == 4);
}

TEST_CASE("reporter: what is asked for again, and a file that takes another's place") {
  TestReporter told(false, 1);
  const auto reason = std::string(text_of(Resumed::Reason::bad_crc));
  told.reporter->resumed(told.photo(), {Resumed::Reason::bad_crc, 13});
  CHECK(told.said() ==
        "350612071913857 front photo: " + reason + ", asking again from packet 13\n");
  told.reporter->resumed(told.video(), {Resumed::Reason::bad_crc, 2048});
  CHECK_THAT(told.said(), ContainsSubstring(reason + ", asking again from byte 2048\n"));
  told.reporter->file_replaced(told.photo(), "b\n.part");
  CHECK(told.said() == "350612071913857 front photo: the camera offers another file now, starting "
                       "over; what came of the other one is kept as b\\x0a.part\n");
}

TEST_CASE("reporter: a file that is stored is its path, and what it took") {
  TestReporter told;
  auto photo = told.photo(48, 49'152);
  photo.goes_on_with(1024 + 48'128 - 10'240);
  told.clock.move_on(2s);
  told.reporter->file_done(photo, {48, 49'152, 1024, 0x21}, "a\tb.jpg", "ab");
  CHECK_THAT(told.said(),
             ContainsSubstring("350612071913857 front photo: stored, 48.0 KiB in 2.0"));
  photo.count_resumption();
  told.reporter->file_done(photo, {48, 49'152, 1024, 0x21}, "b.jpg", "");
  const auto said = told.said();
  CHECK_THAT(said, ContainsSubstring(" KiB/s, 1 resume)\n"));
  CHECK(said.contains(" (5.0 KiB/s") != said.contains(" (4.9 KiB/s")); // what is new in two seconds
  told.reporter->file_done(told.video(1, 10), {1, 10, 10, 0}, "-", "");
  CHECK_FALSE(told.said().contains("resume"));
  CHECK(told.quiet.output() == "a\tb.jpg\nb.jpg\n"); // what went to standard output has no path
  CHECK(told.reporter->files() == 3);
  told.reporter->summary(2, 5, {});
  CHECK(told.said() == "3 files, 96.0 KiB, 2 incomplete\n");
}

TEST_CASE("reporter: the event of a stored file has all that is known") {
  TestReporter told(true);
  auto photo = told.photo(48, 49'152);
  photo.count_resumption();
  const auto fields = told.reporter->file_done(photo, {48, 49'152, 1024, 0x21}, "a.jpg", "ab");
  auto event = told.event();
  CHECK(event.at("seconds").get<double>() < 60);
  event.erase("seconds");
  CHECK(event == of_photo({{"event", "file-done"},
                           {"path", "a.jpg"},
                           {"bytes", 49'152},
                           {"packets", 48},
                           {"crc16", "0021"},
                           {"sha256", "ab"},
                           {"resumes", 1},
                           {"metadata", nullptr}}));
  CHECK(fields.at("path") == "a.jpg"); // for the hook
  CHECK_FALSE(fields.contains("event"));
  told.reporter->file_done(told.video(), {1, 10, 10, 0}, "b.mp4", "");
  event = told.event();
  CHECK(event.at("sha256").is_null());
  CHECK(event.at("metadata").at("camera") == "adas");
}

TEST_CASE("reporter: a file of an earlier run has no connection") {
  Untold untold{
      facts_of({imei, FileKind::front_photo, 1, 0, {}}), {1, 9, 9, 1}, "a.jpg", true, "", {}};
  TestReporter told;
  told.reporter->file_done(untold);
  CHECK(told.said() ==
        "350612071913857 front photo: stored by an earlier run that could not tell, 9 B\n");
  untold.is_there = false;
  told.reporter->file_done(untold);
  CHECK(told.said().ends_with(" could not tell, 9 B; it has moved on since\n"));
  CHECK(told.quiet.output() == "a.jpg\na.jpg\n");
  TestReporter json(true);
  json.reporter->file_done(untold);
  const auto event = json.event();
  CHECK(event.at("connection").is_null());
  CHECK(event.at("address").is_null());
  CHECK(event.at("seconds") == 0);
}

TEST_CASE("reporter: files that are not stored, and why") {
  TestReporter told;
  told.reporter->file_failed(photo_facts(), "the disk\nis full", "a.part");
  CHECK(told.said() == "350612071913857 front photo: the disk\\x0ais full; what came is kept as "
                       "a.part\n");
  told.reporter->file_failed(photo_facts(), "no", "");
  CHECK(told.said() == "350612071913857 front photo: no\n");
  told.reporter->file_failed(photo_facts(), "no", "-");
  CHECK(told.said() == "350612071913857 front photo: no\n"); // standard output is no part
  told.reporter->file_interrupted(told.photo(12, 12'288), "connection lost", "a.part");
  CHECK(told.said() ==
        "350612071913857 front photo: incomplete, 12 of 48 packets: connection lost; "
        "what came is kept as a.part\n");
  told.reporter->file_interrupted(told.photo(), "connection lost", "");
  CHECK(told.said() ==
        "350612071913857 front photo: incomplete, 0 of 48 packets: connection lost\n");
  const auto nothing = told.photo();
  for (const auto* began : {static_cast<const TestTransfer*>(nullptr), &nothing}) {
    told.reporter->device_refused(photo_facts(), 4, began, "");
    CHECK(told.said() ==
          "350612071913857 front photo: the device reports status 4: the device aborted\n");
  }
  const auto some = told.photo(12, 12'288);
  told.reporter->device_refused(photo_facts(), 4, &some, "a.part");
  CHECK(told.said() == "350612071913857 front photo: incomplete, 12 of 48 packets: the device "
                       "reports status 4: the device aborted; what came is kept as a.part\n");
  told.reporter->file_skipped(photo_facts(), "x exists already");
  CHECK(told.said() == "350612071913857 front photo: skipped, x exists already\n");
  told.reporter->file_known(photo_facts(), "a.jpg");
  CHECK(told.said() == "350612071913857 front photo: offered again, though it was stored as a.jpg: "
                       "acknowledged, and left alone until the camera connects again\n");
  told.reporter->stepped_back(photo_facts());
  CHECK(told.said() == "350612071913857 front photo: does not come; the camera's other files are "
                       "fetched before it is tried again\n");
  told.reporter->hook_failed(stored_at("a\nb.jpg"), "upload ended with status 1");
  CHECK(told.said() == "hook for a\\x0ab.jpg: upload ended with status 1\n");
  told.reporter->summary(0, 3, {});
  CHECK(told.said() == "0 files, 0 B, 6 failed\n"); // what may go on has not failed
}

TEST_CASE("reporter: the same as events") {
  TestReporter told(true);
  told.reporter->file_failed(photo_facts(), "no", "a.part");
  CHECK(told.event() == of_photo({{"event", "file-failed"}, {"error", "no"}, {"part", "a.part"}}));
  told.reporter->file_failed(photo_facts(), "no", "-");
  CHECK(told.event() == of_photo({{"event", "file-failed"}, {"error", "no"}}));
  told.reporter->hook_failed(stored_at("a.jpg"), "no");
  CHECK(told.event() == Fields({{"event", "hook-failed"},
                                {"imei", "350612071913857"},
                                {"connection", 1},
                                {"address", "10.0.0.7:1"},
                                {"path", "a.jpg"},
                                {"error", "no"}}));
  DiskFigures figures;
  figures.passes = 7;
  figures.whole_passes = 2;
  figures.passes_took = 1'234'567us;
  figures.longest = 999'600us;
  told.reporter->summary(1, 5, figures);
  CHECK(told.event() == Fields({{"event", "summary"},
                                {"files", 0},
                                {"bytes", 0},
                                {"failed", 2},
                                {"incomplete", 1},
                                {"commit_rounds", 7},
                                {"syncfs_rounds", 2},
                                {"commit_seconds", 1.235},
                                {"longest_unsaved", 1.0},
                                {"exit", 5}}));
}

TEST_CASE("reporter: of lines that a full disk had no room for it is not said that nobody read") {
  TestReporter told;
  ::dup2(STDOUT_FILENO, STDERR_FILENO); // one file, as with > log 2>&1
  told.reporter.emplace(told.options, told.clock);
  {
    const FullDisk full(1);
    told.reporter->console().note("x");
    while (told.reporter->no_room() == 0) {
      ::usleep(1000);
    }
    for (int line = 0; line < 20'000; ++line) { // more than may wait
      told.reporter->console().note(std::string(100, 'x'));
    }
  }
  told.reporter->flush(std::nullopt);
  CHECK_THAT(told.quiet.output(),
             ContainsSubstring(" lines were dropped here: they could not be written in time\n"));
}

TEST_CASE("reporter: metadata is told when it is news, decoded or not") {
  auto facts = photo_facts();
  facts.metadata_payload = from_hex("0104 00000192d84dac30 00 0000");
  TestReporter told(false, 1);
  told.reporter->metadata(facts);
  CHECK(told.said().starts_with("350612071913857 front photo: metadata {"));
  told.reporter->metadata(facts);
  CHECK(told.said().empty());
  facts.metadata_payload = from_hex("0110 00000192d84dac30 00 0000");
  told.reporter->metadata(facts);
  CHECK_THAT(told.said(), ContainsSubstring("350612071913857 front photo: the metadata is that of "
                                            "another kind of file\n"));
  facts.metadata_payload = from_hex("01");
  told.reporter->metadata(facts);
  auto said = told.said();
  CHECK(said.starts_with("350612071913857 front photo: "));
  CHECK(said.ends_with(": going on without metadata\n"));
  auto video = facts_by_path();
  video.metadata_payload = from_hex("01");
  told.reporter->metadata(video);
  said = told.said();
  CHECK_THAT(said, ContainsSubstring(": kept as it came\n"));
  CHECK_THAT(said, ContainsSubstring(": metadata {"));
  CHECK_FALSE(said.contains("another kind"));
  TestReporter json(true);
  json.reporter->metadata(facts); // of which nothing is known
  CHECK(json.events().empty());
  json.reporter->metadata(video);
  CHECK(json.event().at("metadata").at("raw") == "01");
}

TEST_CASE("reporter: a clock that is years off is noted once a camera") {
  const auto started = [](TestReporter& told, FileFacts facts) {
    told.reporter->file_started(TestTransfer(told.clock, std::move(facts), 48, {}));
    return told.said();
  };
  const auto with = [](std::string_view metadata, std::uint64_t whose = imei) {
    auto facts = photo_facts();
    facts.imei = whose;
    facts.metadata_payload = from_hex(metadata);
    return facts;
  };
  const auto now = fmt::format("{:016x}", system_now().time_since_epoch().count());
  TestReporter told;
  CHECK(started(told, photo_facts()).empty());
  CHECK(started(told, with("0104" + now + "000000")).empty());
  CHECK(started(told, with("0104 0000000000000000 00 0000")).empty()); // not known
  CHECK(started(told, with("0104 000002185e380400 00 0000")) ==
        "350612071913857 front photo: its time is years away from now: 2043-01-01T00:00:00.000Z; "
        "was the camera's clock set? Nothing more is said of it\n");
  CHECK(started(told, with("0104 000002185e380400 00 0000")).empty());
  CHECK_THAT(started(told, with("0104 ffffffffffffffff 00 0000", imei + 1)),
             ContainsSubstring(": beyond the year 9999; "));
  auto fired =
      with("0404" + now + "000000 00 0000 0000000000000000 0000000000000000" + "0000000000000001",
           imei + 2);
  CHECK_THAT(started(told, fired), ContainsSubstring(": 1970-01-01T00:00:00.001Z; "));
  auto by_path = facts_by_path("mdas9/video/991029/124342.mp4");
  by_path.imei = imei + 3;
  CHECK_THAT(started(told, by_path), ContainsSubstring(": 2099-10-29T12:43:42.000Z; "));
}

TEST_CASE("reporter: metadata of several kinds is told once each, while it stays the same") {
  TestReporter told(true);
  std::vector<FileFacts> files;
  for (const auto kind : all_file_kinds) {
    files.push_back(photo_facts());
    files.back().file = kind;
    files.back().metadata_payload = from_hex("0104 00000192d84dac30 00 0000");
  }
  for (int connection = 0; connection < 6; ++connection) {
    for (const auto& facts : files) {
      told.reporter->metadata(facts);
    }
  }
  CHECK(told.events().size() == files.size());
  files.back().metadata_payload = from_hex("0104 00000192d84dac31 00 0000");
  told.reporter->metadata(files.back());
  CHECK(told.events().size() == 1);
}

} // namespace dualcam::serve::reporter_test
