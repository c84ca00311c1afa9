#include "dcam-meta/options.hpp"

#include "tools/parsed.hpp"

namespace dualcam::meta::meta_options_test {
namespace {

const CommandLine line(parse_meta_options);

} // namespace

TEST_CASE("meta options: standard input is read where neither file nor --hex is given") {
  const auto plain = line.good({});
  CHECK(plain.files == std::vector<std::string>{"-"});
  CHECK(plain.format == RecordFormat::text);
  CHECK_FALSE((plain.camera || plain.tag || plain.coord));
  CHECK(line.good({"a", "b"}).files == std::vector<std::string>{"a", "b"});
  const auto hex = line.good({"-x", "01 02", "--hex", "0a:0b"});
  CHECK(hex.files.empty());
  CHECK(hex.hex == std::vector{from_hex("0102"), from_hex("0a0b")});
  CHECK(line.good({"--camera", "dsm"}).camera == Camera::dsm);
  for (const auto* bad : {"", "0", "xx", "0102 3"}) {
    CHECK_THAT(line.bad({"-x", bad}), ContainsSubstring("hex digits in pairs"));
  }
}

TEST_CASE("meta options: --json is the format json, and excludes the others") {
  CHECK(line.good({"--json"}).format == RecordFormat::json);
  CHECK(line.good({"--json", "-f", "json"}).format == RecordFormat::json);
  CHECK(line.good({"-f", "gpx"}).format == RecordFormat::gpx);
  CHECK_THAT(line.bad({"--json", "-f", "csv"}), ContainsSubstring("exclude each other"));
}

TEST_CASE("meta options: behind coord everything is a value, negative numbers, too") {
  const auto coord = line.good({"coord", "-33.8", "-.5", "-inf", "-nan", "54.7"});
  CHECK(coord.coord);
  REQUIRE(coord.values.size() == 5);
  CHECK(coord.values[0] == " -33.8");
  CHECK(coord.values[1] == " -.5");
  CHECK(coord.values[4] == "54.7");
  CHECK(line.good({"coord"}).values.empty());
  CHECK(line.good({"--json", "coord", "-0"}).common.json);
  CHECK_THAT(line.bad({"coord", "-5x", "--nonsense"}), ContainsSubstring("'--nonsense'"));
  CHECK(line.good({"coord", "-"}).values == std::vector<std::string>{"-"});
  CHECK_FALSE(line.good({"a", "coord"}).coord);
}

TEST_CASE("meta options: what has no meaning with coord or --tag is refused") {
  CHECK(line.good({"--tag", "a.jpg"}).tag);
  CHECK(line.good({"--tag", "a.jpg", "-f", "json"}).tag);
  CHECK_THAT(line.bad({"--tag"}), ContainsSubstring("--tag needs the name of a photo"));
  CHECK_THAT(line.bad({"--tag", "coord", "1"}), ContainsSubstring("exclude each other"));
  CHECK_THAT(line.bad({"-x", "01", "coord"}), ContainsSubstring("--hex has no meaning with coord"));
  CHECK_THAT(line.bad({"-x", "01", "--tag", "a"}),
             ContainsSubstring("--hex has no meaning with --tag"));
  CHECK_THAT(line.bad({"-f", "csv", "--tag", "a"}),
             ContainsSubstring("--format has no meaning with --tag"));
  CHECK_THAT(line.bad({"-f", "gpx", "coord"}),
             ContainsSubstring("--format has no meaning with coord"));
}

TEST_CASE("meta options: --print0 ends the paths that --tag prints") {
  CHECK(line.good({"--tag", "--print0", "a.jpg"}).common.print0);
  CHECK_THAT(line.bad({"--print0"}), ContainsSubstring("--print0 is of use with --tag only"));
}

} // namespace dualcam::meta::meta_options_test
