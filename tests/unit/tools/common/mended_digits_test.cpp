#include "common/mended_digits.hpp"

#include "tools/common/hex_reading.hpp"

namespace dualcam::mended_digits_test {

using namespace hex_reading;
namespace {

/// The line with `_` for each damaged digit.
std::string shown(std::string_view line) {
  const auto damaged = damaged_digits(line);
  return damaged.empty() ? "" : with_digits(line, damaged, '_');
}

} // namespace

TEST_CASE("mended digits: one of many pairs, whatever parts them") {
  for (const std::string between : {" ", ",", ":", "-", ", ", "_"}) {
    for (const auto* bad : {"0?", "?4", "O4", "0", "4 ", "040", "0 4", "0\xEF\xBF\xBD"}) {
      std::string line = "00";
      std::string expected = "00";
      for (std::size_t i = 1; i < 12; ++i) {
        line += between + (i == 6 ? bad : "1f");
        expected += between + (i == 6 ? "__" : "1f");
        expected += i == 6 && std::string_view(bad) == "4 " ? " " : ""; // it stays
      }
      CAPTURE(line);
      CHECK(shown(line) == expected);
    }
  }
  CHECK(shown("0001 0203 0?05 0607 0809") == "0001 0203 ____ 0607 0809");
  CHECK(shown("0001 0203 0 05 0607 0809") == "0001 0203 ____ 0607 0809");
}

TEST_CASE("mended digits: one in a long row") {
  CHECK(shown("000102030405060708090a0b0?0d") == "000102030405060708090a0b0_0d");
  CHECK(shown("rx 0001020304050607 8090a0b0c0d") == "rx 0001020304050607_8090a0b0c0d");
  CHECK(shown("000102030405060 708090a0b0c0d") == "000102030405060708090a0b0c0d");
  CHECK(shown("0001020304050?60708090a0b0c0d") == "000102030405060708090a0b0c0d");
  CHECK(shown("000102030405060708090a0b0c0") == "000102030405_060708090a0b0c0"); // its middle
  for (const std::string before : {"7,12:43:42,", "7\t\\\\x", "| 7 | \\x",
                                   "id=7 data=", "(7,'rx',X'", "2024-10-29 12:43:42 0x"}) {
    CHECK(shown(before + "000102030405060708090a0b0?0d") ==
          before + "000102030405060708090a0b0_0d");
  }
  const std::string row = "000102030405060708090a0b0c0d";
  CHECK(shown("0?" + row + row + row + "?0") == "0_" + row + row + row + "_0");
}

TEST_CASE("mended digits: nothing tells, or too much is damaged") {
  for (const auto* line :
       {"", "00 01 02 0?", "00 01 02 03 04 05 06 07", "000102030405060708090a0b0?0?",
        "? 01 02 03 04 05 06 07 08 09", "00 0? 02 0? 04 0? 06 07 08 09",
        "12:43:42 connected from 10.0.0.5:40312"}) {
    CAPTURE(line);
    CHECK(shown(line) == "");
  }
}

TEST_CASE("mended digits: what is whole of a line is kept, and the damage is named by its column") {
  const std::string kept = " is no pair of hex digits: what is whole of the line is kept";
  check_reads({
      {"00 04 04 02 0? 06 07 08 09 0a",
       "00040402(1)060708090a line 1: '02 0? 06' in column 13" + kept},
      {"00 04 04 02 0 06 07 08 09 0a",
       "00040402(1)060708090a line 1: '02 0 06' in column 13" + kept},
      {"rx: 00040402050607080?0a0b0c0d\nrx: 0001",
       "0004040205060708(1)0a0b0c0d0001 line 1: '080?0a0' in column 22" + kept},
      {"rx: 000404020506070809a0b0c0d\nrx: 0001",
       "000404020506(1)70809a0b0c0d0001 line 1: " + odd + read_from_ends},
      {"000404020506070809a0b0c0d\n0001",
       "000404020506(1)70809a0b0c0d0001 line 1: " + odd + read_from_ends},
      {"12:43:42 RX 00-04-04-02-05-06-O7-08-09-0A", "000404020506(1)08090a line 1: "
                                                    "'06-O7-08' in column 31" +
                                                        kept},
  });
}

TEST_CASE("mended digits: of a row of a table, what is whole is kept as well") {
  HexForm form{HexStyle::words};
  form.skipped = 2;
  const std::string half = "0004040205060708090a0b0c";
  const std::string row = half + half;
  CHECK(read_form(form, "7,rx," + row + "\n8,rx," + half + "?" + half.substr(1)) ==
        row + half + "(1)" + half.substr(2) +
            " line 2: 'b0c?004' in column 30 is no pair of hex digits: what is whole of the line "
            "is kept");
  CHECK(read_form(form, "7,rx," + row + "\n8,rx," + row.substr(1) + "\n9,rx," + row) ==
        row + row.substr(1, 22) + "(1)" + half + row + " line 2: " + odd + read_from_ends);
}

} // namespace dualcam::mended_digits_test
