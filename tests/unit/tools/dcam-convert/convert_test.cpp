// The pure parts of dcam-convert: command lines, sidecars, boxes.
#include <csignal>

#include "common/process.hpp"
#include "common/shell.hpp"
#include "dcam-convert/clip.hpp"
#include "dcam-convert/ffmpeg.hpp"
#include "dcam-convert/mp4.hpp"
#include "dcam-convert/options.hpp"
#include "tools/dcam-convert/mp4_bytes.hpp"

namespace dualcam::convert::convert_test {
namespace {

bool has(const Command& command, const std::vector<std::string>& words) {
  return !std::ranges::search(command, words).empty();
}

ByteBuffer track(std::string_view handler, std::string_view codec) {
  const auto tables =
      joined({box("stsd", joined({from_hex("00000000 00000001 00000010"),
                                  ByteBuffer(as_bytes(codec).begin(), as_bytes(codec).end())})),
              box("stsz", from_hex("00000000 00000000 0000003c"))});
  auto handler_box = from_hex("00000000 00000000");
  append(handler_box, as_bytes(handler));
  const auto media = joined({box("mdhd", from_hex("00000000 00000000 00000000 000003e8 00000bb8")),
                             box("hdlr", handler_box), box("minf", box("stbl", tables))});
  return box("trak", box("mdia", media));
}

Result<ProcessResult> shell(const std::string& script, Bytes input = {}) {
  return run_process({"sh", "-c", script}, input);
}

} // namespace

TEST_CASE("convert: the container is told by the extension") {
  CHECK(container_of("a.mp4") == Container::mp4);
  CHECK(container_of("a.b.MOV") == Container::mov);
  CHECK(container_of("a/b.Mkv") == Container::matroska);
  CHECK_FALSE(container_of("a.avi"));
  CHECK_FALSE(container_of("mp4"));
}

TEST_CASE("convert: copying is the default, with hvc1 and AAC for mp4") {
  const auto command =
      convert_command({}, Container::mp4, stream_input(true), {}, {"file:x.mp4", true});
  CHECK(has(command, {"-c:v", "copy", "-tag:v", "hvc1"}));
  CHECK(has(command, {"-c:a", "aac"}));
  CHECK(has(command, {"-f", "mp4", "file:x.mp4"}));
  CHECK(has(command, {"ffmpeg", "-nostdin"}));
}

TEST_CASE("convert: Matroska keeps the A-law") {
  const auto command =
      convert_command({}, Container::matroska, stream_input(true), {}, {"file:x.mkv"});
  CHECK(has(command, {"-c:a", "copy"}));
  CHECK_FALSE(has(command, {"-tag:v", "hvc1"}));
}

TEST_CASE("convert: an MP4's codecs are kept, and tagged only if they are HEVC") {
  const FfmpegInput input{.stream = false, .argument = "file:a", .format = "", .hevc = false};
  const auto command = convert_command({}, Container::mp4, input, {}, {"file:x.mp4"});
  CHECK(has(command, {"-c:a", "copy"}));
  CHECK_FALSE(has(command, {"-tag:v", "hvc1"}));
}

TEST_CASE("convert: re-encoding keeps the times") {
  ConvertOptions options;
  options.codec = Codec::h264;
  const auto command =
      convert_command(options, Container::mp4, stream_input(false), {}, {"file:x.mp4"});
  CHECK(has(command, {"-c:v", "libx264"}));
  CHECK(has(command, {"-fps_mode", "passthrough", "-enc_time_base", "1:90000"}));
  CHECK(has(command, {"-an"}));
}

TEST_CASE("convert: the vendor's recipe is the page's") {
  CHECK(has(
      vendor_command({}, 20, "in.h265", Container::mp4, {"file:out.mp4"}),
      {"-r", "20", "-i", "file:in.h265", "-ss", "00:00:0.9", "-c:a", "copy", "-c:v", "libx264"}));
}

TEST_CASE("convert: position, time and IMEI become metadata") {
  const auto sidecar = parse_sidecar(R"({"imei": "352093081452251", "frame_rate": 20,
    "time": "2024-10-29T12:43:42.000Z", "latitude": -4.7, "longitude": 125.28})");
  REQUIRE(sidecar);
  const auto command =
      convert_command({}, Container::mp4, stream_input(false), *sidecar, {"file:x.mp4"});
  CHECK(has(command, {"-metadata", "creation_time=2024-10-29T12:43:42.000Z"}));
  CHECK(has(command, {"-metadata", "location=-04.7000000+125.2800000/"}));
  CHECK(
      has(command, {"-metadata", "com.apple.quicktime.location.ISO6709=-04.7000000+125.2800000/"}));
  CHECK(has(command, {"-metadata", "imei=352093081452251"}));
}

TEST_CASE("sidecar: what makes no sense is left out") {
  for (const auto* text :
       {"{}", R"({"imei": 3, "time": "soon", "latitude": 1, "frame_rate": 0})",
        R"({"latitude": 0.0, "longitude": 0.0})", R"({"latitude": 91, "longitude": 0})",
        R"({"latitude": 1, "longitude": 2, "position_valid": false})",
        R"({"time": "2024-10-29T12:43:42.000Z; rm -rf", "imei": "35209308145225a"})"}) {
    CAPTURE(text);
    const auto sidecar = parse_sidecar(text);
    REQUIRE(sidecar);
    CHECK_FALSE(sidecar->time);
    CHECK_FALSE(sidecar->imei);
    CHECK_FALSE(sidecar->position);
    CHECK_FALSE(sidecar->frame_rate);
  }
  for (const auto* text : {"", "[]", "{", "null", "\xff"}) {
    CHECK_FALSE(parse_sidecar(text));
  }
}

TEST_CASE("sidecar: a trigger has a name or a number, a rate and a time zone have limits") {
  const auto read = [](const std::string& text) { return *parse_sidecar("{" + text + "}"); };
  CHECK(read(R"("trigger": 0)").trigger == "trigger 0");
  CHECK(read(R"("trigger": 17, "trigger_name": "")").trigger == "trigger 17");
  CHECK(read(R"("trigger": 17, "trigger_name": "crash")").trigger == "crash");
  CHECK_FALSE(read(R"("trigger": -1)").trigger);
  CHECK_FALSE(read(R"("trigger": "3")").trigger);
  CHECK(read(R"("frame_rate": 1)").frame_rate == 1);
  CHECK(read(R"("frame_rate": 240)").frame_rate == 240);
  CHECK_FALSE(read(R"("frame_rate": 0.99)").frame_rate);
  CHECK_FALSE(read(R"("frame_rate": 241)").frame_rate);
  CHECK(read(R"("time_zone_minutes": 1439)").time_zone == 1439);
  CHECK(read(R"("time_zone_minutes": -1439)").time_zone == -1439);
  CHECK_FALSE(read(R"("time_zone_minutes": 1440)").time_zone);
  CHECK_FALSE(read(R"("time_zone_minutes": -1440)").time_zone);
  CHECK(read(R"("events": ["a", 3, "b"])").events == "a, b");
  CHECK_FALSE(read(R"("events": [])").events);
  CHECK(read(R"("driver": "a\nb")").driver == R"(a\x0ab)");
  CHECK(read(R"("latitude": 1, "longitude": 2, "position_valid": true)").position);
  CHECK_FALSE(read(R"("latitude": 1)").position);
  CHECK_FALSE(read(R"("longitude": 1)").position);
  CHECK(read(R"("time": "soon", "received": "x\u001b")").refused ==
        std::vector<std::string>{R"(time "soon" is no point in time)",
                                 R"(received "x\x1b" is no point in time)"});
  CHECK(read(R"("time": 1730205822, "trigger_time": [1], "received": true)").refused ==
        std::vector<std::string>{R"(time 1730205822 is no text such as "2024-10-29T12:43:42Z")",
                                 R"(trigger_time array is no text such as "2024-10-29T12:43:42Z")",
                                 R"(received true is no text such as "2024-10-29T12:43:42Z")"});
  CHECK(read(R"("time": null, "trigger_time": null, "received": null)").refused.empty());
  CHECK(read(R"("imei": "12a", "latitude": 91, "longitude": 2, "frame_rate": 241,
                "time_zone_minutes": 1440)")
            .refused == std::vector<std::string>{R"(imei "12a" is no IMEI)",
                                                 "position 91, 2 is nowhere",
                                                 "frame_rate 241 is not from 1 to 240",
                                                 "time_zone_minutes 1440 is no time zone"});
  CHECK(read(R"("imei": null, "latitude": 0, "longitude": 0, "frame_rate": 0)").refused.empty());
  CHECK(read(R"("imei": 352093081452251, "latitude": "54.7", "longitude": 25, "frame_rate": "20",
                "position_valid": "no", "driver": 3, "trigger": "3", "camera": {}, "kind": false)")
            .refused == std::vector<std::string>{
                            R"(imei 352093081452251 is no text such as "352093081452251")",
                            R"(position_valid "no" is neither true nor false)",
                            R"(latitude "54.7" is no number)", R"(frame_rate "20" is no number)",
                            "driver 3 is no text", R"(camera object is no text such as "dualcam")",
                            "kind false is no text", R"(trigger "3" is no number)"});
  CHECK_FALSE(read(R"("latitude": 1, "longitude": 2, "position_valid": 0)").position);
  CHECK(read(R"("latitude": 1, "longitude": 2, "position_valid": null)").position);
  CHECK(read(R"("kind": "a", "metadata": {"kind": "b"})").kind == "b");
  CHECK(read(R"("kind": null, "document": {"file": {"framerate": 15}})").frame_rate == 15);
  CHECK(read(R"("frame_rate": 20, "document": {"file": {"framerate": 15}})").frame_rate == 20);
}

TEST_CASE("convert: a moment has hours, minutes and seconds within their limits") {
  const auto micros = [](const std::string& text) -> std::optional<std::int64_t> {
    const auto moment = parse_moment(text);
    return moment ? std::optional(std::get<std::chrono::microseconds>(*moment).count())
                  : std::nullopt;
  };
  for (const auto& [text, time] : {std::pair{"0", std::int64_t{0}},
                                   {"1.5s", 1'500'000},
                                   {"500ms", 500'000},
                                   {"0:59.5", 59'500'000},
                                   {"1:2:3", 3'723'000'000},
                                   {"90:00", 5'400'000'000},
                                   {"999999", 999'999'000'000},
                                   {"0.0000005", 1}}) {
    CAPTURE(text);
    CHECK(micros(text) == time);
  }
  for (const auto* text : {"", "-1", "-0", "1e3", "1000000", "0:60", "1:60:00", "1:2:3:4", "1:2s",
                           "1:2ms", "ms", "s", "1 ", "1:", ":1", "1x"}) {
    CAPTURE(text);
    CHECK_FALSE(micros(text));
  }
}

TEST_CASE("sidecar: a time is one that is in the calendar") {
  for (const auto* text :
       {"2024-02-29T23:59:59Z", "2024-10-29T12:43:42.000Z", "2024-10-29T12:43:42.999Z"}) {
    CHECK(parse_time(text));
  }
  CHECK(format_time(*parse_time("2024-10-29T12:43:42.050Z")) == "2024-10-29T12:43:42.050Z");
  for (const auto* text :
       {"", "soon", "2023-02-29T00:00:00Z", "2024-13-01T00:00:00Z", "2024-00-10T00:00:00Z",
        "2024-10-00T00:00:00Z", "2024-10-29T24:00:00Z", "2024-10-29T12:60:00Z",
        "2024-10-29T12:43:60Z", "2024-10-29 12:43:42Z", "2024-10-29T12:43:42", "2024-10-29T12:43Z",
        "2024-10-29T12:43:42.Z", "-024-10-29T12:43:42Z", "2024-10-29T12:43:42.000Z ",
        "20241029T124342Z"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_time(text));
  }
}

TEST_CASE("convert: rates are exact, and what is near one stands for it") {
  CHECK(parse_frame_rate("29.97") == 30000.0 / 1001);
  CHECK(parse_frame_rate("59.94") == 60000.0 / 1001);
  CHECK(parse_frame_rate("23.976") == 24000.0 / 1001);
  CHECK(parse_frame_rate("30000/1001") == 30000.0 / 1001);
  CHECK(parse_frame_rate("29.9") == 29.9);
  CHECK(parse_frame_rate("25") == 25.0);
  for (const auto* text : {"", "0", "0.99", "240.1", "-5", "25 ", "25fps", "1e1", "nan", "inf",
                           "25/", "/25", "25/0", "0x10", "1/-1"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_frame_rate(text));
  }
  CHECK(nominal_frame_rate(19.67) == 20.0);
  CHECK(nominal_frame_rate(29.97) == 30000.0 / 1001);
  CHECK(nominal_frame_rate(12.5) == 12.5);
}

TEST_CASE("convert: a moment is an offset or a time of day") {
  using std::chrono::microseconds;
  CHECK(parse_moment("1.5") == Moment(microseconds(1'500'000)));
  CHECK(parse_moment("1.5s") == Moment(microseconds(1'500'000)));
  CHECK(parse_moment("500ms") == Moment(microseconds(500'000)));
  CHECK(parse_moment("1:02.25") == Moment(microseconds(62'250'000)));
  CHECK(parse_moment("1:00:00") == Moment(microseconds(3'600'000'000)));
  CHECK(parse_moment("2024-10-29T12:43:42Z") == Moment(*parse_time("2024-10-29T12:43:42.000Z")));
  CHECK(parse_moment("2024-10-29T12:43:42.5Z") == Moment(*parse_time("2024-10-29T12:43:42.500Z")));
  CHECK(parse_moment("2024-10-29T12:43:42.05Z") == Moment(*parse_time("2024-10-29T12:43:42.050Z")));
  for (const auto* text : {"", "s", "x", "-1", "1:99", "1:2:3:4", "nan", "1:", ":1", "1m", "1e3",
                           "9999999", "2024-13-01T00:00:00Z", "2024-10-29T12:43:42.Z"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_moment(text));
  }
}

TEST_CASE("sidecar: a record inside an event is found") {
  const auto sidecar = parse_sidecar(R"({"imei": "352093081452251",
    "metadata": {"time": "2024-10-29T12:43:42Z", "frame_rate": 25}})");
  REQUIRE(sidecar);
  CHECK(sidecar->frame_rate == 25.0);
  CHECK(format_time(sidecar->time.value()) == "2024-10-29T12:43:42.000Z");
  CHECK(sidecar->imei);
}

TEST_CASE("sidecar: a camera's own document is one, alone or inside a record") {
  const std::string document = R"({"file":{"file_timestamp":"1729504017.5","framerate":"25"},
    "location":{"latitude":"54.5","longitude":-25.25},"x":[{"driver_name":"J\u001b \u00e9"}]})";
  const auto record = R"({"imei":"352093081452251","time":null,"raw":"7b","document":)" + document;
  for (const auto& text : {document, document + std::string(3, '\0'), record + "}",
                           record + R"(,"latitude":1e99,"events":[]})"}) {
    CAPTURE(text);
    const auto sidecar = parse_sidecar(text);
    REQUIRE(sidecar);
    CHECK(format_time(sidecar->time.value()) == "2024-10-21T09:46:57.500Z");
    CHECK(sidecar->frame_rate == 25.0);
    CHECK(sidecar->driver == "J\\x1b \u00e9");
    CHECK_FALSE(sidecar->events);
  }
  CHECK(parse_sidecar(document)->position == Position{54.5, -25.25});
  CHECK(parse_sidecar(document)->imei == std::nullopt);
  const auto twice = document.substr(0, document.size() - 1) + R"(,"file":{},"location":null})";
  CHECK(parse_sidecar(twice)->frame_rate == 25U);
  CHECK(parse_sidecar(twice)->position == Position{54.5, -25.25});
}

TEST_CASE("convert: the driver and the events become metadata") {
  const auto sidecar = parse_sidecar(R"({"driver":"=A B;C","events":["drowsiness","phone",3]})");
  REQUIRE(sidecar);
  const auto command =
      convert_command({}, Container::mp4, stream_input(false), *sidecar, {"file:x.mp4"});
  CHECK(has(command, {"-metadata", "driver==A B;C"}));
  CHECK(has(command, {"-metadata", "events=drowsiness, phone"}));
}

TEST_CASE("mp4: the first picture track is described") {
  const auto file = joined({box("ftyp", from_hex("69736f6d")), box("mdat", ByteBuffer(100)),
                            box("moov", joined({track("soun", "mp4a"), track("vide", "hvc1")}))});
  const auto facts = inspect(file);
  CHECK(facts.hevc);
  CHECK(facts.frames == 60);
  CHECK(facts.seconds == 3.0);
  CHECK_FALSE(inspect(box("moov", track("vide", "avc1"))).hevc);
}

TEST_CASE("mp4: pictures that the file no longer holds are told from those it does") {
  for (const bool wide : {false, true}) {
    for (const std::uint64_t size : {0U, 20U}) { // of all samples; 0: each has its own
      const auto file = indexed_file(size, wide);
      CHECK(inspect(file).whole);
      CHECK(inspect(file).frames == 3);
      CHECK(inspect(file).frames_inside == 3);
      for (std::size_t cut = 1; cut <= 60; ++cut) { // the index stands in front
        const auto facts = inspect(Bytes(file).first(file.size() - cut));
        CAPTURE(cut, size, wide);
        CHECK(facts.indexed);
        CHECK_FALSE(facts.whole);
        CHECK(facts.frames == 3);
        const auto left = 60 - cut;
        CHECK(facts.frames_inside == (size != 0   ? left / 20
                                      : left < 10 ? 0U
                                      : left < 30 ? 1U
                                                  : 2U));
      }
    }
  }
  auto behind = indexed_file(0, false);
  behind.push_back(std::byte{0});
  CHECK_FALSE(inspect(behind).whole); // bytes that belong to no box
  CHECK_FALSE(inspect(box("mdat", ByteBuffer(100))).indexed);
}

TEST_CASE("mp4: an index behind a thousand boxes is not looked for") {
  for (const std::size_t before : {999U, 1000U}) {
    ByteBuffer file;
    for (std::size_t i = 0; i < before; ++i) {
      append(file, box("free", {}));
    }
    append(file, box("moov", track("vide", "hvc1")));
    CHECK(inspect(file).indexed == (before == 999));
  }
}

TEST_CASE("mp4: no count that a table claims makes it read, hold or loop for long") {
  for (const auto* table : {"stsz", "stsc", "stco", "co64"}) {
    auto file = indexed_file(0, std::string_view(table) == "co64");
    const auto at = std::ranges::search(file, as_bytes(table)).begin() - file.begin() + 8;
    const auto count = at + (std::string_view(table) == "stsz" ? 4 : 0);
    std::ranges::fill(std::span(file).subspan(static_cast<std::size_t>(count), 4), std::byte{0xFF});
    (void)inspect(file);
    std::ranges::fill(std::span(file).subspan(static_cast<std::size_t>(at), 12), std::byte{0xFF});
    CHECK(inspect(file).frames_inside <= 3);
  }
}

TEST_CASE("mp4: of a file that is cut nothing is known, and damage reads nothing outside") {
  const auto file = joined({box("ftyp", from_hex("69736f6d")), box("moov", track("vide", "hvc1"))});
  REQUIRE(inspect(file).hevc);
  for (std::size_t size = 0; size < file.size(); ++size) {
    CHECK_FALSE(inspect(Bytes(file).first(size)).hevc);
  }
  for (std::size_t at = 0; at < file.size(); ++at) {
    for (const auto value : {0x00, 0x01, 0x7F, 0xFF}) {
      auto damaged = file;
      damaged[at] = static_cast<std::byte>(value);
      CHECK(inspect(damaged).frames_inside == 0); // it has none
    }
  }
}

TEST_CASE("shell: words are quoted only where they must be") {
  CHECK(shell_word("a-b_c.mp4") == "a-b_c.mp4");
  CHECK(shell_word("") == "''");
  CHECK(shell_word("a b") == "'a b'");
  CHECK(shell_word("it's") == R"('it'\''s')");
  CHECK(shell_word("~x") == "'~x'");
  CHECK(shell_command({"a", "b c", "$d"}) == "a 'b c' '$d'");
}

TEST_CASE("process: input and output of any size pass through") {
  const auto bytes = random_bytes(3'000'000, 5);
  const auto result = shell("cat", bytes);
  REQUIRE(result);
  CHECK(result->status == 0);
  CHECK(result->output == bytes);
}

TEST_CASE("process: streamed input is asked for piece by piece") {
  int pieces = 0;
  const std::string piece(1000, 'x');
  const auto result = run_process({.command = {"wc", "-c"}, .input = [&] {
                                     return ++pieces <= 50 ? as_bytes(piece) : Bytes();
                                   }});
  REQUIRE(result);
  CHECK(as_text(result->output).starts_with("50000"));
}

TEST_CASE("process: a child that reads nothing and fails is told with its complaints") {
  const auto result = shell("echo one >&2; echo two >&2; exit 9", random_bytes(500'000, 1));
  REQUIRE(result);
  CHECK(result->status == 9);
  CHECK(last_line(result->errors) == "two");
  CHECK(last_lines(result->errors, 5) == std::vector<std::string>{"one", "two"});
  CHECK(last_lines("", 5).empty());
}

TEST_CASE("process: a child whose output is no longer wanted is ended") {
  const auto result = run_process({.command = {"yes"}, .output = [](Bytes) { return false; }});
  REQUIRE(result);
  CHECK((result->status == 128 + SIGKILL || result->status == 128 + SIGPIPE));
}

TEST_CASE("process: a program that is not there is an error") {
  CHECK_FALSE(run_process({"/nonexistent/program"}));
}

} // namespace dualcam::convert::convert_test
