#include "dcam-meta/record_writer.hpp"

#include <limits>

#include "common/document.hpp"
#include "common/record_reader.hpp"
#include "testing.hpp"

namespace dualcam::meta::text_writer_test {
namespace {

using Lines = std::vector<std::string>;

Record of_hex(std::string_view hex) {
  auto record = read_single(from_hex(hex), std::nullopt);
  REQUIRE(record.has_value());
  REQUIRE(record->has_value());
  return std::move(**record);
}

Record of_json(std::string_view text) {
  const auto document = parse_document(text);
  REQUIRE(document);
  auto record = read_document(*document, text, std::nullopt);
  REQUIRE(record.has_value());
  REQUIRE(record->has_value());
  return std::move(**record);
}

Lines written(const std::vector<Record>& records, bool several = false) {
  Lines lines;
  const auto writer = make_record_writer(RecordFormat::text, several,
                                         [&](std::string_view line) { lines.emplace_back(line); });
  writer->begin();
  for (const auto& record : records) {
    CHECK(writer->record(record, "in\nput"));
  }
  writer->end();
  return lines;
}

constexpr auto v3 = "0310 00000192d84dac30 00 0003 14 012c 404b59a74e8e028d 403947973bf147d6";
constexpr auto v4 = "0404 00000192d84dac30 03 0000 1e ff88 404b59a74e8e028d 403947973bf147d6"
                    "00000192d84dabcd";
constexpr auto dsm = "6500000001 0d 0342a752 0181be13 02 0900 00 4e484f4a 00000000";
constexpr auto init = "0000 0005 00013ee13c001981 44000400";

} // namespace

TEST_CASE("text: a video's record is told in full") {
  CHECK(written({of_hex(v3)}) == Lines{
                                     "file            front video",
                                     "camera          DualCam, metadata version 3",
                                     "time            2024-10-29T12:43:42.000Z",
                                     "local time      2024-10-29 17:43:42 UTC+05:00",
                                     "trigger         server request (0)",
                                     "length          3 s",
                                     "frame rate      20 fps",
                                     "position        54.7004183, 25.2796514",
                                     "                54°42'01.51\"N 25°16'46.75\"E",
                                     "map             geo:54.7004183,25.2796514",
                                 });
}

TEST_CASE("text: a trigger's time, and how much later the file was finalised") {
  const auto lines = written({of_hex(v4)});
  CHECK(lines[3] == "local time      2024-10-29 10:43:42 UTC-02:00");
  CHECK(lines[4] == "trigger time    2024-10-29T12:43:41.901Z");
  CHECK(lines[5] == "finalised       0.1 s after the trigger");
  CHECK(lines[6] == "trigger         crash (3)");
}

TEST_CASE("text: events and driver of a DSM camera") {
  CHECK(written({of_hex(dsm)}) == Lines{
                                      "file            snapshot",
                                      "camera          DSM",
                                      "time            2023-09-12T06:06:56.000Z",
                                      "trigger         DSM event (13)",
                                      "position        54.699858, 25.280019",
                                      "                54°41'59.49\"N 25°16'48.07\"E",
                                      "map             geo:54.699858,25.280019",
                                      "events          drowsiness, phone, bit 9",
                                      "driver          JOHN",
                                  });
}

TEST_CASE("text: INIT, behind another record and with the names of inputs") {
  const auto lines = written({of_hex(init), of_hex(init)}, true);
  CHECK(lines == Lines{
                     "input           in\\x0aput",
                     "message         INIT",
                     "IMEI            350612071913857",
                     "protocol        5",
                     "offered         front photo",
                     "settings        44000400",
                     "",
                     "input           in\\x0aput",
                     "message         INIT",
                     "IMEI            350612071913857",
                     "protocol        5",
                     "offered         front photo",
                     "settings        44000400",
                 });
  Record nothing;
  nothing.init = Init{};
  CHECK(std::ranges::count(written({nothing}), std::string("offered         nothing")) == 1);
}

TEST_CASE("text: bytes that nobody knows are shown") {
  auto record = of_hex(v3);
  record.rest = "0a0b";
  CHECK(written({record}).back() == "not known       0a0b");
}

TEST_CASE("text: what a camera's document may tell and does not is said") {
  const auto told = [](std::string_view text) {
    Lines missing;
    for (const auto& line : written({of_json(text)})) {
      if (line.ends_with("not reported")) {
        missing.push_back(line.substr(0, line.find("  ")));
      }
    }
    return missing;
  };
  const std::string file =
      R"("file":{"file_type":"photo","file_timestamp":1730205822,"duration":0})";
  const std::string place = R"("location":{"latitude":54.7,"longitude":25.2})";
  CHECK(told("{\"version\":1," + file + "," + place + "}") ==
        Lines{"trigger", "camera trigger", "frame rate", "driver"});
  CHECK(told("{\"version\":1," + file + "}") ==
        Lines{"trigger", "camera trigger", "frame rate", "position", "driver"});
  CHECK(told("{\"version\":1," + place + "}") ==
        Lines{"time", "trigger", "camera trigger", "length", "frame rate", "driver"});
  CHECK(told("{\"version\":1," + file + R"(,"fm_trigger":{"type":3},"driver_name":"A"})") ==
        Lines{"camera trigger", "frame rate", "position"});
}

TEST_CASE("text: what an INIT offers, file by file") {
  const auto offered = [](std::string_view settings) {
    for (const auto& line :
         written({of_hex("0000 0006 00013ee13c001981 " + std::string(settings))})) {
      if (line.starts_with("offered")) {
        return line.substr(16);
      }
    }
    return std::string();
  };
  CHECK(offered("40000400") == "nothing");
  CHECK(offered("44000400") == "front photo");
  CHECK(offered("42000400") == "a file by path");
  CHECK(offered("4e000400") == "front photo, rear photo, a file by path");
}

TEST_CASE("text: a position that is none is told with its reason, and has no map") {
  const auto told = [](Position position) {
    Record record;
    record.position = position;
    auto lines = written({record});
    lines.erase(lines.begin()); // which file it is
    return lines;
  };
  constexpr auto none = std::numeric_limits<double>::quiet_NaN();
  CHECK(told({91, 25.5}) == Lines{"position        91, 25.5 (invalid)"});
  CHECK(told({54.5, -181}) == Lines{"position        54.5, -181 (invalid)"});
  CHECK(told({none, 25.5}) == Lines{"position        nan, 25.5 (invalid)"});
  CHECK(told({54.5, none}) == Lines{"position        54.5, nan (invalid)"});
  CHECK(told({0, 0}) == Lines{"position        0, 0 (no satellite fix)"});
  CHECK(told({0, 25.5}) == Lines{"position        0, 25.5",
                                 "                0°00'00.00\"N 25°30'00.00\"E",
                                 "map             geo:0,25.5"});
}

TEST_CASE("text: how far a trigger is from the end of its file, and times that are none") {
  const auto lines = [](std::uint64_t time, std::uint64_t trigger) {
    Record record;
    record.time = DeviceTime{time};
    record.trigger_time = DeviceTime{trigger};
    return written({record});
  };
  const auto at = [](const Lines& all) { return all.back(); };
  CHECK(at(lines(1'730'205'822'000, 1'730'205'820'000)) ==
        "finalised       2.0 s after the trigger");
  CHECK(at(lines(1'730'205'822'000, 1'730'205'822'000)).ends_with(" after the trigger"));
  CHECK(at(lines(1'730'205'822'000, 1'730'205'825'000)) ==
        "finalised       3.0 s before the trigger");
  for (const auto& one : {lines(~std::uint64_t{0}, 1), lines(1, ~std::uint64_t{0})}) {
    CHECK_FALSE(at(one).starts_with("finalised"));
  }
}

} // namespace dualcam::meta::text_writer_test
