#include "common/coordinate.hpp"

#include <bit>
#include <cmath>

#include "testing.hpp"

namespace dualcam::coordinate_test {

TEST_CASE("coordinates: what lies nowhere on Earth is noted") {
  CHECK(note_on_range("54.7 25.3").empty());
  CHECK(note_on_range("-90 180").empty());
  CHECK(note_on_range("404b59a74e8e028d").empty());
  CHECK(note_on_range("").empty());
  CHECK(note_on_range("95.5, 25") == "95.5 is beyond 90 degrees: the latitude comes first");
  CHECK(note_on_range("-95.5") ==
        "-95.5 is beyond 90 degrees: no latitude, but it can be a longitude");
  CHECK(note_on_range("10 200") == "200 is beyond 180 degrees: no latitude or longitude");
  CHECK(note_on_range("4069000000000000") == "200 is beyond 180 degrees: no latitude or longitude");
}

TEST_CASE("coordinate: the vendor's example, both ways") {
  CHECK(convert_line("404B59A74E8E028D") == "54.7004183");
  CHECK(convert_line("0x404B59A74E8E028D") == "54.7004183");
  CHECK(convert_line("54.7004183") == "404b59a74e8e028d");
  CHECK(convert_line("-33.8") == "c040e66666666666");
}

TEST_CASE("coordinate: a pair stays a pair, with its separator") {
  CHECK(convert_line("54.7004183 25.2796514") == "404b59a74e8e028d 403947973bf147d6");
  CHECK(convert_line("404b59a74e8e028d, 403947973bf147d6") == "54.7004183, 25.2796514");
  CHECK(convert_line("") == "");
}

TEST_CASE("coordinate: what is wrong is said by name") {
  const auto error = [](std::string_view text) { return parse_coordinate(text).error(); };
  CHECK(error("404b59a74e8e028").starts_with("'404b59a74e8e028': 15 hex digits; "));
  CHECK(error("404b59a74e8e028d0").starts_with("'404b59a74e8e028d0': 17 hex digits; "));
  CHECK(error("404b59a74e8e028g").starts_with("'404b59a74e8e028g': 'g' at digit 16 is no hex"));
  CHECK(error("7ff8000000000000") == "'7ff8000000000000': this is NaN, no coordinate");
  CHECK(error("fff0000000000000") == "'fff0000000000000': this is infinite, no coordinate");
  CHECK(error("-inf") == "'-inf': this is infinite, no coordinate");
  CHECK(error("nan") == "'nan': this is NaN, no coordinate");
  CHECK(error("1e999") == "'1e999': this is out of the range of a double");
  CHECK(error("12,5").starts_with("'12,5': 16 hex digits such as"));
  CHECK(error("").starts_with("'': 16 hex digits such as"));
  CHECK(convert_line("1 2 3").error() ==
        std::vector<std::string>{"more than two values on a line: one or a pair was expected"});
  CHECK(convert_line("nan inf").error().size() == 2);
}

TEST_CASE("coordinate: one or two values stand on a line, whatever is wrong with them") {
  const auto errors = [](std::string_view line) { return convert_line(line).error().size(); };
  CHECK(errors("1 2 3 4 5") == 1); // told once
  CHECK(errors("x 2 3 4") == 2);
  CHECK(convert_line("1 2").has_value());
  CHECK(convert_line("1 2 \r").has_value());
  CHECK(convert_line(" ").value() == " ");
  CHECK(convert_line(",1").value() == ",3ff0000000000000");
  CHECK(convert_line("1,").value() == "3ff0000000000000,");
  CHECK(convert_line(".5,6").has_value()); // a point is there: a pair
  CHECK(convert_line("x,6").error().size() == 1);
}

TEST_CASE("coordinate: 16 characters are hex only if all are, a number that is none is told so") {
  CHECK(parse_coordinate("1000000000000000").value().was_hex);
  CHECK_FALSE(parse_coordinate("100000000000000").value().was_hex);
  CHECK_FALSE(parse_coordinate("1000000000000.00").value().was_hex);
  CHECK_FALSE(parse_coordinate("+1.5").value().was_hex);
  CHECK(parse_coordinate("+1.5").value().degrees == 1.5);
  CHECK_FALSE(parse_coordinate("+-1.5"));
  CHECK_FALSE(parse_coordinate("1.5x"));
  CHECK(parse_coordinate("0X404b59a74e8e028d").value().was_hex);
  CHECK(parse_coordinate("5g").error().starts_with("'5g': 'g' at digit 2 is no hex digit; "));
  CHECK(parse_coordinate("g5").error().starts_with("'g5': 16 hex digits"));
  CHECK(format_converted({1e15, true}) == "1000000000000000.0"); // which would be read as hex
  CHECK(format_converted({1e14, true}) == "100000000000000");
  const std::string longest(81, 'g');
  CHECK(parse_coordinate(longest).error().starts_with("'" + longest.substr(0, 80) + "': "));
}

TEST_CASE("coordinates: exactly the poles and the date line are on Earth") {
  CHECK(note_on_range("90 -180").empty());
  CHECK_FALSE(note_on_range("90.0000001").empty());
  CHECK_FALSE(note_on_range("0 180.0000001").empty());
  CHECK(note_on_range("0 95").empty()); // a longitude
  CHECK(note_on_range("x 95.5").starts_with("95.5 is beyond 90"));
}

TEST_CASE("coordinate: a comma between digits is a decimal one, and refused by name") {
  for (const auto* line : {"54,7004183", "-54,7004183", "54,7004183 25,2796514", "54,70 25,28",
                           "54,70;25,28", "54.7 25,2796514", "54,7", "-54,7", "54,25", "54.7 25,3",
                           "54,7,25,3", "geo:54,7,25,3", "54,7N"}) {
    INFO(line);
    const auto converted = convert_line(line);
    REQUIRE_FALSE(converted);
    REQUIRE(converted.error().size() == 1);
    CHECK(converted.error()[0].contains("decimal comma"));
  }
  CHECK(convert_line("54,70 25,28").error()[0].starts_with("'54,70': "));
  CHECK(convert_line(" 54.5\t") == " 404b400000000000\t"); // blanks stay
  CHECK(convert_line("").value().empty());
  CHECK(convert_line("1 2 3").error().back() ==
        "more than two values on a line: one or a pair was expected");
  CHECK(convert_line("54, 25") == "404b000000000000, 4039000000000000");
  CHECK(convert_line("54.7,25.3") == "404b59999999999a,40394ccccccccccd");
  CHECK(convert_line("54.5,25") == "404b400000000000,4039000000000000");
  CHECK(convert_line("4039000000000000,4039000000000000") == "25,25");
  CHECK(convert_line("-54,-125") == "c04b000000000000,c05f400000000000");
  CHECK(convert_line("54.7004183,25.2796514") == "404b59a74e8e028d,403947973bf147d6");
}

TEST_CASE("coordinate: 1,000,000 random doubles survive both ways") {
  std::mt19937_64 random(1);
  int checked = 0;
  while (checked < 1'000'000) {
    // every third anywhere among the doubles, the others on Earth and where 16 digits pass for hex
    auto value = std::bit_cast<double>(random());
    if (checked % 3 == 1) {
      value = std::ldexp(static_cast<double>(random()), -64) * 360 - 180;
    } else if (checked % 3 == 2) {
      value = 1e15 + std::floor(std::ldexp(static_cast<double>(random()), -64) * 8e15);
    }
    if (!std::isfinite(value)) {
      continue;
    }
    ++checked;
    const auto text = format_converted({value, true});
    const auto hex = format_converted({value, false});
    const auto from_text = parse_coordinate(text);
    const auto from_bits = parse_coordinate(hex);
    if (!from_text || from_text->was_hex || !from_bits || !from_bits->was_hex ||
        std::bit_cast<std::uint64_t>(from_text->degrees) != std::bit_cast<std::uint64_t>(value) ||
        std::bit_cast<std::uint64_t>(from_bits->degrees) != std::bit_cast<std::uint64_t>(value)) {
      FAIL(text << " and " << hex);
    }
  }
}

} // namespace dualcam::coordinate_test
