#include "common/record_reader.hpp"

#include <cmath>

#include "common/document.hpp"
#include "common/utf8.hpp"
#include "testing.hpp"

namespace dualcam::record_test {
namespace {

constexpr auto v3 = "0310 00000192d84dac30 00 0003 14 012c 404b59a74e8e028d 403947973bf147d6";
constexpr auto init = "0000 0005 00013ee13c001981 44000400";
constexpr auto adas = "65000000 01 05 0342a752 0181be13 05";

std::optional<Result<Record>> single(std::string_view hex,
                                     std::optional<Camera> camera = std::nullopt) {
  return read_single(from_hex(hex), camera);
}

std::string with_header(std::string_view payload) {
  const auto size = from_hex(payload).size();
  ByteBuffer header;
  append_be(header, std::uint16_t{0x000B});
  append_be(header, static_cast<std::uint16_t>(size));
  return to_hex(header) + std::string(payload);
}

Record document(std::string_view text) {
  const auto json = parse_document(text);
  REQUIRE(json);
  const auto record = read_document(*json, text, std::nullopt);
  REQUIRE(record.has_value());
  REQUIRE(record->has_value());
  return **record;
}

} // namespace

TEST_CASE("record: a payload, a message and an INIT are told apart") {
  for (const auto& text : {std::string(v3), with_header(v3)}) {
    const auto record = single(text);
    REQUIRE(record.has_value());
    REQUIRE(record->has_value());
    CHECK((*record)->kind == FileKind::front_video);
    CHECK((*record)->raw == to_hex(from_hex(v3)));
  }
  const auto begun = single(init);
  REQUIRE(begun.has_value());
  REQUIRE(begun->has_value());
  CHECK((*begun)->imei == 350612071913857);
  CHECK_FALSE(single(std::string(init) + with_header(v3)).has_value());
  CHECK((*single(adas))->camera == Camera::adas);
}

TEST_CASE("record: a message cut anywhere is an error at its end or a field's start") {
  const auto whole = from_hex(with_header(v3));
  for (std::size_t size = 5; size < whole.size(); ++size) {
    const auto record = read_single(Bytes(whole).first(size), std::nullopt);
    REQUIRE(record.has_value());
    REQUIRE_FALSE(record->has_value());
    CHECK(record->error().category == ErrorCategory::truncated);
    CHECK(record->error().offset <= size);
    CHECK(record->error().offset >= 4);
  }
}

TEST_CASE("record: text and other bytes are no metadata") {
  for (const auto& bytes : {as_bytes("\n hello, this is no metadata at all, is it?"),
                            as_bytes("hello"), as_bytes(std::string_view("\0\x04\x04\x02", 4))}) {
    CHECK_FALSE(read_single(bytes, std::nullopt).has_value());
  }
}

TEST_CASE("record: its JSON reads back to the same record") {
  for (const auto* text :
       {v3, adas, init, "65000000 01 0d 0342a752 0181be13 0209 00000000004e484f4a00",
        "0504 00000192d84dac30 0f 0000 1e 0000 7ff8000000000000 "
        "0000000000000000 00000192d84dabcd cafe"}) {
    const auto first = single(text);
    REQUIRE(first.has_value());
    REQUIRE(first->has_value());
    auto record = **first;
    record.imei = 42;
    const auto line = to_line(to_json(record));
    CHECK(to_line(to_json(document(line))) == line);
  }
}

TEST_CASE("record: a camera's own JSON, with values of any type") {
  const auto record = document(R"({"version":1,"file":{"file_type":3,"file_timestamp":1730205822},
    "location":{"latitude":-33.8,"longitude":151.2},"driver_name":"A\u0007B","more":[1]})");
  CHECK(record.version == 1);
  CHECK(record.file_type == "3");
  CHECK(record.time == DeviceTime{1730205822000});
  CHECK(record.position == Position{-33.8, 151.2});
  CHECK_FALSE(record.length);
  CHECK(record.document.contains("more"));
  const auto odd = document(R"({"file":7,"location":{"latitude":"x"},"version":-1,
    "fm_trigger":{"type":{"a":1}}})");
  CHECK_FALSE(odd.position);
  CHECK_FALSE(odd.version);
  CHECK(odd.trigger_name == R"({"a":1})");
}

TEST_CASE("record: a camera's JSON, with its keys at any depth, in any form") {
  const auto plain = document(
      R"({"version":1,"file":{"file_type":1,"file_timestamp":1729504017,"duration":10,
      "framerate":25},"fm_trigger":{"type":5},"cam_trigger":{"type":9},
      "location":{"latitude":54.700418,"longitude":-25.279651},"driver_name":"JOHN DOE"})");
  const auto deep = document(
      R"({"a":{"version":7,"b":[{"file":{"file_type":"1","file_timestamp":"1729504017",
      "duration":" 10","framerate":"25.0"}},{"x":{"fm_trigger":{"type":"5"},"cam_trigger":[{"type":9}]
      ,"location":{"latitude":"+54.700418","longitude":"-25.279651","version":"1"}}}],
      "driver_name":"nobody"},"driver_name":"JOHN DOE\u0000\u0000"})");
  for (const auto& record : {plain, deep}) {
    CHECK(record.version == 1);
    CHECK(record.file_type == "1");
    CHECK(format_time(*record.time) == "2024-10-21T09:46:57.000Z");
    CHECK(record.length == 10);
    CHECK(record.frame_rate == 25);
    CHECK(record.trigger == 5);
    CHECK_FALSE(record.trigger_name);
    CHECK(record.camera_trigger == "9");
    CHECK(record.position == Position{54.700418, -25.279651});
    CHECK(record.driver == "JOHN DOE");
  }
}

TEST_CASE("record: a bad value in a camera's JSON never hides a good one") {
  const auto record = document(
      R"({"version":2,"x":{"version":"new"},"file":{"file_timestamp":1729504017.25,"duration":-1,
      "framerate":{}},"fm_trigger":{"type":"crash"},"location":{"latitude":"54,7",
      "longitude":-25.25},"driver_name":"A","y":[{"driver_name":null},{"driver_name":""}]})");
  CHECK(record.version == 2);
  CHECK(format_time(*record.time) == "2024-10-21T09:46:57.250Z");
  CHECK_FALSE(record.length);
  CHECK_FALSE(record.frame_rate);
  CHECK_FALSE(record.trigger);
  CHECK(record.trigger_name == "crash");
  REQUIRE(record.position);
  CHECK(std::isnan(record.position->latitude));
  CHECK(record.position->longitude == -25.25);
  CHECK_FALSE(record.has_place());
  CHECK(record.driver == "A");
  for (const auto* text :
       {R"({"file":{"file_timestamp":"nan"}})", R"({"file":{"file_timestamp":"inf"}})",
        R"({"file":{"file_timestamp":true}})", R"({"file":{"file_timestamp":[1729504017]}})",
        R"({"file":{"file_timestamp":1e300}})", R"({"file":{"file_timestamp":"0x10"}})"}) {
    CHECK_FALSE(document(text).time);
  }
}

TEST_CASE("record: of a key that stands twice in one object the last good value counts") {
  constexpr std::string_view text =
      R"({"version":3,"version":"new","file":{"duration":10,"duration":null,"framerate":20,)"
      R"("framerate":25},"file":{"duration":[],"file_timestamp":1729504017},"file":7,)"
      R"("location":{"latitude":1,"latitude":54.5,"latitude":1e999,"longitude":-25.5},)"
      R"("location":null,"fm_trigger":{"type":5},"fm_trigger":{},"driver_name":"A",)"
      R"("driver_name":"B","driver_name":"\u0000"})";
  const auto payload = read_payload(as_bytes(text), std::nullopt);
  REQUIRE(payload);
  for (const auto& record : {*payload, document(text), document(to_line(to_json(*payload)))}) {
    CHECK(record.version == 3);
    CHECK(record.length == 10);
    CHECK(record.frame_rate == 25);
    CHECK(record.time == DeviceTime{1729504017000});
    CHECK(record.position == Position{54.5, -25.5});
    CHECK(record.trigger == 5);
    CHECK(record.driver == "B");
    CHECK(to_line(record.document) == // as all readers of JSON have it
          R"({"version":"new","file":7,"location":null,"fm_trigger":{},"driver_name":"\u0000"})");
  }
  CHECK(document(R"({"raw":"00","raw":")" + to_hex(as_bytes(text)) + R"("})").driver == "B");
}

TEST_CASE("record: a document of a hundred thousand keys takes no longer than its bytes do") {
  std::string text = R"({"version":3)";
  for (std::size_t key = 0; text.size() < longest_document - 20; ++key) {
    text += R"(,")" + std::to_string(key) + R"(":)" + std::to_string(key % 10);
  }
  const auto record = read_payload(as_bytes(text + "}"), std::nullopt);
  REQUIRE(record);
  CHECK(record->version == 3);
  CHECK(record->document.size() > 90'000);
}

TEST_CASE("record: a camera's JSON may have no more than a version") {
  for (const auto* text : {R"({"version":3})", R"({"version":"3"})", R"({"a":[{"version":3}]})"}) {
    CHECK(document(text).version == 3);
  }
  for (const auto* text : {"{}", R"({"version":"1.0.2"})", R"({"version":null,"x":1})"}) {
    const auto json = parse_document(text);
    REQUIRE(json);
    CHECK_FALSE(read_document(*json, text, std::nullopt)->has_value());
  }
}

TEST_CASE("record: a camera's JSON in Latin-1, padded with NULs") {
  const std::string text = "{\"driver_name\":\"J\xD6RG \xC3\x96\"}";
  const auto payload = text + std::string(3, '\0');
  const auto record = read_payload(as_bytes(payload), std::nullopt);
  REQUIRE(record);
  CHECK(record->driver == "J\xC3\x96RG \xC3\x96");
  CHECK(record->raw == to_hex(as_bytes(payload)));
  const std::string broken = "{\"\xD6\xD6\":1 2}";
  CHECK(parse_document(broken).error().offset == broken.find('2'));
  CHECK(utf8_or_latin1("\xE2\x82") == "\xC3\xA2\xC2\x82"); // cut
  CHECK(utf8_or_latin1("\xE2\x82\xAC \xF0\x9F\x98\x80") == "\xE2\x82\xAC \xF0\x9F\x98\x80");
  CHECK(utf8_or_latin1("\xC0\x80") == "\xC3\x80\xC2\x80"); // overlong
}

TEST_CASE("record: a sidecar of the largest METADATA reads back") {
  std::string text = "{\"driver_name\":\"";
  text += std::string(65'533 - text.size(), '\xFF') + "\"}";
  REQUIRE(text.size() == 65'535);
  const auto record = read_payload(as_bytes(text), std::nullopt);
  REQUIRE(record);
  const auto line = to_line(to_json(*record));
  CHECK(line.size() < longest_document);
  CHECK(to_line(to_json(document(line))) == line);
}

TEST_CASE("record: a sidecar tells what it knew of a file by path apart from its metadata") {
  const auto read = [](std::string_view text) {
    const auto json = parse_document(text);
    REQUIRE(json);
    auto record = read_document(*json, text, std::nullopt);
    REQUIRE(record.has_value());
    REQUIRE(record->has_value());
    return std::move(**record);
  };
  constexpr auto bare =
      R"({"imei":"350612071913857","camera":"dsm","kind":"photo","device_path":"dsm/1\\x00",)"
      R"("time":"2023-10-20T23:14:52.007Z","time_source":"path"})";
  for (const auto& text :
       {std::string(bare), R"({"event":"file-done","metadata":)" + std::string(bare) + "}"}) {
    const auto record = read(text);
    CHECK(record.imei == 350612071913857);
    CHECK(record.camera == Camera::dsm);
    CHECK(record.time == DeviceTime{1697843692007});
    CHECK_FALSE(record.trigger);
  }
  const auto json = read(R"({"imei":"350612071913857","camera":"dashcam","device_path":"x",)"
                         R"("time":"2023-10-20T23:14:52.000Z","time_source":"path","raw":"7b7d"})");
  CHECK(json.camera == Camera::dashcam);
  CHECK(json.time == DeviceTime{1697843692000});
  const auto known = read(R"({"camera":"adas","device_path":"x","time":"2001-01-01T00:00:00.000Z",)"
                          R"("time_source":"metadata","raw":"6716231100050342a982fe7e435d0a"})");
  CHECK(known.time == DeviceTime{1729504017000});
  for (const auto* time :
       {"", "2023-02-30T23:14:52.000Z", "2023-10-20T24:14:52.000Z", "2023-10-20T23:60:52.000Z",
        "2023-10-20T23:14:60.000Z", "2023-10-20 23:14:52.000Z", "2023-10-20T23:14:52Z",
        "1969-10-20T23:14:52.000Z", "2023-1x-20T23:14:52.000Z"}) {
    CAPTURE(time);
    CHECK_FALSE(
        read(R"({"device_path":"x","time_source":"path","time":")" + std::string(time) + "\"}")
            .time);
  }
  CHECK_FALSE(read(R"({"device_path":"x","time_source":"received","time":null})").time);
}

TEST_CASE("record: a number that is too large to represent hides no other value") {
  constexpr std::string_view text =
      R"({"a\"1e999":[1e999,-2E+999,{}],"file":{"duration":1e400,"framerate":25},)"
      R"("location":{"latitude":-1e400,"longitude":-25.5},"driver_name":"1e400 \\"})";
  const auto record = read_payload(as_bytes(text), std::nullopt);
  REQUIRE(record);
  CHECK(record->frame_rate == 25);
  CHECK_FALSE(record->length);
  REQUIRE(record->position);
  CHECK(std::isnan(record->position->latitude));
  CHECK(record->position->longitude == -25.5);
  CHECK(record->driver == R"(1e400 \)");
  CHECK(to_line(*parse_document(text)) ==
        R"({"a\"1e999":["1e999","-2E+999",{}],"file":{"duration":"1e400","framerate":25},)"
        R"("location":{"latitude":"-1e400","longitude":-25.5},"driver_name":"1e400 \\"})");
  CHECK(parse_document(R"({"a":1e999,"b" 2})").error().category == ErrorCategory::malformed);
}

TEST_CASE("record: a value that is no JSON hides no other value") {
  struct Case {
    std::string_view bad;
    std::string_view read; ///< what the document has instead
  };
  for (const auto& [bad, read] : {
           Case{"nan", R"("nan")"},
           Case{"-NaN(0x8)", "\"-NaN(0x8)\""},
           Case{"Infinity ", R"("Infinity")"},
           Case{"-inf", R"("-inf")"},
           Case{"007", R"("007")"},
           Case{"+5", R"("+5")"},
           Case{".5", R"(".5")"},
           Case{"5.", R"("5.")"},
           Case{"0x1F", R"("0x1F")"},
           Case{"True", R"("True")"},
           Case{" ", "null"},
           Case{"{\"a\":1,}", R"({"a":1})"},
           Case{"[1 , ]", "[1]"},
           Case{R"("\ud800x")", R"("\ufffdx")"},
           Case{R"("\udc00\ud83d\u0041")", R"("\ufffd\ufffdA")"},
           Case{R"("\ud83d\ude00")", R"("\ud83d\ude00")"},
           Case{R"("C:\x\u12")", R"("C:\\x\\u12")"},
           Case{"\"a\nb\tc\x01\"", R"("a\nb\tc\u0001")"},
       }) {
    CAPTURE(bad);
    const auto text = R"({"location":{"latitude":)" + std::string(bad) +
                      R"(,"longitude":-25.5},"file":{"file_timestamp":1729504017},)"
                      R"("driver_name":"nan, \"-inf\""})";
    const auto record = read_payload(as_bytes(text), std::nullopt);
    REQUIRE(record);
    CHECK(record->time == DeviceTime{1'729'504'017'000});
    CHECK(record->driver == "nan, \"-inf\"");
    REQUIRE(record->position);
    CHECK(record->position->longitude == -25.5);
    CHECK(to_line(record->document).find("\"latitude\":" + std::string(read) + ",") !=
          std::string::npos);
    CHECK(record->raw == to_hex(as_bytes(text)));
  }
  for (const auto* text : {R"({"a":"b)", R"({"a":1,"b":172950)", R"({"a" "b"})", R"({"a":1 2})",
                           R"({"a":b"c"})", R"({a:1})", R"({"a":1}})", R"({,"a":1})",
                           R"({"a":1,,"b":2})", R"({"a":\n})", "{\"a\":n\\an}"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_document(text));
  }
}

TEST_CASE("record: JSON that is too deep, too long or broken is refused") {
  CHECK_FALSE(parse_document(std::string(100'000, '[')));
  CHECK_FALSE(parse_document("{\"a\":" + std::string(70, '[') + std::string(70, ']') + "}"));
  CHECK_FALSE(parse_document("{\"a\":\"" + std::string(longest_document, 'x') + "\"}"));
  CHECK(parse_document(R"({"a":"[[[[\"[["})"));
  const auto nested = [](std::size_t depth) {
    std::string text;
    for (std::size_t i = 1; i < depth; ++i) {
      text += i % 2 != 0 ? R"({"a": 1, "b": )" : "[2, ";
    }
    text += "{}";
    for (auto i = depth - 1; i > 0; --i) {
      text += i % 2 != 0 ? '}' : ']';
    }
    return text;
  };
  CHECK(parse_document(nested(deepest_document)));
  CHECK(parse_document(nested(deepest_document + 1)).error().message ==
        "the JSON is nested too deep: at most 64 levels were expected");
  CHECK(parse_document("{\"a\": [" + [] {
    std::string many;
    for (int i = 0; i < 100; ++i) {
      many += "[{}],";
    }
    return many;
  }() + "1]}"));
  CHECK(parse_document("{\"a\":").error().message == "the JSON ends early");
  CHECK(parse_document("{\"a\" 1}").error().offset == 5);
  CHECK_FALSE(parse_document("[1]"));
}

TEST_CASE("record: events of dcam-serve without metadata have none") {
  const auto json = parse_document(R"({"event":"connected"})");
  CHECK_FALSE(read_document(*json, "", std::nullopt).has_value());
}

TEST_CASE("record: a dump's metadata has the IMEI of its INIT; INITs alone come out") {
  std::vector<Record> records;
  const auto collect = [&](std::string_view hex) {
    records.clear();
    RecordCollector collector(
        std::nullopt, [&](Record record) { records.push_back(std::move(record)); },
        [](const Error& error) { FAIL(error.message); });
    read_dump_bytes(from_hex(hex), collector);
  };
  collect(std::string(init) + with_header(v3) + init);
  REQUIRE(records.size() == 1);
  CHECK(records[0].imei == 350612071913857);
  CHECK(records[0].kind == FileKind::front_video);
  collect(std::string(init) + init);
  REQUIRE(records.size() == 1);
  CHECK(records[0].init);
}

TEST_CASE("record: PATH tells the family of a dump's metadata") {
  std::vector<Record> records;
  RecordCollector collector(
      std::nullopt, [&](Record record) { records.push_back(std::move(record)); },
      [](const Error& error) { FAIL(error.message); });
  collector.event(DumpPath{0, "dsm/picture/231020/231452.jpg"});
  const auto payload = from_hex("65000000 01 0d 0342a752 0181be13 0001 000000000000000000 00 ff");
  collector.event(DumpMetadata{30, payload, false});
  REQUIRE(records.size() == 1);
  CHECK(records[0].camera == Camera::dsm);
  CHECK(records[0].rest == "ff");
}

TEST_CASE("record: a family that PATH has told counts for the same camera only") {
  std::vector<Record> records;
  RecordCollector collector(
      std::nullopt, [&](Record record) { records.push_back(std::move(record)); },
      [](const Error& error) { FAIL(error.message); });
  const Init first{6, 350612071913857, 0};
  const Init other{6, 350612071913865, 0};
  const auto payload = from_hex(R"(7b7d)"); // {}
  collector.event(DumpInit{0, first});
  collector.event(DumpPath{16, "dsm/picture/231020/231452.jpg"});
  collector.event(DumpInit{30, first});
  collector.event(DumpMetadata{50, payload, false});
  collector.event(DumpInit{60, other});
  collector.event(DumpMetadata{80, payload, false});
  REQUIRE(records.size() == 2);
  CHECK(records[0].camera == Camera::dsm);
  CHECK(records[0].imei == first.imei);
  CHECK_FALSE(records[1].camera);
  CHECK(records[1].imei == other.imei);
  collector.finish();
  CHECK(records.size() == 2); // INITs are told only where nothing else is
}

TEST_CASE("record: a record whose payload is none, or is missing, is told") {
  for (const auto* raw : {R"("")", R"("0g")", "5", R"("012")"}) {
    const auto text = R"({"raw": )" + std::string(raw) + "}";
    const auto record = read_document(*parse_document(text), text, std::nullopt);
    REQUIRE(record.has_value());
    REQUIRE_FALSE(record->has_value());
    CHECK(record->error().message == "the record's 'raw' is no payload in hex");
  }
  const std::string type = R"({"file": {"type": "x", "file_type": "snapshot"}})";
  const auto record = read_document(*parse_document(type), type, std::nullopt);
  REQUIRE((record.has_value() && record->has_value()));
  CHECK_FALSE((*record)->camera_trigger);
  CHECK((*record)->file_type == "snapshot");
}

TEST_CASE("record: its JSON has a key for each thing that is known") {
  const auto json = to_json(**single(v3));
  CHECK(json["camera"] == "dualcam");
  CHECK(json["kind"] == "videof");
  CHECK(json["version"] == 3);
  CHECK(json["length_seconds"] == 3);
  CHECK(json["frame_rate"] == 20);
  CHECK(json["time_zone_minutes"] == 300);
  CHECK(json["position_valid"] == true);
  CHECK_FALSE(json.contains("rest"));
  CHECK_FALSE(json.contains("events"));
  CHECK_FALSE(json.contains("imei"));
  const auto of_init = to_json(**single("0000 0005 00013ee13c001981 10400400"));
  CHECK(of_init["imei"] == "350612071913857");
  CHECK(of_init["protocol"] == 5);
  CHECK(of_init["offered"] == Json::array({"videof"}));
  CHECK(of_init["offers_path"] == false);
  CHECK_FALSE(of_init.contains("camera"));
}

TEST_CASE("record: an INIT is one from its first two bytes to its last, and no longer") {
  const auto cut = single("0000");
  REQUIRE(cut.has_value());
  CHECK(cut->error().message == "INIT ends early: 16 bytes were expected, 2 are there");
  CHECK((*single(init))->init);
  CHECK_FALSE(single(std::string(init) + "00").has_value());
  CHECK_FALSE(single("00").has_value());
  CHECK_FALSE(single("0005").has_value());
}

} // namespace dualcam::record_test
