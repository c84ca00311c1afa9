#include "tools/common/hex_reading.hpp"

namespace dualcam::hex_offsets_test {

using namespace hex_reading;
namespace {

using namespace std::string_literals;

const std::string words = "16-bit words or octal numbers, whose bytes stand in another order: "
                          "print it with 'xxd', 'hexdump -C' or 'od -A x -t x1'";
const std::string broken = "something between the bytes is no pair of hex digits";
const std::string contradicted = "the text beside the bytes is not theirs: words in another byte "
                                 "order? Print it with 'xxd', without -e";
const std::string no_offset = "hex without the offset that the other lines have";
const std::string back = "its offset goes back: pasted twice, or another dump?";
const std::string uncertain =
    "the numbers before the bytes are no offsets for certain: in hex, octal or decimal they would "
    "grow by the bytes between; print it with 'xxd', or cut them off";
const std::string bits = "bits: print it with 'xxd', without -b";
const std::string characters =
    "characters and escapes, as 'od -c' has them: print it with 'xxd' or 'od -t x1'";

} // namespace

TEST_CASE("hex offsets: the shape of a line") {
  check_reads({
      {"000: 00 04", "0004"},
      {"0000: 0004", "0004"},
      {"0000: 00 04 04 02 05 06 07 08  09 0a 0b              ...........", "00040402050607080"
                                                                           "90a0b"},
      {"0000: 00 04 04 02 05 06 07 08  09", "0004040205060708"}, // their text
      {"00000000 00 04", "0004"},
      {"00000004 00 04", "000000040004"},
      {"000000 00 04", "0004"},
      {"00000  00 04", "0004"},
      {"000000  0004", "0000000004"},
      {"000000 0004", "0000000004"},
      {"0000 00 04", "00000004"},
      {"0x0000: 0004", "0004"},
      {"0X0000:  0004", "0004"},
      {"0000:0004", "00000004"},
      {"0000:", ""},
      {"00000000:", ""},
      {"00000000", "00000000"},
      {"0000000000000000: 00", "00"},
      {"00000000000000000: 00", " line 1: "s + odd},
      {"0000g: 00 04", " passed 1"},
      {"0000 | 00 04 04 02 | ....", "00040402"},
      {"0000 |00 04 04 02 | ....", " line 1: "s + mixed},
      {"0000| 00 04 04 02|....", " line 1: "s + broken},
      {"0000: 00 04 0", " line 1: "s + broken},
      {"0000: 00 04 0g", " line 1: "s + broken},
      {"0000: 00 04 04,02", " line 1: "s + broken},
      {"0000: 0x00 0x04 0x04\t..", "000404"},
      {"0000: 0x00\t0x04\t0x04", "000404"},
      {"0000: 0x00 04", "0004"},
      {"0000: 0x33 0x04 3.", "3304"},
      {"0000: 0x33 0x34 0x35 0x36 3456", "33343536"},
      {"0000: 0x33 0x04 ?x04", " line 1: "s + broken},
      {"0000: 0x33 0?04 0x04", " line 1: "s + broken},
      {"0000 - 00 04 04 02 05 06 07 08-09 0a   ..........", "000404020506070809"
                                                            "0a"},
      {"0000  00 04 04 02 05 06 07 08 - 09 0a   ..........", "000404020506070809"
                                                             "0a"},
      {"0000 - 00 04 04-02", " line 1: "s + broken},
      {"0000: 0x000 04", " line 1: "s + broken},
      {"0000: 00\t04", "00"},
      {"0000: 00 04 |..|", "0004"},
      {"0000: 00 04 >..<", "0004"},
      {"0000: 00 04 |..", "0004"},
      {"0000: 00 04 zz", " line 1: "s + broken},
      {"00000000: 00 04  zz", " line 1: "s + contradicted + " REFUSED"},
      {"00000000: 41 42  AB", "4142"},
      {"00000000: 41 42  BA", " line 1: "s + contradicted + " REFUSED"},
      {"00000000: 41 42  .B", "4142"},
      {"00000000: 41 42  ?B", "4142"},
      {"00000000: 41 42   B", "4142"},
      {"00000000: 41 42  ABC", "4142"},
      {"00000000: 41 42  |AB|", "4142"},
      {"00000000: 41 42  |BA|", " line 1: "s + contradicted + " REFUSED"},
      {"00000000: 41 42  >AB<", "4142"},
      {"00000000: 41 42  >BA<", " line 1: "s + contradicted + " REFUSED"},
      {"00000000: 41 42  >BA|", "4142"},
      {"00000000: 80 42  AB", "8042"},
      {"00000000: 7f 42  AB", " line 1: "s + contradicted + " REFUSED"},
      {"00000000: 41 42  \303\251B", "4142"},
      {"00000000: 41 42 43 44 45 46 47 48 49 4a  ABCDEFGH IJ", "4142434445464748494a"},
      {"00000000: 41 42 43 44 45 46 47 48 49 4a  ABCDEFGHxIJ", "4142434445464748494a"},
      {"00000000: 41 42 43 44 45 46 47 48 49 4a  ABCDEFGH JI",
       " line 1: "s + contradicted + " REFUSED"},
      {"00000000: 41 42 43 44 45 46 47 48 49  ABCDEFGH I", "414243444546474849"},
      {"00000000: 41 42 43 44 45 46 47 48  ABCDEFGH ", "4142434445464748"},
      {"00000000: 41 42 43 44 45 46 47 48  ABCDEFG", "4142434445464748"},
      {"00000000  41 42 43 44 45 46 47 48  49 4a  ABCDEFGHIJ", "4142434445464748494a"},
      {"00000000  41 42 43 44 45 46 47  48 49 4a  ABCDEFG", "41424344454647"},
      {"00000000  41 42 43 44 45 46 47 48 49 4a 4b 4c 4d 4e 4f 50 AB",
       "4142434445464748494a4b4c4d4e4f50"},
      {"00000000  41 42 43 44 45 46 47 48  49 4a 4b 4c 4d 4e 4f 50 41 42",
       "4142434445464748494a4b4c4d4e4f50"},
      {"00000000: 41424344 45464748 494a4b4c 4d4e4f50 51525354  ABCDEFGHIJKLMNOPQRST",
       "4142434445464748494a4b4c4d4e4f5051525354"},
  });
}

TEST_CASE("hex offsets: from line to line") {
  check_reads({
      {"00000000: 00 04\nxyz\n00000002: 05\n", "000405 passed 1"},
      {"00000000: 00 04\n00 04 04 02 00 04 04 02\n00000002: 05\n",
       "000405 passed 1 line 2: "s + no_offset},
      {"00000000: 00 04\n00 04 04 02 00 04 04\n00000002: 05\n", "000405 passed 1"},
      {"00000000: 00 04\nx 00 04 04 02 y\n00000002: 05\n", "000405 passed 1 line 2: "s + no_offset},
      {"00000000: 00 04\n    Data […]: 0003000400000001000404022082804f2\n00000002: 05\n",
       "000405 passed 1"},
      {"00000000: 00 04\nat 1700000000123456789.12345678\n00000002: 05\n", "000405 passed 1"},
      {"00000000: 00 04\n\n   \n00000002: 05\n", "000405"},
      {"00000000: 00 04\n 00 01 02 03 04 05 06 07\n00000002: 05\n", "000405"},
      {"00000000: 00 04\n*\n00000007: 05\n", "0004000400040005"},
      {"00000000: 00 04\n*\n00000002: 05\n", "000405"},
      {"00000000: 00 04\n*\n00000001: 05\n", "0004 line 3: "s + back},
      {"00000000: 00 04\n*\n00000000: 05\n00000009: 06",
       "0004|05(8)06 line 4: 8 bytes are missing before it: its offset jumps ahead"},
      {"*\n00000000: 00 04\n00000002: 05", "000405"},
      {"00000000: 00 04\n*\n*\n00000006: 05\n00000009: 06",
       "00040004000405(2)06 line 5: 2 bytes are missing before it: its offset jumps ahead"},
      {"00000000: 00 04\n00000002: 05\n00000002: 05\n00000003: 06", "00040506"},
      {"00000000: 00 04\n00000002: 05\n00000002: 06\n00000003: 07", "00040507 line 3: "s + back},
      {"00000000: 00 04\n00000002: 05\n00000001: 05\n", "000405 line 3: "s + back},
      {"00000000: 00 04\n00000002: 05\n00000001:\n", "000405"},
      {"00000000: 00 04\n00000002\n", "0004"},
      {"00000000: 00 04\n00000005\n",
       "0004(3) line 2: 3 bytes are missing before it: its offset jumps ahead"},
      {"00000000: 00 04\n00000000: 05", "0004|05"},
      {"00000000:\n00000000: 05", "05"},
      {"00000010: 00 04\n00000000: 05\n00000001: 06", "0004|0506"},
      {"00000000: 00\n  00000000: 01\n00000001: 02\n  00000001: 03\n    00000002: 04",
       "00>0102>03>04"},
      {"  00000000: 00\n00000000: 01\n  00000003: 02\n00000001: 03",
       "00>01(2)02>03 line 3: 2 bytes are missing before it: its offset jumps ahead"},
      {"00000000: 00\n  00000005: 01\n  *\n  00000007: 02", "00>01>01>02"},
      {"00000000: 00 0\n00000002: 01", "01 line 1: "s + broken},
      {"00000000: 0g", " line 1: "s + broken},
  });
}

TEST_CASE("hex offsets: a field that tshark prints beside a dump is no hex without an offset") {
  const auto with = [](std::string_view line) {
    return read("00000000: 00 04\n" + std::string(line) + "\n00000002: 05\n");
  };
  const std::string hex = "00040402000404020004040200040402";
  for (const auto& field : {"    Data: " + hex, "    Data […]: " + hex, "        Value: " + hex}) {
    CHECK(with(field) == "000405 passed 1");
  }
  for (const auto& other : {"Data: " + hex, "   Data: " + hex, "    Data " + hex, "    " + hex,
                            "    Data 2: " + hex, "    5: " + hex}) {
    CHECK(with(other) == "000405 passed 1 line 2: "s + no_offset);
  }
}

TEST_CASE("hex offsets: words of gdb are told, and how it prints bytes") {
  const std::string told = "words, whose bytes may stand in another order: print it with 'x/xb'";
  const auto problem = [](std::string_view text) {
    const auto form = judge_hex(text);
    return form ? "" : form.error().what;
  };
  for (const auto* text : {"0x7ffe08:\t0x0500\t0xe13e\n", "0x7ffe08:\t0x05000000\t0xe13e0100\n",
                           "0x7ffe08:\t0x05000000e13e0100\n", "0x7ffe08 <buf>:\t0x0500\n"}) {
    CAPTURE(text);
    CHECK(problem(text) == told);
  }
  for (const auto* text :
       {"0x7ffe08:\t0x05\t0xe1\n", "0x7ffe08:\t0x0500\t0xe1\n", "0x7ffe08:\t0x0500\t0x0500e13e\n",
        "0x7ffe08:\t0x050000\n", "0x7ffe08:\t0x05zz\n", "0x7ffe08:\n", "7ffe08:\t0x0500\n",
        "0x7ffe08\t0x0500\n"}) {
    CAPTURE(text);
    CHECK(problem(text) != told);
  }
}

TEST_CASE("hex offsets: the base of the offsets") {
  check_reads({
      {"0000000 00 01 02 03 04 05 06 07\n0000010 08", "000102030405060708"},
      {"0000000 00 01 02 03 04 05 06 07\n0000008 08", "000102030405060708"},
      {"0000000 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f\n0000020 08",
       "000102030405060708090a0b0c0d0e0f08"},
      {"0000000 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f\n0000016 08",
       "000102030405060708090a0b0c0d0e0f08"},
      {"0000000 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f\n0000010 08",
       "000102030405060708090a0b0c0d0e0f08"},
      {"0000000 00 01 02 03\n*\n0000010 05\n", " line 1: "s + uncertain + " REFUSED"},
      {"0000000 00 01 02 03\n*\n0000014 05\n", " line 1: "s + uncertain + " REFUSED"},
      {"0000000 00 01 02 03\n*\n000000c 05\n", "00010203000102030001020305"},
      {"000100: 00 01\n000101: 02", "0001 line 2: "s + back},
      {"000100: 00 01\n000101: 02\n000102: 03", "000103 line 2: "s + back},
      {"000100: 00 01\n000101: 02\n000102: 03\n000103: 05", "00010305 line 2: "s + back},
      {"000100: 00\n*\n000104: 01\n000105: 02", " line 1: "s + uncertain + " REFUSED"},
  });
}

TEST_CASE("hex offsets: words, bits and characters are refused") {
  check_reads({
      {"0000000 0004", " line 1: "s + words + " REFUSED"},
      {"0000000 004 004", " line 1: "s + words + " REFUSED"},
      {"0000000 0004 0402", " line 1: "s + words + " REFUSED"},
      {"000000 0000 0500 0100 e13e 003c 8119 0044 0004", " line 1: "s + words + " REFUSED"},
      {"0000000 1 2", " line 1: "s + words + " REFUSED"},
      {"0000000 10 20", "1020"},
      {"0000000 00 004", " line 1: "s + broken},
      {"0000000 256 1", " line 1: "s + words + " REFUSED"},
      {"0000000 255 1", " line 1: "s + odd},
      {"0000000 1000 1", " line 1: "s + words + " REFUSED"},
      {"0000000 12345 1", " line 1: "s + words + " REFUSED"},
      {"0000000 123456 1", " line 1: "s + odd},
      {"000000 0004 0402", "00000000040402"},
      {"00000000 0004 0402", "0000000000040402"},
      {"000000g 0004 0402", " passed 1"},
      {"0000000 000g 0402", " passed 1"},
      {"0000000 abc", " line 1: "s + words + " REFUSED"},
      {"0000000  00 04 04 02  ....", "00040402"},
      {"xyz\n0000000 0004 0402", " line 2: "s + words + " REFUSED"},
      {"00000000: 00000000 00000100 00000100  ...", " line 1: "s + bits + " REFUSED"},
      {"00000000: 00000000 00000100 00000100  ...)", " line 1: "s + bits + " REFUSED"},
      {"00000000: 00000000 0000010 00000100 00000010", " line 1: "s + bits + " REFUSED"},
      {"00000000: 00000000 00000102 00000100 00000010", " line 1: "s + bits + " REFUSED"},
      {"00000000: 00000000 00000100 00000100 00000010", " line 1: "s + bits + " REFUSED"},
      {"00000000: 00000000 00000100 0000010", " line 1: "s + broken},
      {R"(0000000  \0 004 004 002)", " line 1: "s + characters + " REFUSED"},
      {R"(0000000   a  \0   b)", " line 1: "s + characters + " REFUSED"},
      {R"(0000000  \0 004)", " passed 1"},
      {R"(0000000g  \0 004 004)", " line 1: "s + three_digits + " REFUSED"},
      {R"(000000  \0 004 004)", " passed 1"},
  });
}

TEST_CASE("hex offsets: what is refused is so once, however much of it there is") {
  std::string text;
  while (text.size() < 3 * HexReader::sample_size) {
    text += "0000000 0004 0402 0004 0402 0004 0402 0004 0402\n";
  }
  HexLog log;
  HexReader reader(log);
  reader.feed(text);
  reader.feed(text);
  reader.finish();
  CHECK(log.text.empty());
  REQUIRE(reader.problem_count() == 1);
  CHECK(reader.problems()[0].what == words);
  CHECK(reader.has_refused());
}

TEST_CASE("hex offsets: cells as od prints them") {
  check_reads({
      {"0000000 000 004\n0000002 001\n0000003", "000401"},
      {"0000000 000 004\n0000002 400\n0000003", " line 1: "s + words + " REFUSED"},
      {"0000000 000 004\n0000002 1\n", " line 1: "s + words + " REFUSED"},
      {"0000000   0   4\n0000002   1\n0000003", "000401"},
      {"0000000   0   4\n0000002 255\n0000003", "0004ff"},
      {"0000000   0   4\n0000002 256\n0000003", " line 1: "s + words + " REFUSED"},
      {"0000000   0  04\n0000002 255\n0000003", "0004ff"},
      {"0000000    0 -128\n0000002  127\n0000003", "00807f"},
      {"0000000    0 -129\n0000002  127\n0000003", " line 2: "s + words + " REFUSED"},
      {"0000000    0 -128\n0000002  128\n0000003", " line 2: "s + words + " REFUSED"},
      {"0000000 000 004\n*\n0000010 001\n0000011", "000400040004000401"},
      {"0000000 000 004\n*\n0000011 001\n0000012", " line 1: "s + words + " REFUSED"},
      {"0000000 000 004\n*\n0000000 001\n0000012", " line 1: "s + words + " REFUSED"},
      {"0000000 000 004 004 002 000 004 004 002 000 004 004 002 000 004 004 002\n0000020 001",
       "0004040200040402000404020004040201"},
      {"0000000 000 004 004 002 000 004 004 002 000 004 004 002 000 004 004 002\n0000016 001",
       "0004040200040402000404020004040201"},
      {"0000000 000 004 004 002 000 004 004 002 000 004 004 002 000 004 004 002\n0000010 001",
       "0004040200040402000404020004040201"},
      {"0000000 000 004 004 002 000 004 004 002 000 004 004 002 000 004 004 002\n0000017 001",
       " line 1: "s + words + " REFUSED"},
      {"0000000 000 004\n0000002\n", "0004"},
      {"0000000 000 004", " line 1: "s + words + " REFUSED"},
      {"000000   0   4   4   2\n000004 200", "00040402c8"},
      {"0000000   0   4   4   2   5   6   7 200\n0000008   1\n0000009", "00040402050607c801"},
      {"0000000   0   4   4   2   5   6   7 200   9  10\n000000a   1\n", "00040402050607c8090a01"},
      {"00000   0   4   4   2\n00004 200", " line 1: "s + odd + " line 2: " + odd},
      {"*\n0000000 000 004\n0000002 001", "000401"},
      {"0000000 000 004\nx\n0000002 001", " line 1: "s + words + " REFUSED"},
      {"0000000 000 004\n0000002 001\nx\n0000003 002\n", "00040102 passed 1"},
      {"0000000 000 004\n0000002 001\n0000004 002\n",
       "000401(1)02 line 2: 1 byte is missing at its end: is something between them?"},
      {"0000000 000 004\n0000002 001\n00000g4 002\n", "000401 passed 1"},
  });
}

TEST_CASE("hex offsets: where a dump begins") {
  check_reads({
      {"00 01 02 03 04 05 06 07\n00000000: 00 04", "0004"},
      {"00 01 02 03 04 05 06\n00000000: 00 04", "00010203040506 line 2: "s + differently_behind},
      {" 0  1  2  3  4  5  6  7  8  9  a  b  c  d  e  f\n00000000: 00 04\n00 01 02 03 04 05 06 07 "
       "08 09 0a 0b 0c 0d 0e 0f\n00000002: 05",
       "000405"},
      {"00000000: 00 04\n00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 00\n00000002: 05",
       "000405 passed 1 line 2: "s + no_offset},
      {"00000000: 00 04\n00 01 02 03 04 05 06 08\n00000002: 05",
       "000405 passed 1 line 2: "s + no_offset},
      {"00000000: 00 04\n000 01 02 03 04 05 06 07\n00000002: 05", "000405 passed 1"},
      {"00000000: 00 04\n10 11 12 13 14 15 16 17\n00000002: 05", "000405"},
      {"Offset(d) 00 01 02 03 04 05 06 07 08 09 10 11 Decoded text\n00000000: 00 04", "0004"},
      {"Offset(o) 000 001 002 003 004 005 006 007 010\n00000000: 00 04", "0004"},
      {"- offset -   0 1  2 3  4 5  6 7  8 9  A B  C D  E F  0123456789ABCDEF\n00000000: 00 04",
       "0004"},
      {"87654321  0011 2233 4455 6677 8899 aabb ccdd eeff  0123456789abcdef\n00000000: 0004",
       "0004"},
      {"00 04 04 02\n00000000: 00 04", "00040402 line 2: "s + differently_behind},
      {"xyz\n00000000: 00 04", "0004 passed 1"},
      {"000100 00 04\n000102 05", "000405"},
      {"000100 00 04\n000103 05", "000100000400010305"},
      {"000100 00 04", "0001000004"},
      {"000100: 00 04", "0004"},
      {"000000 00 04", "0004"},
      {"00000000: 41 42  BA\n00000002: 43 44  CD", "4344 line 1: "s + contradicted},
      {"00000000: 41 42  BA\n00000002: 43 44  CD\n00000004: 45 46  EF",
       "43444546 line 1: "s + contradicted},
      {"00000000: 41 42  BA\n00000002: 43 44  DC\n00000004: 45 46  EF",
       " line 1: "s + contradicted + " REFUSED"},
  });
}

TEST_CASE("hex offsets: a damaged line is named itself, not the one behind it") {
  const std::string numbers = "not an offset and numbers as the other lines have them";
  HexForm octal{HexStyle::offsets, 8};
  octal.numbers = 8;
  CHECK(read_form(octal, "0000000 000 004 004 002\n0000004 00O 001 002 003\n"
                         "0000010 005 006 007 010\n0000014\n") ==
        "00040402(4)05060708 passed 1 line 2: " + numbers);
  HexForm decimal{HexStyle::offsets, 10};
  decimal.numbers = 10;
  CHECK(read_form(decimal, "0000000   0   4   4   2\n0000004  0   1   2   3\n"
                           "0000008   5   6   7   8\n0000012\n") ==
        "00040402(4)05060708 passed 1 line 2: " + numbers);
  check_reads({
      {"000000 00 04 04 02\n000004 01  2 03 04\n000008 05 06 07 08\n00000c\n",
       "0004040201(3)05060708 line 2: 3 bytes are missing at its end: is something between them?"},
      {"000000 00 04 04 02\n000008 05 06 07 08\n00000c\n",
       "00040402(4)05060708 line 2: 4 bytes are missing before it: its offset jumps ahead"},
  });
}

} // namespace dualcam::hex_offsets_test
