#include "common/word_rows.hpp"

#include "common/hex_words.hpp"
#include "tools/common/hex_reading.hpp"

namespace dualcam::word_rows_test {

using namespace hex_reading;
namespace {

HexForm longest() {
  HexForm form{HexStyle::words};
  form.longest = true;
  return form;
}

HexForm behind(std::size_t skipped, bool from_end = false) {
  HexForm form{HexStyle::words};
  form.skipped = skipped;
  form.from_end = from_end;
  return form;
}

bool is_spoilt(std::string_view line, const HexForm& form = longest()) {
  return parse_words_line(line, form, std::nullopt).is_spoilt;
}

} // namespace

TEST_CASE("word rows: one that ends where a digit is damaged is no whole one") {
  for (const auto* line :
       {"rx 00 04 04 02 0? 02 03 04 05 06", "rx 00 04 04 02 ?1 02 03 04 05 06",
        "rx 00 04 04 02 O1 02 03 04 05 06", "rx 00 04 04 02 1 02 03 04 05 06",
        "rx 00 04 04 02  1 02 03 04 05 06", "rx 00 04 04 02 111 02 03 04 05 06",
        "rx 00:04:04:02:0?:02:03:04:05:06", "rx 0x00 0x04 0x04 0x02 0x0? 0x02 0x03 0x04 0x05",
        "rx 00040402 000402ff 0?020304 05060708 09000000",
        "rx 00040402 05060708 0?020304 05060708 09000000",
        "rx 0x00 0x04 0x04 0x02 Ox00 0x02 0x03 0x04 0x05",
        "{length = 16, bytes = 0x00000005 00013eeO 3c001981 44000400}"}) {
    CAPTURE(line);
    CHECK(is_spoilt(line));
  }
  CHECK(is_spoilt("rx 00 04 04 02 0? 02 03 04 05", behind(0, true)));
  CHECK(is_spoilt("rx 00 04 04 02 0? 02 03 04 05 06", behind(1, true))); // the first is skipped
}

TEST_CASE("word rows: numbers, words and times beside one are no damaged digits") {
  for (const auto* line :
       {"rx 00 04 04 02", "27 11 24 12 5 00:04:04:02:05:06", "12:43:42 5 00 04 04 02 05 06",
        "5 00 04 04 02 05 06 5 ok", "00 04 04 02 05 06  a 12 34 5", "00 04 04 02 05 06 2ms 12 34 5",
        "len 4 00040402 16 00040402", "rx 00040402 05060708 crc=12345678",
        "rx 00040402 05060708 crc 12345678 12345678",
        "a1 2 00040402000404020004040200040402 2 b1"}) {
    CAPTURE(line);
    CHECK_FALSE(is_spoilt(line));
  }
}

TEST_CASE("word rows: of many digits in a row both halves are spoilt by one that is none") {
  const std::string even = "000404020004ff0200040402";
  const std::string uneven = even + "0";
  CHECK(is_spoilt("rx " + even + "?" + uneven));
  CHECK(is_spoilt("rx " + uneven + "?" + even));
  CHECK(is_spoilt("rx " + uneven + " " + even)); // a blank for a digit
  CHECK(is_spoilt("rx 000?" + even));
  CHECK(is_spoilt("rx 000\xEF\xBF\xBD" + even));
  CHECK_FALSE(is_spoilt("rx 5 " + even));
  CHECK_FALSE(is_spoilt("rx,5," + even + ",1"));
  CHECK_FALSE(is_spoilt("rx " + uneven + " 12 " + even));
  CHECK(is_spoilt("1234 1256 D CamRx: " + uneven)); // the row would be that of numbers before it
}

TEST_CASE("word rows: a word that a program or a database marks as hex is spoilt, too") {
  const std::string spoilt = "000b00200304000001O2d8849ab0";
  for (const auto& line :
       {"\\x" + spoilt, "0x" + spoilt, "0X" + spoilt, "x'" + spoilt + "'",
        std::string("rx 0x0000000500013ee"), std::string("\\x0000000500013ee")}) {
    CAPTURE(line);
    CHECK(is_spoilt("(" + line + ",)", behind(20, false)));
  }
  CHECK_FALSE(is_spoilt("rx 0x1000000500013ee", behind(20, false))); // no message begins so
  CHECK_FALSE(is_spoilt("rx 0x00000500013", behind(20, false)));
  CHECK_FALSE(is_spoilt("rx 000000050001324", behind(20, false))); // a number
}

TEST_CASE("word rows: another command in a line is told, a trace is not") {
  const std::string row = "00040402000404020004040200040402000404020004040200040402";
  const auto has_more = [](const std::string& line) {
    return parse_words_line(line, longest(), std::nullopt).has_more;
  };
  CHECK(has_more("(1, 0x00010006000000030000), (2, 0x" + row + ")"));
  CHECK(has_more(row + " 00010006000000030000"));
  CHECK_FALSE(has_more(row + " 000100060000000300"));
  CHECK_FALSE(has_more("4bf92f3577b34da6a3ce929d0e0e4736 " + row));
  CHECK_FALSE(has_more(std::string(32, '0') + " " + row));
  CHECK_FALSE(has_more("rx " + row));
  CHECK(read_form(longest(), "(1, 0x00010006000000030000), (2, 0x" + row + ")") ==
        row + " line 1: hex in another place than in the other lines");
}

TEST_CASE("word rows: hex of a line without bytes is excused where it stands beside bytes before") {
  const std::string trace = "4bf92f3577b34da6a3ce929d0e0e4736";
  const std::string other = "5cf92f3577b34da6a3ce929d0e0e4736";
  const auto rx = [](const std::string& beside) { return "rx " + beside + " 00 04 04 02\n"; };
  const auto tx = [](const std::string& beside) { return "tx " + beside + " none\n"; };
  const std::string two = "0004040200040402";
  const auto told = [](int line) {
    return " line " + std::to_string(line) + ": hex in another place than in the other lines";
  };
  for (const auto& [text, expected] :
       {std::pair{rx(trace) + tx(trace) + rx(other), two},
        {rx(other) + tx(trace) + rx(trace), two + told(2)}, // too late
        {tx(trace) + rx(trace) + rx(other), two},           // nothing was known of it before
        {tx(trace) + rx(other) + rx(trace), two + told(1)},
        {tx(trace) + tx(other) + rx(trace) + rx(trace), two + told(2)},
        {rx(trace) + rx(trace) + tx(trace) + tx(other), two + told(4)},
        {tx(trace), told(1)}}) {
    CAPTURE(text);
    CHECK(read_form(behind(2), text) == expected);
  }
}

TEST_CASE("word rows: fewer bytes than the other lines have are told in the middle of a dump") {
  HexForm form = behind(1);
  form.most = 8;
  const std::string full = "0: 00 04 04 02 05 06 07 08\n";
  const std::string bytes = "0004040205060708";
  CHECK(read_form(form, full + "8: 00 04 04 02\n") == bytes + "00040402");
  CHECK(read_form(form, full + "8: 00 04 04 02\n" + full) ==
        bytes + "00040402" + bytes + " line 2: fewer bytes than in the other lines");
  CHECK(read_form(form, full + "8: 00 04 04 02\nTX\n" + full) ==
        bytes + "00040402" + bytes + " passed 1");
}

} // namespace dualcam::word_rows_test
