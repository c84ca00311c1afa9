#include "dcam-meta/tool.hpp"

#include <set>

#include "common/json.hpp"
#include "common/units.hpp"
#include "dcam-meta/exif.hpp"
#include "full_disk.hpp"
#include "standard_input.hpp"
#include "tools/ran.hpp"

namespace dualcam::meta::meta_tool_test {
namespace {

const std::string v3 = "031000000192d84dac3000000314012c404b59a74e8e028d403947973bf147d6";

Ran run(const MetaOptions& options) { return run_with<MetaTool>(options); }

Ran show(std::string_view hex, RecordFormat format = RecordFormat::json) {
  MetaOptions options;
  options.hex.push_back(from_hex(hex));
  options.format = format;
  return run(options);
}

/// The payload, of a time so far from now.
std::string at(std::chrono::hours from_now) {
  const auto time = (system_now() + from_now).time_since_epoch().count();
  ByteBuffer bytes;
  append_be(bytes, static_cast<std::uint64_t>(time));
  return "0310" + to_hex(bytes) + v3.substr(20);
}

} // namespace

TEST_CASE("meta tool: records go to standard output, what is wrong to standard error") {
  MetaOptions options;
  options.hex = {from_hex(v3), from_hex("ff"), from_hex(v3)};
  options.format = RecordFormat::json;
  const auto ran = run(options);
  CHECK(ran.code == ExitCode::bad_data);
  CHECK(std::ranges::count(ran.output, '\n') == 2);
  CHECK_THAT(ran.errors, ContainsSubstring("no metadata"));
  options.hex.clear();
  options.files = {"/no/such/file"};
  CHECK(run(options).code == ExitCode::io);
  CHECK(run(options).output.empty());
}

TEST_CASE("meta tool: a clock that was never set is warned of, one that is a little off is not") {
  using std::chrono::hours;
  constexpr hours year(8766); // with the leap days
  for (const auto& [from_now, warned] :
       {std::pair(hours(0), false), std::pair(year - hours(48), false),
        std::pair(year + hours(48), true), std::pair(-10 * year + hours(96), false),
        std::pair(-10 * year - hours(96), true)}) {
    CAPTURE(from_now.count());
    const auto ran = show(at(from_now));
    CHECK(ran.code == ExitCode::done);
    CHECK((ran.errors.find("was the clock set?") != std::string::npos) == warned);
  }
}

TEST_CASE("meta tool: a map has the records with a position, and the others are counted") {
  MetaOptions options;
  const auto nowhere = v3.substr(0, 32) + std::string(32, '0');
  options.hex = {from_hex(v3), from_hex(nowhere)};
  options.format = RecordFormat::geojson;
  CHECK_THAT(run(options).errors, ContainsSubstring("1 record without a valid position left out"));
  options.hex.push_back(from_hex(nowhere));
  CHECK_THAT(run(options).errors, ContainsSubstring("2 records without a valid position left out"));
  options.format = RecordFormat::json;
  CHECK(run(options).errors.find("left out") == std::string::npos);
}

TEST_CASE("meta tool: coordinates are converted, one by one, and bad ones told") {
  MetaOptions options;
  options.coord = true;
  options.values = {"404b59a74e8e028d", "54.7004183"};
  auto ran = run(options);
  CHECK(ran.code == ExitCode::done);
  CHECK(ran.output == "54.7004183 404b59a74e8e028d\n");
  options.values = {"404b59a74e8e028d", "x"};
  ran = run(options);
  CHECK(ran.code == ExitCode::bad_data);
  options.common.json = true;
  options.values = {"54.7004183"};
  CHECK(run(options).output == "{\"input\":\"54.7004183\",\"output\":\"404b59a74e8e028d\"}\n");
}

TEST_CASE("meta tool: coordinates stand alone, in pairs of words or in pairs of values") {
  MetaOptions options;
  options.coord = true;
  for (const auto& [values, output] :
       {std::pair(std::vector<std::string>{"1", "2"}, "3ff0000000000000 4000000000000000\n"),
        {{"1 2"}, "3ff0000000000000 4000000000000000\n"},
        {{"1", "2 3"}, "3ff0000000000000\n4000000000000000 4008000000000000\n"},
        {{"1.0,2", "3"}, "3ff0000000000000,4000000000000000\n4008000000000000\n"},
        {{"1", "2", "3"}, "3ff0000000000000 4000000000000000\n4008000000000000\n"},
        {{" -1", " -2"}, "bff0000000000000 c000000000000000\n"}}) {
    CAPTURE(values);
    options.values = values;
    const auto ran = run(options);
    CHECK(ran.output == output);
    CHECK(ran.code == ExitCode::done);
  }
}

TEST_CASE("meta tool: what is no place on Earth is converted, and a note says so") {
  MetaOptions options;
  options.coord = true;
  options.values = {"90", "180"};
  CHECK(run(options).errors.empty());
  options.values = {"90.5"};
  auto ran = run(options);
  CHECK(ran.code == ExitCode::done);
  CHECK(ran.output == "4056a00000000000\n");
  CHECK(ran.errors ==
        "dcam-meta: 90.5 is beyond 90 degrees: no latitude, but it can be a longitude\n");
  options.common.json = true;
  ran = run(options);
  CHECK_THAT(ran.output, ContainsSubstring("\"note\":\"90.5 is beyond 90 degrees: no latitude"));
  options.common.json = false;
  options.values.clear();
  const StandardInput input("1\n181\n");
  CHECK(run(options).errors ==
        "dcam-meta: line 2: 181 is beyond 180 degrees: no latitude or longitude\n");
}

TEST_CASE("meta tool: coordinates are read from standard input, line by line") {
  MetaOptions options;
  options.coord = true;
  for (const auto& values : {std::vector<std::string>(), {"-"}}) {
    options.values = values;
    const StandardInput input("1\nx\n2 3\n\n4"); // the last line has no end
    const auto ran = run(options);
    CHECK(ran.code == ExitCode::bad_data);
    CHECK(ran.output ==
          "3ff0000000000000\n4000000000000000 4008000000000000\n\n4010000000000000\n");
    CHECK_THAT(ran.errors, ContainsSubstring("dcam-meta: line 2: "));
  }
  {
    const StandardInput input("1\n");
    CHECK(run(options).code == ExitCode::done);
  }
  {
    const StandardInput input(std::string(1 << 16, '1')); // just short enough
    CHECK_THAT(run(options).errors, !ContainsSubstring("longer than"));
  }
  const StandardInput input("1\n" + std::string(70'000, '1') + "\n");
  const auto ran = run(options);
  CHECK(ran.code == ExitCode::bad_data);
  CHECK(ran.errors == "dcam-meta: line 2: longer than 64 KiB\n");
}

TEST_CASE("meta tool: lines without hex around records are counted") {
  MetaOptions options;
  options.files = {"-"};
  for (const bool quiet : {false, true}) {
    options.common.quiet = quiet;
    const StandardInput input("Hello,\n" + v3 + "\n\n" + v3 + "\nYours, Bob\nBye\n");
    const auto ran = run(options);
    CHECK(ran.code == ExitCode::done);
    CHECK(ran.errors ==
          (quiet ? "" : "dcam-meta: standard input: 3 lines without hex passed over\n"));
  }
}

TEST_CASE("meta tool: what is read is named as it was given") {
  MetaOptions options;
  options.files = {"-"};
  options.format = RecordFormat::json;
  {
    const StandardInput input(v3);
    CHECK(std::ranges::count(run(options).output, '\n') == 1);
  }
  const StandardInput input("");
  const auto ran = run(options);
  CHECK(ran.code == ExitCode::bad_data);
  CHECK_THAT(ran.errors,
             ContainsSubstring("dcam-meta: standard input: byte 0: the input is empty"));
}

TEST_CASE("meta tool: a photo is tagged in place, by way of links, from the record beside it") {
  const TemporaryFolder folder;
  const auto path = (folder / "p.jpg").string();
  const auto jpeg = from_hex("ffd8 ffe0 0004 0102 ffda 0004 0000 55 ffd9");
  MetaOptions options;
  options.tag = true;
  options.files = {(folder / "link").string()};
  fs::create_symlink("p.jpg", folder / "link");
  auto ran = run(options);
  CHECK(ran.code == ExitCode::io);
  CHECK_THAT(ran.errors, ContainsSubstring("No such file or directory"));
  write_file(path, as_text(jpeg));
  fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write | fs::perms::others_read);
  CHECK(run(options).code == ExitCode::io); // no record
  write_file(folder / "link.json", "nonsense");
  CHECK(run(options).code == ExitCode::bad_data);
  CHECK(content_of(path) == as_text(jpeg));
  write_file(folder / "link.json", "{\"imei\":\"350612071913857\",\"raw\":\"" + v3 + "\"}");
  ran = run(options);
  CHECK(ran.code == ExitCode::done);
  CHECK(ran.output == options.files[0] + "\n");
  CHECK(content_of(path).find("350612071913857") != std::string::npos);
  CHECK(fs::is_symlink(folder / "link"));
  CHECK((fs::status(path).permissions() & fs::perms::others_read) != fs::perms::none);
  CHECK(folder.names() == std::set<std::string>{"link", "link.json", "p.jpg"});
  options.common.json = true;
  CHECK(run(options).output == "{\"path\":\"" + options.files[0] + "\"}\n");
  write_file(path, "no photo");
  CHECK(run(options).code == ExitCode::bad_data);
  constexpr off_t largest = 64 << 20;
  REQUIRE(::truncate(path.c_str(), largest) == 0);
  CHECK(run(options).errors.find("too large") == std::string::npos);
  REQUIRE(::truncate(path.c_str(), largest + 1) == 0);
  CHECK_THAT(run(options).errors, ContainsSubstring("too large for a photo"));
}

TEST_CASE("meta tool: a photo for whose EXIF the disk has no room stays as it is, and alone") {
  const TemporaryFolder folder;
  const auto path = (folder / "p.jpg").string();
  auto jpeg = from_hex("ffd8 ffe0 0004 0102 ffda 0004 0000");
  jpeg.resize(5000, std::byte{0x55});
  append(jpeg, from_hex("ffd9"));
  write_file(path, as_text(jpeg));
  write_file(path + ".json", "{\"raw\":\"" + v3 + "\"}");
  MetaOptions options;
  options.tag = true;
  options.files = {path};
  const auto ran = [&] {
    const FullDisk disk(4000);
    return run(options);
  }();
  CHECK(ran.code == ExitCode::io);
  CHECK_THAT(ran.errors, ContainsSubstring("File too large"));
  CHECK(content_of(path) == as_text(jpeg));
  CHECK(folder.names() == std::set<std::string>{"p.jpg", "p.jpg.json"});
  CHECK(run(options).code == ExitCode::done);
}

TEST_CASE("meta exif: a photo keeps every byte but the segment, which tells time, place and IMEI") {
  const auto jpeg = from_hex("ffd8 ffe0 0004 0102 fffe 0004 4142 ffda 0004 0000 55 ffd9");
  Record record;
  const auto without = with_exif(jpeg, record);
  REQUIRE(without);
  CHECK(*without == jpeg); // nothing is known
  record.imei = 350612071913857;
  record.time = DeviceTime{1'730'205'822'000};
  record.time_zone = 300;
  const auto tagged = with_exif(jpeg, record);
  REQUIRE(tagged);
  const auto text = as_text(*tagged);
  CHECK(text.find("350612071913857") != text.npos);
  CHECK(text.find("2024:10:29 17:43:42") != text.npos);
  CHECK(text.find("+05:00") != text.npos);
  CHECK(text.starts_with(as_text(Bytes(jpeg).first(8)))); // JFIF stays first
  CHECK(text.ends_with(as_text(Bytes(jpeg).subspan(8))));
  const auto again = with_exif(*tagged, record); // and nothing is added twice
  REQUIRE(again);
  CHECK(*again == *tagged);
  const auto filled = from_hex("ffd8 ffff ffe0 0004 0102 ff ffda 0004 0000 55 ffd9");
  const auto tagged_too = with_exif(filled, record); // markers may have any number of ff
  REQUIRE(tagged_too);
  CHECK(as_text(*tagged_too).ends_with(as_text(Bytes(filled).subspan(10))));
  const auto later = from_hex("ffd8 fffe 0004 4142 ffe0 0004 0102 ffda 0004 0000 55 ffd9");
  const auto in_front = with_exif(later, record); // only a JFIF that stands first stays there
  REQUIRE(in_front);
  CHECK(as_text(*in_front).ends_with(as_text(Bytes(later).subspan(2))));
  for (const auto* bad : {"", "ffd8", "ffd9", "ffd8 ffe0 0100 00", "ffd8 ffe0 0001 ffda 0002",
                          "ffd8 00e0 0002 ffda 0002"}) {
    CAPTURE(bad);
    CHECK_FALSE(with_exif(from_hex(bad), record));
  }
}

TEST_CASE("meta tool: a photo is not tagged where something is wrong with its record") {
  const TemporaryFolder folder;
  const auto path = (folder / "p.jpg").string();
  const auto jpeg = from_hex("ffd8 ffe0 0004 0102 ffda 0004 0000 55 ffd9");
  write_file(path, as_text(jpeg));
  MetaOptions options;
  options.tag = true;
  options.files = {path};
  const std::string good = "{\"imei\":\"350612071913857\",\"raw\":\"" + v3 + "\"}\n";
  write_file(path + ".json", good + "{\"raw\":\n"); // one, and half of another
  const auto ran = run(options);
  CHECK(ran.code == ExitCode::bad_data);
  CHECK(ran.output.empty());
  CHECK(content_of(path) == as_text(jpeg));
  write_file(path + ".json", good);
  CHECK(run(options).code == ExitCode::done);
}

TEST_CASE("meta exif: what is wrong with a JPEG is told with its place") {
  Record record;
  record.imei = 350612071913857;
  const auto wrong = [&](std::string_view hex) {
    const auto tagged = with_exif(from_hex(hex), record);
    REQUIRE_FALSE(tagged);
    return std::to_string(tagged.error().offset) + ": " + tagged.error().message;
  };
  const std::string no_jpeg = "0: a JPEG was expected: it begins with ffd8";
  CHECK(wrong("") == no_jpeg);
  CHECK(wrong("ff") == no_jpeg);
  CHECK(wrong("ffd9 ffda 0002") == no_jpeg);
  CHECK(wrong("d8ff ffda 0002") == no_jpeg);
  CHECK(wrong("ffd8") == "2: the JPEG ends before its picture begins");
  CHECK(wrong("ffd8 ffe0 0004 0102") == "8: the JPEG ends before its picture begins");
  CHECK(wrong("ffd8 ffe0 0004 0102 ffda 00") == "8: the JPEG ends before its picture begins");
  CHECK(wrong("ffd8 ffe0 0004 0102 00da 0002") == "8: the JPEG ends before its picture begins");
  CHECK(wrong("ffd8 ffe0 0005 0102") == "2: the JPEG's segment has a length that does not fit");
  CHECK(wrong("ffd8 ffe0 0001 ffda") == "2: the JPEG's segment has a length that does not fit");
  CHECK(with_exif(from_hex("ffd8 ffe0 0002 ffda 0002"), record));
}

TEST_CASE("meta tool: standard input that cannot be read is told") {
  MetaOptions options;
  options.coord = true;
  const Redirected input(STDIN_FILENO, ::open("/proc/self/mem", O_RDONLY | O_CLOEXEC));
  const auto ran = run(options);
  CHECK(ran.code == ExitCode::io);
  CHECK(ran.output.empty());
  CHECK_THAT(ran.errors, ContainsSubstring("dcam-meta: standard input: Input/output error"));
}

TEST_CASE("meta tool: a document is whole, and of several inputs each is named") {
  MetaOptions options;
  options.hex = {from_hex(v3)};
  options.format = RecordFormat::geojson;
  CHECK(Json::parse(run(options).output)["features"].size() == 1);
  options.format = RecordFormat::text;
  CHECK_FALSE(run(options).output.starts_with("input"));
  const TemporaryFolder folder;
  const auto path = (folder / "a").string();
  write_file(path, v3);
  options.files = {path};
  CHECK_THAT(run(options).output, ContainsSubstring("input           " + path + "\n"));
  options.hex.clear();
  CHECK_THAT(run(options).output, !ContainsSubstring(path));
}

TEST_CASE("meta tool: a trigger's clock is looked at, too") {
  const auto now = at(std::chrono::hours(0)).substr(4, 16);
  const std::string rest = "03 0000 1e 0000 404b59a74e8e028d 403947973bf147d6 ";
  CHECK(show("04 04 " + now + rest + now).errors.empty());
  CHECK_THAT(show("04 04 " + now + rest + "0000002ab98c8000").errors,
             ContainsSubstring("--hex: the trigger time is years away from now: 1975-"));
}

} // namespace dualcam::meta::meta_tool_test
