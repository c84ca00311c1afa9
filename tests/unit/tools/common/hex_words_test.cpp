#include "common/hex_words.hpp"

#include "common/spoilt_hex.hpp"
#include "tools/common/hex_reading.hpp"

namespace dualcam::hex_words_test {

using namespace hex_reading;
namespace {

HexForm words(std::size_t skipped, std::size_t behind = 0, bool from_end = false) {
  HexForm form{HexStyle::words};
  form.skipped = skipped;
  form.behind = behind;
  form.from_end = from_end;
  return form;
}

std::string found(std::string_view line, const HexForm& form, bool goes_on = false) {
  const auto found =
      parse_words_line(line, form, goes_on ? std::optional<std::string>("") : std::nullopt);
  return to_hex(found.bytes) + (found.has_other_hex ? "?" : "");
}

} // namespace

TEST_CASE("hex words: what stands before the bytes, and behind them, is counted in words") {
  CHECK(found("10.0.0.5: 00 04 04 02", words(4)) == "00040402");
  CHECK(found("10.0.0.5: 00 04 04 02", words(5)) == ""); // too few for a line by itself
  CHECK(found("10.0.0.5: 00 04 04 02", words(5), true) == "040402");
  CHECK(found("10.0.0.5: 0x0004 x0402", words(4)) == "00040402");
  CHECK(found("00040402\t12\trx", words(0, 2)) == "00040402");
  CHECK(found("a 12:43:42 00 04 04 02", words(3, 0, true)) == "00040402");
  CHECK(found("a 12:43:42 00 04 04 02", words(9)) == "");
  CHECK(found("a 00 04 04 02 b", words(1)) == "");
  CHECK(found("a 00 04 04 02 00 04 04 02 b", words(1)) == "?");
  CHECK(found("a 00040402000404020004040200040402 b", words(1)) == "?");
}

TEST_CASE("hex words: columns, so many bytes, and numbers") {
  HexForm columns{HexStyle::words};
  columns.column = 3;
  columns.end_column = 14;
  CHECK(found("#1 00 04 04 02 ab cd", columns) == "00040402");
  CHECK(found("#1", columns) == "");
  HexForm most = words(1);
  most.most = 4;
  CHECK(found("8 00 04 04 02 ab cd", most) == "00040402");
  CHECK(found("8 00 04 zz", most, true) == "0004");
  CHECK(found("8 00 04 12:00:01", most, true) == "0004");
  CHECK(found("8 00:04:12:00:01", most) == "00041200");
  HexForm numbers = words(1);
  numbers.numbers = 10;
  CHECK(found("RX: 0 4 -1 255", numbers) == "0004ffff");
  CHECK(found("RX: 0 4 -129 255 3 4", numbers) == "?");
  CHECK(found("RX: 0 4 256 255 3 4", numbers) == "?");
  CHECK(found("a line with 1 and 2 in it", numbers) == "");
  numbers.numbers = 8;
  CHECK(found("RX: 000 004 377 010", numbers) == "0004ff08");
}

TEST_CASE("hex words: the last word of each line, if it is a byte") {
  HexForm single{HexStyle::words};
  single.single = true;
  CHECK(found("0-90 UART: RX data: 04", single) == "04");
  CHECK(found("[0x00000a04]: 0x04", single) == "04");
  CHECK(found("{byte[0x00000a04]}", single) == "");
  CHECK(found("index,time,hex", single) == "");
  CHECK(found("0004", single) == "");
  CHECK(found("", single) == "");
}

TEST_CASE("hex words: an offset alone, behind what stands before the bytes, is none of them") {
  HexForm longest{HexStyle::words};
  longest.longest = true;
  for (const auto& [last, bytes] : {std::pair{"00000c38", ""}, {"00000c39", "00000c39"}}) {
    HexLog log;
    HexReader reader(log, longest, 0);
    reader.feed("RX\tNone\t00000c30  19 81 40 00 04 00 05 06\nRX\tNone\t" + std::string(last));
    reader.finish();
    CHECK(log.text == "1981400004000506" + std::string(bytes));
  }
}

TEST_CASE("hex words: of a line that has more bytes than are told the first count") {
  HexForm most = words(0);
  most.most = 4;
  CHECK(found("00 04 04 02", most) == "00040402");
  CHECK(found("00 04 04 02 05", most) == "00040402");
  CHECK(found("0004 0402 0506", most) == "00040402");
  CHECK(found("000404 020506", most) == "00040402"); // in the middle of a word
  CHECK(found("0004 04 xx", most) == "");
  CHECK(found("0004 0402 xx", most) == "00040402");
}

TEST_CASE("hex words: a clock or a date behind numbers is none of them") {
  HexForm numbers = words(0);
  numbers.numbers = 10;
  CHECK(found("0 4 4 2 12:43:42", numbers) == "00040402");
  CHECK(found("0, 4, 4, 2, 12:43:42,123", numbers) == "00040402");
  CHECK(found("0 4 4 2 2024-10-29T12:43:42.123Z", numbers) == "00040402");
  CHECK(found("0 4 4 2 29.10.2024 12:43:42", numbers) == "00040402");
  CHECK(found("0 4 4 2 12 43 42", numbers) == "000404020c2b2a");
}

TEST_CASE("hex words: numbers in hex, and one in each line") {
  HexForm hex = words(1);
  hex.unpadded = true;
  CHECK(found("rx: 0 4 ff a", hex) == "0004ff0a");
  CHECK(found("rx: 0 4 100 a", hex) == "");
  CHECK(found("rx: 0 4 ff 0a", hex) == "");
  CHECK(may_begin_bytes(alphanumeric_words("rx 0 4 ff a"), hex));
  CHECK_FALSE(may_begin_bytes(alphanumeric_words("rx 0 4 ff"), hex));
  CHECK_FALSE(may_begin_bytes(alphanumeric_words("rx 0 4 fff a"), hex));
  CHECK_FALSE(may_begin_bytes(alphanumeric_words("rx 0 4 ff 0a"), hex));
  HexForm watched = words(1, 1);
  watched.numbers = 10;
  watched.single = true;
  CHECK(found("[10]  255  byte", watched) == "ff");
  CHECK(found("[10]  255 1 byte", watched) == "");
}

TEST_CASE("hex words: the value of a name is not hex in another place") {
  const std::string id = "4bf92f3577b34da6a3ce929d0e0e4736";
  CHECK(found("_MACHINE_ID=" + id, words(2)) == "");
  CHECK(found("_RAW=00" + id, words(2)) == "?");
  CHECK(found("1=" + id, words(2)) == "?");
  CHECK(found(" " + id + " a", words(1)) == "?");
}

TEST_CASE("hex words: four bytes are enough for a line by itself, four numbers too") {
  CHECK(found("000404", words(0)) == "");
  CHECK(found("00040402", words(0)) == "00040402");
  HexForm numbers = words(0);
  numbers.numbers = 10;
  CHECK(found("1 2 3", numbers) == "");
  CHECK(found("1 2 3", numbers, true) == "010203");
  CHECK(found("1 2 3 4", numbers) == "01020304");
  CHECK(found("1 2 3 4 x y z", numbers) == "?"); // most are numbers
  CHECK(found("1 2 3 4 w x y z", numbers) == "");
  CHECK(found("1 2 3 x y", numbers) == ""); // too few
  CHECK(found("-128 127 255 0", numbers) == "807fff00");
  CHECK(found("[-1,-2,(-3,{-4", numbers) == "fffefdfc");
  CHECK(found("1-1 2 3 4", numbers) == "0101020304"); // a dash between is no sign
  CHECK(found("-1 2 3 4", numbers) == "ff020304");
}

TEST_CASE("hex words: what a line has besides is told if it is eight pairs, or 32 digits") {
  CHECK(found("00 04 04 02 05 06 07 08 x", words(0)) == "?");
  CHECK(found("00 04 04 02 05 06 07 x 08", words(0)) == "");
  CHECK(found("x " + std::string(32, 'a'), words(2)) == "?");
  CHECK(found("x " + std::string(30, 'a'), words(2)) == "");
  CHECK(found("x " + std::string(33, 'a'), words(2)) == ""); // half a byte is left
}

TEST_CASE("hex words: hex with something else among its digits, or one missing, is told") {
  const HexForm form{.style = HexStyle::words, .skipped = 2};
  const auto is_spoilt = [&](std::string_view line) {
    return parse_words_line(line, form, std::nullopt).is_spoilt;
  };
  CHECK(is_spoilt("0 rx 0004040201O2030405060708090a0b0c"));
  CHECK(is_spoilt("0 rx 00040402010203040506070809a0b0c"));
  CHECK(is_spoilt("0 rx 00 04 04 02 O1 02 03 04 05 06"));
  CHECK_FALSE(is_spoilt("0 rx 00 04 04 02 010 2 03 04 05 06 07 08 09 0a")); // two of them
  CHECK_FALSE(is_spoilt("0 rx 00 04 04 02 01 02 03 04 05 06"));
  CHECK_FALSE(is_spoilt("0 rx 1700000000123456789.12345678 00 04 04 02 01 02"));
  CHECK_FALSE(is_spoilt("0 session 01ARZ3NDEKTSV4RRFFQ69G5FAV closed"));
  CHECK_FALSE(is_spoilt("2024-11-27T12:00:00 GET /?from=2024-11-27T12:00:00 to 10.10.10.10"));
}

TEST_CASE("hex words: the longest row of words of one size, parted in one way, is the bytes") {
  HexForm longest{HexStyle::words};
  longest.longest = true;
  CHECK(found("12 34, 00 04 04 02 05", longest) == "0004040205");
  CHECK(found("00 04 04 02, 12 34", longest) == "00040402");
  CHECK(found("0004 0402 05", longest) == "0004040205");
  CHECK(found("abcdef0123 00 04 04 02", longest) == "abcdef0123");
  CHECK(found("00:04:04:02 05 06 07 08 09", longest) == "0506070809");
  CHECK(found("00 04 04 02 x 05 06 07 08", longest) == "00040402"); // of equal ones the first
  CHECK(found("x y z", longest) == "");
  CHECK(found("00040402 0506 x 10.20", longest) == "00040402"); // 0506 may be a number
  CHECK(found("00 04 04 02 12:00:04", longest) == "00040402");  // a clock
  CHECK(found("00 04 04 02 27.11.2024", longest) == "00040402");
  CHECK(found("00:04:04:02:12", longest) == "0004040212");
  longest.skipped = 1;
  CHECK(found("16 00 04 04 02 | .... ab cd ef 01 02", longest) == "00040402");
  CHECK(found("rx len=16 00 04 04 02", longest) == "");
  longest.skipped = 0;
  longest.group = 8;
  CHECK(found("00040402 0506 x 10.20", longest) == "000404020506");
  CHECK(found("00040402, 0506", longest) == "00040402");
}

namespace {

/// What is read so, and what is said of it.
std::string read_by(const HexForm& form, std::string_view text) {
  HexLog log;
  HexReader reader(log, form, 0);
  reader.feed(text);
  reader.finish();
  for (const auto& problem : reader.problems()) {
    log.text += " " + std::to_string(problem.line) + ": " + problem.what;
  }
  return log.text;
}

} // namespace

TEST_CASE("hex words: the last word of the longest row may be shorter than the others") {
  HexForm longest{HexStyle::words};
  longest.longest = true;
  CHECK(found("rx 0004 0402 00 {10}", longest) == "0004040200");
  CHECK(found("rx 0004 0402 0 {10}", longest) == "00040402");
  CHECK(found("rx 0004 0402 {10}", longest) == "00040402");
  CHECK(found("rx 00040402 10", longest) == "00040402"); // one word is no row
}

TEST_CASE("hex words: of lines without bytes those that are not blank are counted") {
  HexForm words{HexStyle::words};
  words.skipped = 1;
  CHECK(read_form(words, "rx 00 04 04 02\n\n  \nno bytes here\nrx 05 06 07 08\n") ==
        "0004040205060708 passed 1");
}

TEST_CASE("hex digits: one digit too many is told at the end") {
  const HexForm digits{HexStyle::digits};
  CHECK(read_form(digits, "rx 00h 04h") == "0004");
  CHECK(read_form(digits, "rx 0x0, 0X4, 0xff") == "0004ff");
  CHECK(read_form(digits, "rx 00h 04h 0") == "0004 line 1: an odd number of hex digits");
}

TEST_CASE("hex digits: of marked ones a long row without marks is named") {
  HexForm marked{HexStyle::digits};
  marked.marked = true;
  std::string row;
  for (int i = 0; i < 12; ++i) {
    row += " 04";
  }
  const std::string other = " 2: there is more hex after the end of the first: give one at a time";
  CHECK(read_by(marked, "00h 04h\n" + row) == "0004" + other);
  CHECK(read_by(marked, "00h 04h\n00040402 00040402") == "0004" + other);
  CHECK(read_by(marked, "00h 04h\n04 04 04") == "0004");
}

TEST_CASE("hex digits: a damaged byte is named where a mark tells that it is one") {
  HexForm marked{HexStyle::digits};
  marked.marked = true;
  const auto damaged = [](std::string_view line) {
    return " " + std::string(line) + ": " + std::string(spoilt_digits);
  };
  CHECK(read_by(marked, "&#x00;&#x04;\n&#x0O;&#x02;") == "000402" + damaged("2"));
  CHECK(read_by(marked, "&#x00;&#x04;\n&#x4;&#x02;") == "00040402" + damaged("2"));
  CHECK(read_by(marked, "&#x0;&#x4;\n&#x4;&#x2;") == "00040402"); // no byte has two digits
  CHECK(read_by(marked, "$00 $04 $O4 $0O4 $02") == "000402" + damaged("1"));
  CHECK(read_by(marked, "0x00 0x04 Ox04 0x02") == "000402" + damaged("1"));
  CHECK(read_by(marked, "0x00 0x04 4x04 0x02") == "000402"); // a size
  CHECK(read_by(marked, "0x00 0x04 0xgg 0x02") == "000402"); // nothing of a byte
  CHECK(read_by(marked, "0x00040402, 0x000404020") == "00040402"
                                                      "0000404020");
  CHECK(read_by(marked, "0x00040402, 0x000404020002f") == "00040402"
                                                          "0000404020002f" +
                                                              damaged("1"));
}

TEST_CASE("hex digits: quotes around something else mark no byte") {
  HexForm marked{HexStyle::digits};
  marked.marked = true;
  CHECK(read_by(marked, "('10.0.0.5', 40312, 00h 04h)\n('10.0.0.5', 40312, 05h)") == "000405");
  CHECK(read_by(marked, "'00' \"04\" '05\" x\"06\"") == "000406");
  CHECK(read_by(marked, "x\"" + std::string(200, '0') + "\"") == std::string(200, '0'));
  const auto many = "000402" + std::string(200, '1'); // more than a word has
  CHECK(read_by(marked, "(1,'2024-10-29',0x" + many + "),(2,'rx',0x05)") == many + "05");
}

TEST_CASE("hex digits: rows of them elsewhere are named, numbers are not") {
  constexpr std::string_view other =
      "there is more hex after the end of the first: give one at a time";
  std::string row;
  for (int i = 0; i < 40; ++i) {
    row += " 04h";
  }
  HexForm digits{HexStyle::digits};
  digits.column = 30;
  const std::string before(30, ' ');
  const std::string time = "2024-10-29 13:43:42 10.0.0.5 ";
  CHECK(read_by(digits, before + "00h 04h)\n" + row) == "0004 2: " + std::string(other));
  CHECK(read_by(digits, before + "00h 04h)\n" + time + time) == "0004");
  CHECK(read_by(digits, time + " 00h 04h") == "0004");
  digits.column = 200;
  CHECK(read_by(digits, row + "\n" + std::string(200 - row.size() - 1, ' ') + "00h 04h") ==
        "0004 1: " + std::string(other));
}

TEST_CASE("hex digits: a message before the first that is read is named") {
  HexForm digits{HexStyle::digits};
  const std::string clock = "2024-10-29 12:43:42.123 ";
  for (const std::string message :
       {"40 00 00 05 00 01 51 46 00 30 00 30 00 00", "4000 0005 0001 5146 "
                                                     "0030 0030 0000"}) {
    digits.column = clock.size() + message.size() + 1;
    CHECK(read_by(digits, clock + message + "\n00 04").contains("1: there is more hex"));
  }
  digits.column = clock.size() + 18;
  CHECK(read_by(digits, clock + "00:1a:2b:3c:4d:5e\n00 04") == "0004");
}

TEST_CASE("hex escapes: of lines no blank is lost that is a byte") {
  HexForm line{HexStyle::escapes};
  line.quoted = false;
  line.whole_lines = true;
  line.skipped = 2;
  CHECK(read_by(line, "rx = \\x00a\nrx =  a\\x04\nrx =   \\x05\n") == "006120610420"
                                                                      "2005");
  CHECK(read_by(line, "rx =  \\x00a\nrx =  \\x04\nrx =   \\x05\n") == "0061042005"); // aligned
}

TEST_CASE("hex escapes: those that were escaped once more are named") {
  const HexForm marked{.style = HexStyle::escapes, .marked = true};
  CHECK(read_by(marked, R"(a=b'\x00' b="b'\\x04'")") == "005c783034");
  CHECK(read_by(marked, R"(a=b'\x00' b="b'\\x04\\x05'")").contains("escaped once more"));
}

} // namespace dualcam::hex_words_test
