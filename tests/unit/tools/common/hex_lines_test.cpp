#include "common/digit_line.hpp"
#include "common/spoilt_hex.hpp"
#include "tools/common/hex_reading.hpp"

namespace dualcam::hex_lines_test {

using namespace hex_reading;
namespace {

using namespace std::string_literals;

const std::string differently = "bytes are separated in different ways";
const std::string columns =
    "columns of digits: leave only the bytes, as 'tshark -T fields -e tcp.payload' has them";
const std::string words_in_line =
    "16-bit words, whose bytes may stand in another order: print it with 'xxd' or 'od -t x1'";
const std::string star = "'*' stands for lines that were left out, and no offsets tell how many: "
                         "print it with 'od -v', or with offsets";
const std::string decimal_or_hex = "these numbers may be decimal or hex: write hex with two digits "
                                   "a byte, 0 before those below 10";
const std::string percent = "percent-encoded bytes: decode them, and print them as hex";

} // namespace

TEST_CASE("hex lines: a row of pairs in which one is damaged is no prefix of its end") {
  const std::string rx = "12:43:42 RX 00 04 04 02\n12:43:43 RX ";
  const std::string kept = " is no pair of hex digits: what is whole of the line is kept";
  check_reads({
      {rx + "00-04-04-02-0?-05-06-07-08\n",
       "0004040200040402(1)05060708 line 2: '02-0?-05' in column 25" + kept},
      {rx + "00-04-04-02-0-05-06-07-08\n",
       "0004040200040402(1)05060708 line 2: '02-0-05' in column 25" + kept},
      {rx + "00-04-04-02-05-06-07-0?\n", "00040402 passed 1"}, // seven pairs may be anything
      {rx + "00, 04, 04, 02, 0 , 05, 06, 07, 08\n",
       "0004040200040402(1)05060708 line 2: '2, 0 , ' in column 29" + kept},
  });
}

TEST_CASE("hex lines: what a word names is not bytes, and no damage") {
  const std::string id = "4bf92f3577b34da6a3ce929d0e0e4736";
  const std::string bytes = "\n12:43:42 RX 00 04 04 02\n";
  const std::string halves = "4bf92f3577b34da6(1)3ce929d0e0e47361";
  check_reads({
      {"container " + id + bytes, "00040402 passed 1"},
      {"container " + id + "1" + bytes, "00040402 passed 1"}, // an odd number of digits
      {"2024-10-29 container " + id + " started" + bytes, "00040402 passed 1"},
      {"container " + id + "\n00000000: 0004 0402  ....\n", "00040402 passed 1"},
      {"container 00" + id + bytes, "00040402 line 1: "s + mixed},
      {"rx " + id + "1" + bytes, halves + "00040402 line 1: "s + odd + read_from_ends},
      {"fade " + id + "1" + bytes, "fade" + halves + "00040402 line 1: "s + odd + read_from_ends},
      {"container " + id + " " + id + bytes, "00040402 line 1: "s + mixed},
  });
}

TEST_CASE("hex lines: what stands between bytes and around them") {
  check_reads({
      {"00 04\t04\t\t02 ", "00040402"},
      {" 00 04 04 02 ", "00040402"},
      {"00,04,04,02", "00040402"},
      {"00:04:04:02 05:06", "000404020506"},
      {"00:04:04:02 05 06", " line 1: "s + differently_behind},
      {"00:04:04 02,05", " line 1: "s + differently},
      {"00 04:04:02", " line 1: "s + differently_behind},
      {"0004:0402 0506", "000404020506"},
      {"00::04", " passed 1"},
      {":00:04", " passed 1"},
      {"00:04:", "0004"},
      {"00: 04", "0004"},
      {"00 0g 04", " passed 1"},
      {R"("00" '04' (04) {02} <05> |06| =07= ;08;)", "0004040205060708"},
      {R"(\x00040402)", "00040402"},
      {R"(\x000)", " passed 1"},
      {"x'00040402' X'05060708'", "0004040205060708"},
      {"x'0004g'", " passed 1"},
      {"x'000'", " passed 1"},
      {"00 04 | 04 02", "00040402"},
  });
}

TEST_CASE("hex lines: bytes without a 0 before them") {
  check_reads({
      {"00 04 04 02\n1 2 13 14 15", "00040402 line 2: "s + odd}, // which another line pads
      {"0 4 4 2 ff", "00040402ff"},
      {"0 4 4 02 ff", " line 1: "s + odd},
      {"0 4 4 2 fff", " line 1: "s + odd},
      {"0 4 4 2 g", " line 1: "s + decimal_or_hex + " REFUSED"},
      {"0, 4, a, 2, ff", "00040a02ff"},
      {"0 4 4 2 ff\n0 4 O4 2 a ff 10 7", "00040402ff line 2: "s + mixed},
      {"0 4 4 2 ff\n0 4 O4 2 a ff 10", "00040402ff passed 1"}, // few
      {"00 04", "0004"},
      {"4", "04"},
      {"f", "0f"},
      {"g", " passed 1"},
  });
}

TEST_CASE("hex lines: what may stand before the bytes") {
  check_reads({
      {"11:18:00 00040402", "00040402"},
      {"11:18:00,123 0004 0402", "00040402"},
      {"11:18:00Z 0004 0402", "00040402"},
      {"11:18 0004 0402", " line 1: "s + differently_behind},
      {"1:18:00 00 04 04 02", " line 1: "s + odd},
      {"2024-10-29 00 04 04 02", "00040402"},
      {"24-10-29 00 04 04 02", " line 1: "s + differently_behind},
      {"29.10.2024 00 04 04 02", "00040402"},
      {"29/10/2024 00 04 04 02", "00040402"},
      {"2024-10-29T11:18:00 00 04 04 02", "00040402"},
      {"[11:18:00] 00:04:04:02", "00040402"},
      {"11:18:00 00:04:04:02", " line 1: "s + differently_behind},
      {"x] 00 04", "0004"},
      {"x [y] 00 04", "0004"},
      {"x: 00 04", " passed 1"},
      {"x: 00 04 04 02", "00040402"},
      {"x: 00 04 04", " passed 1"},
      {"x= 00040402", "00040402"},
      {"x=00040402", " passed 1"},
      {"x> 00 04 04 02", "00040402"},
      {"x< 00 04 04 02", "00040402"},
      {"x -> 00 04", "0004"},
      {"x => 00", "00"},
      {"x <- 00", "00"},
      {"x <= 0004", "0004"},
      {"x \342\206\222 0004", "0004"},
      {"x \342\206\220 0004", "0004"},
      {"x \342\207\222 0004", "0004"},
      {"x \342\207\220 0004", "0004"},
      {"x -- 00 04 04 02", " line 1: "s + mixed},
      {"x = 00 04", "0004"},
      {"x - 00 04", " passed 1"},
      {"x -= 00 04", " passed 1"},
      {"x > 00 04", "0004"},
      {"x | 00 04", "0004"},
      {"RX 00040402", "00040402"},
      {"Rx: 00040402", "00040402"},
      {"zrx 00 04 04 02", " line 1: "s + mixed},
      {"tx 00040402", "00040402"},
      {"recv 00040402", "00040402"},
      {"received 00040402", "00040402"},
      {"read 00040402", "00040402"},
      {"in 00040402", "00040402"},
      {"send 00040402", "00040402"},
      {"sent 00040402", "00040402"},
      {"out 00040402", "00040402"},
      {"raw 00040402", "00040402"},
      {"data 00040402", "00040402"},
      {"hex 00040402", "00040402"},
      {"payload 00040402", "00040402"},
      {"body 00040402", "00040402"},
      {"MESSAGE 00040402", "00040402"},
      {"msg 00040402", "00040402"},
      {"frame 00040402", "00040402"},
      {"packet 00040402", "00040402"},
      {"packets 00040402", " passed 1"},
      {"packet 000404", " passed 1"},
      {"packet 1: 00040402", "00040402"},
      {"device added", " passed 1"},
      {"face the facts", " passed 1"},
  });
}

TEST_CASE("hex lines: hex among other words") {
  check_reads({
      {"x 00 04 04", " passed 1"},
      {"x 00 04 04 02", " line 1: "s + mixed},
      {"x 00 04 x 04 02", " passed 1"},
      {"x 1234567 y", " passed 1"},
      {"x 12345678 y", " passed 1"},
      {"x 1234567a y", " line 1: "s + mixed},
      {"x 1234567890123456 y", " line 1: "s + mixed},
      {"x 123456789012345 y", " passed 1"},
      {"x 12:34:56:78 y", " passed 1"},
      {"x 20241029T111800 y", " passed 1"},
      {"%00%04%04%02%00%04%04%02", " line 1: "s + percent},
      {"%00%04%04%02%00%04%04", " passed 1"},
      {"a=%00%04%04%02%00%04%04%02", " line 1: "s + percent},
      {"x %00%04%04%02%00%04%04%02", " line 1: "s + percent},
      {"%00%04%04%02%00%04%04%0g", " line 1: "s + percent},
      {"%q0%r4%s4%t2%00%04%0x%0g%0y", " passed 1"},
      {"00 04 04 02 zz", " line 1: "s + mixed},
      {"00 04 zz", " passed 1"},
      {"zz 00 04 04 02 zz", " line 1: "s + mixed},
      {"0004 0402 0 0", " line 1: "s + odd},
      {"00 000 (", " line 1: "s + three_digits + " REFUSED"},
  });
}

TEST_CASE(
    "hex lines: of 24 digits or more one that is lost, or none, is told; of fewer it is a name") {
  const std::string digits = "00040402000404020004ff02";
  CHECK_FALSE(is_spoilt_hex(digits));
  CHECK(is_spoilt_hex(digits + "0"));
  CHECK(is_spoilt_hex(digits.substr(1) + "x"));
  CHECK_FALSE(is_spoilt_hex(digits.substr(2) + "x"));
  CHECK_FALSE(is_spoilt_hex(digits.substr(2) + "xy"));
  CHECK_FALSE(is_spoilt_hex("1730205822.00040402000404"));
  CHECK_FALSE(is_spoilt_hex("abcdefabcdefabcdefabcdefx"));
}

TEST_CASE("hex lines: brackets and commas between pairs that colons join are no words") {
  check_reads({
      {"{ 00:04 , 04:02 }", "00040402"},
      {"[ 00:04 ] [ 04:02 ]", "00040402"},
      {"00:04 04 04:02", " line 1: "s + differently_behind},
  });
}

TEST_CASE("hex lines: comments of C") {
  check_reads({
      {"/* 1 */ 00 04 04 02", "00040402"},
      {"/* 1 */ /* 2 */ 00 04", "0004"},
      {"00 04 /* 06 07 */ 05", "000405"},
      {"00/*01*/02 03/*/04*/05", "00020305"},
      {"/* 12 */00 04", "0004"},
      {"00 04 /* 04 02", "0004"},
      {"/* 00 04", ""},
      {"/*", ""},
  });
}

TEST_CASE("hex lines: columns") {
  check_reads({
      {"1\t0004", " line 1: "s + odd},
      {"10\t00040402", "00040402"},
      {"10\t0004040g", " passed 1"},
      {"10\t000404", " line 1: "s + columns},
      {"10\t00:04:04:02", "00040402"},
      {"100\t0004\t00040402", "00040402"},
      {"\t00040402", "00040402"},
      {"0004\t0402", "00040402"},
      {"00 04\t04 02", "00040402"},
      {"00040402\t0402", " line 1: "s + columns},
      {"1,0.5,0004040200040402", "0004040200040402"},
      {"1,0.5,00040402000404", " passed 1"},
      {"a;b;0004040200040402", " line 1: "s + odd},
      {"a;b,00040402000404020", " passed 1"},
      {"a;b,000404020004040200", " passed 1"},
      {"1,a 0.5,0004040200040402", " passed 1"},
      {"00,04,0004040200040402", "00040004040200040402"},
  });
  std::string row;
  std::string bytes;
  for (int i = 0; i < 40; ++i) { // more than stand before a column
    row += "00040402\t";
    bytes += "00040402";
  }
  CHECK(read(row + "000402ff") == bytes + "000402ff");
}

TEST_CASE("hex lines: words of 16 bits behind a blank") {
  check_reads({
      {" 0004 0402", " line 1: "s + words_in_line},
      {"0004 0402", "00040402"},
      {" 0004", "0004"},
      {" 0004 0402 05", "0004040205"},
      {" 0004, 0402", "00040402"},
      {" 0004 0402 0g04", " passed 1"},
      {"\t0004 0402", "00040402"},
  });
}

TEST_CASE("hex lines: digits that go on in the next line") {
  check_reads({
      {"000\n404\n02", "00040402"},
      {"00040\n402", "00040402"},
      {"00040\n4020\n", "00044020 line 1: "s + odd},
      {"000\n40402", "004040 line 1: "s + odd + " line 2: " + odd},
      {"000\n4040", "004040 line 1: "s + odd},
      {"000\n4", " line 1: "s + three_digits + " REFUSED"},
      {"000\n40\n00 04", " line 1: "s + three_digits + " REFUSED"},
      {"000\n40\n0004", "00400004 line 1: "s + odd},
      {"000\n404\nxx", "000404 passed 1"},
      {"000\nxx\n000", " line 1: "s + three_digits + " REFUSED"},
      {"0", "00"},
      {"000\n404\n020\n405", "000404020405"},
      {"00040\n40204\n", "0004040204"},
      {"000\n404\n 02", "00040402"},
      {"000\n4 0", " line 1: "s + three_digits + " REFUSED"},
      {"00040\n402g\n00", "000400 passed 1 line 1: "s + odd},
      {"00040\n\n00", "000400 line 1: "s + odd},
      {"00040\n402 \n05", "0004040205"},
      {"000\r\n404\r\n", "000404"},
      {"0004\n00\nxyz\n00", "00040000 passed 1"},
      {"\n\n00\n\n", "00"},
      {"( ) [ ]", ""},
      {R"("")", ""},
      {"*", " line 1: "s + star + " REFUSED"},
      {"00\n*", " line 2: "s + star + " REFUSED"},
      {"0004040\n*", " line 2: "s + star + " REFUSED"},
      {"xyz\n*\n", " line 2: "s + star + " REFUSED"},
  });
}

TEST_CASE("hex lines: few bytes behind what those before them stand behind are bytes") {
  check_reads({
      {"data: 00040402000404020004\nport: 7050\ndata: 00b8\nlen: 1",
       "0004040200040402000400b8 passed 2"},
      {"8: 00040402\n9: 0009\nlen: 10", "000404020009 passed 1"},
  });
}

TEST_CASE("hex lines: a line of more than a sample, with a name before it") {
  std::string digits;
  for (int i = 0; i < 10000; ++i) {
    digits += "00040402";
  }
  CHECK(read_in("time: 12:43:42\ndata: " + digits, 4096) == digits + " passed 1");
}

TEST_CASE("hex lines: one of more than 1 MiB is read piece by piece, where it is digits alone") {
  constexpr std::size_t longest = 1 << 20;
  for (const auto digits : {longest - 2, longest, longest + 2, 2 * longest + 2}) {
    CAPTURE(digits);
    const std::string line(digits, '4');
    CHECK((read_in(line + "\n0004\n", 1 << 16) == line + "0004"));
    CHECK((read_in(line + "\n0004\n", digits + 100) == line + "0004"));
  }
  HexForm form{HexStyle::words};
  form.skipped = 1;
  const std::string words =
      "rx 00 04 04 02\n" + std::string(longest + 1, '-') + "\nrx 05 06 07 08\n";
  CHECK(read_form(form, words) ==
        "00040402 line 2: a line of more than 1 MiB: break it into lines REFUSED");
  CHECK(read_form(form, "rx 00 04 04 02\n" + std::string(longest, '-') + "\nrx 05 06 07 08\n") ==
        "0004040205060708 passed 1");
}

} // namespace dualcam::hex_lines_test
