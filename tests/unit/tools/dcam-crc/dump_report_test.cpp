// What dcam-crc says of transfers that are made by hand, to the letter.
#include "dcam-crc/dump_report.hpp"

#include "tools/ran.hpp"

namespace dualcam::crc::dump_report_test {
namespace {

template <class Tell> Ran told(const CrcOptions& options, const Tell& tell) {
  const Quiet quiet;
  Product product;
  Console console("dcam-crc", options.common);
  DumpReport report(options, product, console);
  report.begin("d");
  tell(report);
  return {ExitCode::done, quiet.output(), quiet.errors()};
}

CrcOptions json_options() {
  CrcOptions options;
  options.common.json = true;
  return options;
}

std::string text_of(const CapturedTransfer& transfer, const CrcOptions& options = {}) {
  return told(options, [&](DumpReport& report) { report.transfer(transfer); }).output;
}

std::string json_of(const CapturedTransfer& transfer) { return text_of(transfer, json_options()); }

/// Offset 1000 and its number in the dump.
CapturedPacket packet(std::uint32_t number, DumpVerdict verdict = DumpVerdict::good,
                      std::uint16_t size = 1024) {
  CapturedPacket packet{};
  packet.number = number;
  packet.offset = 1000 + number;
  packet.file_offset = std::uint64_t{number - 1} * 1024;
  packet.size = size;
  packet.received_crc = 0x1234;
  packet.computed_crc = verdict == DumpVerdict::good ? 0x1234 : 0x4321;
  packet.verdict = verdict;
  return packet;
}

CapturedTransfer video(std::uint32_t packets) {
  CapturedTransfer transfer;
  transfer.file = FileKind::front_video;
  transfer.announced = transfer.start = packets;
  return transfer;
}

CapturedTransfer two_packets() {
  auto transfer = video(2);
  transfer.packets = {packet(1), packet(2, DumpVerdict::good, 1)};
  return transfer;
}

/// Five bytes of a DSM camera, of which the first two came.
CapturedTransfer by_path() {
  CapturedTransfer transfer;
  transfer.in_bytes = true;
  transfer.file = FileRef::of_path("dsm/a.jpg");
  transfer.announced = 1;
  transfer.start = transfer.announced_bytes = 5;
  transfer.start_rest = 0xABCD;
  transfer.packets = {packet(1, DumpVerdict::good, 2)};
  return transfer;
}

const std::string nothing_odd = "  2 packets: 2 good, 0 bad, 0 missing, 0 repeated\n"
                                "  complete: 1025 bytes, CRC 0000\n";

} // namespace

TEST_CASE("dump report: transfers are counted, from 1 in each dump") {
  const auto transfer = two_packets();
  const auto ran = told({}, [&](DumpReport& report) {
    report.transfer(transfer);
    report.goes_on_in("e\n");
    report.transfer(transfer);
    report.begin("f");
    report.transfer(transfer);
  });
  const std::string who = "front video, IMEI unknown\n";
  CHECK(ran.output == "d: transfer 1: " + who + nothing_odd + "e\\x0a: transfer 2: " + who +
                          nothing_odd + "f: transfer 1: " + who + nothing_odd);
}

TEST_CASE("dump report: the connections of a transfer, and what its metadata say") {
  auto transfer = two_packets();
  transfer.imei = 42;
  transfer.stream = {7, "192.0.2.1:1", "192.0.2.2:7050"};
  const std::string head = "d: transfer 1: front video, IMEI 000000000000042\n"
                           "  from 192.0.2.1:1 to 192.0.2.2:7050";
  CHECK(text_of(transfer) == head + "\n" + nothing_odd);
  transfer.connections = 2;
  CHECK(text_of(transfer) == head + ", in 2 connections\n" + nothing_odd);
  transfer.stream = {};
  transfer.file = FileRef::of_path("dsm/snapshot");
  transfer.metadata = from_hex("6500000001 0d 0342a752 0181be13 02 0900 00 4e484f4a 00000000");
  CHECK(text_of(transfer) ==
        "d: transfer 1: DSM file, IMEI 000000000000042, path dsm/snapshot\n"
        "  metadata: 2023-09-12T06:06:56.000Z, DSM event, 54.699858 25.280019, drowsiness, phone, "
        "bit 9, driver JOHN\n" +
            nothing_odd);
}

TEST_CASE("dump report: of several connections each offset tells in which it counts") {
  auto transfer = video(3);
  transfer.stream = {1, "a:1", "b:7050"};
  transfer.connections = 3;
  transfer.packets = {packet(1, DumpVerdict::bad), packet(2, DumpVerdict::bad), packet(3)};
  transfer.skipped = {{5, 6, 0}, {7, 8, 0}};
  transfer.where = {{{2, "a:2", "b:7050"}, 0, 0}, {{4, "a:4", "b:7050"}, 1, 1}};
  const auto text = text_of(transfer);
  CHECK_THAT(text, ContainsSubstring("  from a:1 to b:7050, in 3 connections\n"
                                     "  connections: 2 from a:2, 4 from a:4\n"));
  CHECK_THAT(text, ContainsSubstring("packet 1: bad; offset 1001 of connection 2 in the dump"));
  CHECK_THAT(text, ContainsSubstring("packet 2: bad; offset 1002 of connection 4 in the dump"));
  CHECK_THAT(text, ContainsSubstring("6 bytes skipped at offset 5 of connection 2\n"));
  CHECK_THAT(text, ContainsSubstring("8 bytes skipped at offset 7 of connection 4\n"));
  const auto json = json_of(transfer);
  CHECK_THAT(json, ContainsSubstring(R"("offset":1001,"file_offset":0,)"));
  CHECK_THAT(json, ContainsSubstring(R"("connection":4})"));
  transfer.where.resize(10, transfer.where[1]);
  CHECK_THAT(text_of(transfer), ContainsSubstring("4 from a:4 and 2 more\n"));
}

TEST_CASE("dump report: each packet that is not good, with how its number is known") {
  auto transfer = video(5);
  transfer.packets = {packet(1, DumpVerdict::bad), packet(2, DumpVerdict::cut, 10),
                      packet(3, DumpVerdict::cut), packet(4, DumpVerdict::unchecked), packet(5)};
  transfer.packets[1].received_crc.reset();
  transfer.packets[1].computed_crc.reset();
  transfer.packets[3].numbering = DumpNumbering::inferred;
  const std::string told =
      "d: transfer 1: front video, IMEI unknown\n"
      "  5 packets: 1 good, 3 bad, 1 unchecked, 0 missing, 0 repeated\n"
      "  incomplete: 3072 bytes are there\n"
      "  packet 1: bad; offset 1001 in the dump, 0 in the file; CRC stored 1234, computed 4321\n"
      "  packet 2: bad, only 10 bytes of it; offset 1002 in the dump, 1024 in the file; CRC stored "
      "lost, computed not possible\n"
      "  packet 3: bad, and no command follows it; offset 1003 in the dump, 2048 in the file; CRC "
      "stored 1234, computed 4321\n"
      "  packet 4 (number inferred): unchecked; offset 1004 in the dump, 3072 in the file; CRC "
      "stored 1234, computed 4321\n";
  CHECK(text_of(transfer) == told);
  transfer.packets[4].numbering = DumpNumbering::unknown;
  CHECK(text_of(transfer) == told + "  numbers unknown: counted from the first packet seen\n");
  transfer.packets[0].numbering = DumpNumbering::unknown;
  CHECK_THAT(text_of(transfer),
             ContainsSubstring("  packet 1 (number counted from the first packet seen): bad; "));
}

TEST_CASE("dump report: ten of what is bad are told, the others with -v only") {
  for (const std::uint32_t count : {10U, 11U, 12U}) {
    CAPTURE(count);
    auto transfer = video(count);
    for (std::uint32_t number = 1; number <= count; ++number) {
      transfer.packets.push_back(packet(number, DumpVerdict::bad));
      transfer.skipped.push_back({number, 1, 0});
    }
    const auto lines_with = [&](const std::string& text, std::string_view what) {
      std::size_t lines = 0;
      for (auto at = text.find(what); at != text.npos; at = text.find(what, at + 1)) {
        ++lines;
      }
      return lines;
    };
    const auto text = text_of(transfer);
    CHECK(lines_with(text, ": bad; offset") == 10);
    CHECK(lines_with(text, " byte skipped at offset ") == 10);
    CHECK(lines_with(text, "  and 1 more such packet: -v lists all\n") == (count == 11));
    CHECK(lines_with(text, "  and 2 more such packets: -v lists all\n") == (count == 12));
    CHECK(lines_with(text, "  and 1 more stretch skipped\n") == (count == 11));
    CHECK(lines_with(text, "  and 2 more stretches skipped\n") == (count == 12));
    CHECK(lines_with(text, "more") == (count == 10 ? 0 : 2));
    CrcOptions verbose;
    verbose.common.verbosity = 1;
    const auto all = text_of(transfer, verbose);
    CHECK(lines_with(all, ": bad; offset") == count);
    CHECK(lines_with(all, " byte skipped at offset ") == count);
    CHECK(lines_with(all, "more") == 0);
  }
}

TEST_CASE("dump report: a line lists twelve stretches") {
  for (const std::uint32_t count : {12U, 13U, 14U}) {
    CAPTURE(count);
    auto transfer = video(2 * count);
    for (std::uint32_t number = 2; number <= 2 * count; number += 2) {
      transfer.packets.push_back(packet(number));
    }
    const std::string told = "  missing packets: 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23" +
                             std::string(count == 12   ? ""
                                         : count == 13 ? " and 1 more stretch"
                                                       : " and 2 more stretches") +
                             "\n";
    CHECK(text_of(transfer).ends_with(told));
  }
}

TEST_CASE("dump report: a file by path is told in bytes") {
  auto transfer = by_path();
  const std::string head = "d: transfer 1: DSM file, IMEI unknown, path dsm/a.jpg\n";
  CHECK(text_of(transfer) ==
        head + "  START 5 and abcd: 5 bytes: 1 good, 0 bad, 3 bytes missing, 0 repeated\n"
               "  incomplete: 2 bytes are there\n"
               "  missing bytes: 2-4\n");
  transfer.packets = {packet(1, DumpVerdict::good, 1), packet(2, DumpVerdict::bad, 3)};
  transfer.packets[1].file_offset = 1;
  CHECK(text_of(transfer) ==
        head + "  START 5 and abcd: 5 bytes: 1 good, 1 bad, 1 byte missing, 0 repeated\n"
               "  incomplete: 4 bytes are there\n"
               "  3 bytes of the file from 1: bad; offset 1002 in the dump, 1 in the file; CRC "
               "stored 1234, computed 4321\n"
               "  missing bytes: 4-4\n");
  transfer = by_path();
  transfer.start = 1;
  transfer.announced_bytes.reset();
  transfer.start_in_packets = true;
  CHECK(text_of(transfer) ==
        head + "  START 1 and abcd: 1 packet: 1 good, 0 bad, 0 bytes missing, 0 repeated\n"
               "  complete: 2 bytes, CRC 0000\n"
               "  START counts packets, though the file goes by path\n");
}

TEST_CASE("dump report: nothing came") {
  CHECK(text_of(video(0)) == "d: transfer 1: front video, IMEI unknown\n"
                             "  0 packets: 0 good, 0 bad, 0 missing, 0 repeated\n"
                             "  nothing to send\n");
  auto transfer = video(3);
  transfer.status = 17;
  const std::string told = "d: transfer 1: front video, IMEI unknown\n"
                           "  3 packets: 0 good, 0 bad, 3 missing, 0 repeated\n"
                           "  incomplete: 0 bytes are there\n"
                           "  the camera's STATUS 17: camera not configured, or the requested "
                           "file is not available\n"
                           "  nothing followed START: ";
  CHECK(text_of(transfer) == told + "no RESUME of the server is in it\n  missing packets: 1-3\n");
  transfer.asked = "RESUME 1";
  transfer.not_kept = 9;
  transfer.corrections = {"one", "two"};
  CHECK(text_of(transfer) ==
        told + "the server's RESUME 1 was not answered\n"
               "  9 more packets and stretches came than can be judged at once: cut the dump, or "
               "choose with --port\n"
               "  missing packets: 1-3\n"
               "  numbers inferred: one\n"
               "  numbers inferred: two\n");
}

TEST_CASE("dump report: that there is nothing to send is what START says, nothing else") {
  auto transfer = by_path();
  transfer.packets.clear();
  CHECK_THAT(text_of(transfer), ContainsSubstring("  incomplete: 0 bytes are there\n"
                                                  "  nothing followed START: "));
  transfer = video(0);
  transfer.start.reset(); // lost, and all packets
  transfer.announced.reset();
  CHECK_THAT(text_of(transfer), ContainsSubstring("packets (START is not there)") &&
                                    ContainsSubstring("  incomplete: 0 bytes are there\n"));
}

TEST_CASE("dump report: as JSON a transfer is one line, behind those of its bad packets") {
  auto transfer = two_packets();
  CHECK(json_of(transfer) ==
        R"({"event":"transfer","dump":"d","transfer":1,"connections":1,"imei":null,)"
        R"("kind":"videof","packets":2,"good":2,"bad":0,"unchecked":0,"missing":0,"repeated":0,)"
        R"("missing_packets":[],"numbering":"stated","skipped":[],"not_kept":0,"bytes":1025,)"
        R"("complete":true,"crc16":"0000","status":null,"metadata":null})"
        "\n");
  transfer = video(3);
  transfer.imei = 42;
  transfer.stream = {7, "a", "b"};
  transfer.connections = 2;
  transfer.packets = {packet(2, DumpVerdict::cut), packet(2, DumpVerdict::bad)};
  transfer.packets[0].received_crc.reset();
  transfer.packets[0].computed_crc.reset();
  transfer.packets[1].repeat = true;
  transfer.packets[1].numbering = DumpNumbering::inferred;
  transfer.skipped = {{5, 6, 2}};
  transfer.not_kept = 9;
  transfer.status = 1;
  transfer.metadata = from_hex("ff");
  CHECK(json_of(transfer) ==
        R"({"event":"packet","dump":"d","transfer":1,"number":2,"numbering":"stated",)"
        R"("verdict":"cut","offset":1002,"file_offset":1024,"bytes":1024,"stored":null,)"
        R"("computed":null,"repeat":false,"connection":7})"
        "\n"
        R"({"event":"packet","dump":"d","transfer":1,"number":2,"numbering":"inferred",)"
        R"("verdict":"bad","offset":1002,"file_offset":1024,"bytes":1024,"stored":"1234",)"
        R"("computed":"4321","repeat":true,"connection":7})"
        "\n"
        R"({"event":"transfer","dump":"d","transfer":1,"device":"a","server":"b",)"
        R"("connections":2,"imei":"000000000000042","kind":"videof","packets":3,"good":0,"bad":2,)"
        R"("unchecked":0,"missing":2,"repeated":1,"missing_packets":[[1,1],[3,3]],)"
        R"("numbering":"inferred","skipped":[{"offset":5,"bytes":6,"missing":2,"connection":7}],)"
        R"("not_kept":9,)"
        R"("bytes":1024,"complete":false,"crc16":null,"status":1,"metadata":{"raw":"ff"}})"
        "\n");
  CHECK(json_of(by_path()) ==
        R"({"event":"transfer","dump":"d","transfer":1,"connections":1,"imei":null,"kind":null,)"
        R"("device_path":"dsm/a.jpg","packets":1,"announced_bytes":5,"start_rest":"abcd",)"
        R"("start_in_packets":false,"missing_bytes":[[2,4]],"good":1,"bad":0,"unchecked":0,)"
        R"("missing":1,"repeated":0,"missing_packets":[[1,1]],"numbering":"stated","skipped":[],)"
        R"("not_kept":0,"bytes":2,"complete":false,"crc16":null,"status":null,"metadata":null})"
        "\n");
}

TEST_CASE("dump report: what was written, what was not, and what is nobody's") {
  const Extracted whole{"x/a\n", true, {}, {}};
  const Extracted packets{"b.part", false, {{1, 1}, {3, 5}}, {}};
  const Extracted bytes{"c.part", false, {{1, 1}}, {{0, 0}, {7, 9}}};
  const auto tell = [&](DumpReport& report) {
    for (const auto& each : {whole, packets, bytes}) {
      report.extracted(each);
    }
    report.not_extracted(Error{ErrorCategory::io, 0, "full\n"});
    report.skipped({{}, {7, 1, 0}});
    report.skipped({{3, "10.0.0.2:40001", "10.0.0.1:7050"}, {8, 5, 2}});
  };
  const auto text = told({}, tell);
  CHECK(text.output == "  written to x/a\\x0a\n"
                       "  written to b.part\n"
                       "  filled with zeros: packets 1, 3-5\n"
                       "  written to c.part\n"
                       "  filled with zeros: bytes 0-0, 7-9\n"
                       "d: 1 byte skipped at offset 7\n"
                       "d: 5 bytes skipped at offset 8 of connection 3, 2 of them missing\n");
  CHECK(text.errors == "dcam-crc: d: transfer 0: full\\x0a\n");
  CHECK(told(json_options(), tell).output ==
        R"({"event":"extracted","dump":"d","transfer":0,"path":"x/a\n","complete":true,"holes":[],)"
        R"("byte_holes":[]})"
        "\n"
        R"({"event":"extracted","dump":"d","transfer":0,"path":"b.part","complete":false,)"
        R"("holes":[[1,1],[3,5]],"byte_holes":[]})"
        "\n"
        R"({"event":"extracted","dump":"d","transfer":0,"path":"c.part","complete":false,)"
        R"("holes":[[1,1]],"byte_holes":[[0,0],[7,9]]})"
        "\n"
        R"({"event":"skipped","dump":"d","offset":7,"bytes":1,"missing":0})"
        "\n"
        R"({"event":"skipped","dump":"d","offset":8,"bytes":5,"missing":2,"connection":3})"
        "\n");
}

TEST_CASE("dump report: what a dump has besides transfers is told at its end") {
  DumpFacts facts;
  facts.form = DumpForm::capture;
  facts.streams = 3;
  facts.other_connections = 1;
  facts.encrypted = 1;
  facts.given_up = 2;
  facts.late = 3;
  facts.differing = 5;
  facts.behind_end = 1;
  facts.cut_off = 1;
  facts.seen_again = 6;
  facts.not_read = {{"IPX", 2}, {"UDP", 1}};
  facts.lines_passed_over = 4;
  facts.problems = {{3, "bad"}};
  facts.problem_count = 2;
  const auto tell = [&](DumpReport& report) { report.end(facts, {7, "", true}); };
  const auto text = told({}, tell);
  CHECK(text.output.empty());
  CHECK(text.errors ==
        "dcam-crc: d: 1 other connection without camera traffic\n"
        "dcam-crc: d: 1 connection is encrypted with TLS, and cannot be read: capture what is said "
        "behind it\n"
        "dcam-crc: d: 2 connections were given up early: more were open at once than are kept; "
        "--port chooses\n"
        "dcam-crc: d: 6 frames were captured twice, with the same times: told once\n"
        "dcam-crc: d: 3 TCP segments came too late: what is in such counts as missing\n"
        "dcam-crc: d: 5 TCP segments came again with other bytes, which are not used: damaged on "
        "the way, or of another connection of the same ports whose beginning is not in the "
        "capture\n"
        "dcam-crc: d: 1 TCP segment came when their connection was over: not used\n"
        "dcam-crc: d: 'reordercap' puts frames in the order of their times\n"
        "dcam-crc: d: of 1 frame only the beginning was captured: the snapshot length was too "
        "small; tcpdump -s 0 takes all\n"
        "dcam-crc: d: 2 frames not read: IPX\n"
        "dcam-crc: d: 1 frame not read: UDP\n"
        "dcam-crc: d: 4 lines without hex passed over\n"
        "dcam-crc: d: line 3: bad\n"
        "dcam-crc: d: and 1 more line of the kind\n"
        "dcam-crc: d: no transfer in it\n");
  CHECK(
      told(json_options(), tell).output ==
      R"({"event":"summary","dump":"d","form":"capture","transfers":0,"connections":3,)"
      R"("other_connections":1,"connections_encrypted":1,"connections_given_up":2,)"
      R"("segments_late":3,"segments_differing":5,"segments_behind_end":1,"captures_not_read_to_end":0,)"
      R"("frames_not_read":{"IPX":2,"UDP":1},"frames_cut_off":1,"frames_captured_twice":6,)"
      R"("lines_passed_over":4,"lines_not_read":2,"text_conversion":"",)"
      R"("commands":7,"status":null})"
      "\n");
  CHECK_THAT(told({}, [&](DumpReport& report) { report.end({}, {2, "", true, 0x11}); }).errors,
             ContainsSubstring("no transfer in it; the camera's STATUS 17: "));
  facts = {};
  facts.streams = 3; // of no capture
  CHECK_THAT(told(json_options(), tell).output, ContainsSubstring(R"("connections":0,)"));
}

TEST_CASE("dump report: why there is no transfer in a dump") {
  const auto said = [](const DumpFacts& facts, const DumpTalk& talk, bool with_transfer = false) {
    return told({},
                [&](DumpReport& report) {
                  if (with_transfer) {
                    report.transfer(two_packets());
                  }
                  report.end(facts, talk);
                })
        .errors;
  };
  DumpFacts converted;
  converted.conversion = "every LF became CR LF";
  DumpFacts unread;
  unread.problem_count = 1;
  CHECK(said({}, {0, "", false}) == "dcam-crc: d: no command of a camera found in it\n");
  CHECK(said({}, {0, "RESUME 1", false}) ==
        "dcam-crc: d: only commands of a server are in it, the last one RESUME 1: what the camera "
        "sent is not there\n");
  CHECK(said({}, {1, "", true}) == "dcam-crc: d: no transfer in it\n");
  CHECK(said({}, {1, "CLOSE", true}) == "dcam-crc: d: no transfer in it\n");
  CHECK(said({}, {1, "CLOSE", false}) ==
        "dcam-crc: d: no transfer in it: the server's CLOSE was not answered\n");
  CHECK(said({}, {1, "CLOSE", false}, true).empty());
  CHECK(said(unread, {0, "", false}) == "dcam-crc: d: and 1 more line of the kind\n");
  for (const auto& talk : {DumpTalk{}, DumpTalk{0, "CLOSE", false}, DumpTalk{5, "", true}}) {
    CHECK(said(converted, talk) == "dcam-crc: d: every LF became CR LF\n");
  }
}

TEST_CASE("dump report: with -v every command but packets is told, with -vv those, too") {
  const auto traced = [](int verbosity, const DumpStream& stream, const DumpEvent& event) {
    CrcOptions options;
    options.common.verbosity = verbosity;
    return told(options, [&](DumpReport& report) { report.trace(stream, event); }).errors;
  };
  const DumpStream captured{3, "a", "b"};
  for (const int verbosity : {1, 2}) {
    CHECK(traced(verbosity, captured, DumpStatus{9, 1}) ==
          "dcam-crc: connection 3: offset 9: STATUS 1: reconnect limit reached\n");
    CHECK(traced(verbosity, {}, DumpSync{9, 5}) == "dcam-crc: offset 9: SYNC 5\n");
    CHECK(traced(verbosity, {}, DumpPath{9, "a\nb"}) == "dcam-crc: offset 9: PATH a\\x0ab\n");
    CHECK(traced(verbosity, {}, DumpMetadata{9, from_hex("01"), false}) ==
          "dcam-crc: offset 9: METADATA, 1 byte\n");
    CHECK(traced(verbosity, {}, DumpTransferBegan{9, {}, 5, {}}) ==
          "dcam-crc: offset 9: START 5\n");
    CHECK(traced(verbosity, {}, DumpTransferBegan{9, {}, 5, 4'200}) ==
          "dcam-crc: offset 9: START 4200\n");
    CHECK(traced(verbosity, {}, DumpTransferBegan{9, {}, {}, {}}).empty()); // without START
    CHECK(traced(verbosity, {}, DumpServerCommand{"RESUME 1\n"}) ==
          "dcam-crc: the server: RESUME 1\\x0a\n");
  }
  DumpPacket packet{};
  packet.offset = 9;
  packet.number = 4;
  const auto payload = from_hex("0102");
  packet.payload = payload;
  packet.verdict = DumpVerdict::unchecked;
  CHECK(traced(1, captured, packet).empty());
  CHECK(traced(2, captured, packet) ==
        "dcam-crc: connection 3: offset 9: packet 4, 2 bytes, CRC lost, unchecked\n");
  packet.repeat = true;
  packet.received_crc = 0xABC;
  CHECK(traced(2, {}, packet) ==
        "dcam-crc: offset 9: packet 4, 2 bytes, CRC 0abc, unchecked, repeated\n");
}

TEST_CASE("dump report: the map stands behind each transfer, as text only") {
  CrcOptions options;
  options.map = true;
  CHECK_THAT(text_of(two_packets(), options), ContainsSubstring("CRC 0000\n1  ##\n"));
  CHECK(text_of(two_packets()).find("##") == std::string::npos);
  options.common.color = CommonOptions::When::always;
  CHECK_THAT(text_of(two_packets(), options), ContainsSubstring("1  \x1b[32m##\x1b[0m\n"));
  options.common.color = CommonOptions::When::automatic; // a file is no terminal
  CHECK(text_of(two_packets(), options).find('\x1b') == std::string::npos);
  options.common.json = true;
  CHECK(text_of(two_packets(), options) == json_of(two_packets()));
}

TEST_CASE("dump report: of bytes, too, a line lists twelve stretches") {
  for (const std::uint32_t count : {12U, 13U}) {
    CAPTURE(count);
    auto transfer = by_path();
    transfer.announced_bytes = transfer.start = 2 * count;
    transfer.packets.clear();
    for (std::uint32_t number = 1; number <= count; ++number) {
      transfer.packets.push_back(packet(number, DumpVerdict::good, 1));
      transfer.packets.back().file_offset = 2 * number - 1;
    }
    CHECK(text_of(transfer).ends_with(count == 12 ? ", 20-20, 22-22\n"
                                                  : ", 20-20, 22-22 and 1 more stretch\n"));
  }
}

TEST_CASE("dump report: what METADATA says of a transfer, as far as it says anything") {
  auto transfer = two_packets();
  const auto said = [&](std::string_view hex) {
    transfer.metadata = from_hex(hex);
    const auto text = text_of(transfer);
    const auto at = text.find("metadata: ");
    return text.substr(at, text.find('\n', at) - at);
  };
  CHECK(said("0104 0000000000000000 00 0000").starts_with("metadata: no time, "));
  CHECK(said("ff").starts_with("metadata: ff ("));
  const std::string long_one(66, 'f');
  CHECK(said(long_one).starts_with("metadata: " + long_one.substr(0, 64) + "... ("));
  CHECK(said(long_one.substr(2)).starts_with("metadata: " + long_one.substr(2) + " ("));
}

} // namespace dualcam::crc::dump_report_test
