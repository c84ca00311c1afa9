#include "common/other_encoding.hpp"

#include "testing.hpp"

namespace dualcam::other_encoding_test {
namespace {

/// The first word of what is said, and the line; empty: it is nothing of the kind.
std::string told(std::string_view text) {
  const auto known = known_print(text);
  const auto problem = known ? known : other_encoding(text);
  if (!problem) {
    return "";
  }
  return std::to_string(problem->line) + " " + problem->what.substr(0, problem->what.find(':'));
}

} // namespace

TEST_CASE("other encoding: a line of Intel HEX is as long as its count says") {
  CHECK(told(":00000001FF") == "1 Intel HEX");
  CHECK(told(":0100000001FE") == "1 Intel HEX");
  CHECK(told(":0300300002337A1E") == "1 Intel HEX");
  CHECK(told(":10010000214601360121470136007EFE09D2190140") == "1 Intel HEX");
  CHECK(told(":0300300002337A1E0") == "");
  CHECK(told(":0200300002337A1E") == "");
  CHECK(told(":030030000233zz1E") == "");
  CHECK(told(":0000001FF") == "");
  CHECK(told("0300300002337A1E:") == "");
}

TEST_CASE("other encoding: S-records and Tektronix hex are as long as they say, too") {
  CHECK(told("S9030000FC") == "1 S-records");
  CHECK(told("S1137AF00A0A0D0000000000000000000000000061") == "1 S-records");
  CHECK(told("S1147AF00A0A0D0000000000000000000000000061") != "1 S-records");
  CHECK(told("SX030000FC") == "");
  CHECK(told("S90300zzFC") == "");
  CHECK(told("S5020200") == ""); // shorter than any that tells
  CHECK(told("S902000FC") == "");
  CHECK(told("%0781010") == "1 Tektronix hex");
  CHECK(told("%0681010") == "");
  CHECK(told("%078101") == "");
  CHECK(told("%1A626810000000202020202020") == "1 Tektronix hex");
  CHECK(told("%1B626810000000202020202020") == "");
  CHECK(told("%08626100") == "1 Tektronix hex");
  CHECK(told("%08626100X") == "");
  CHECK(told("%0781010x") == "");
}

TEST_CASE("other encoding: names of arrays, and characters in the place of lost bytes") {
  for (const std::string_view name :
       {"rx [B@1b6d3586", "Received System.Byte[]", "rx [object ArrayBuffer]"}) {
    CHECK(told("12:43:42 connected\n" + std::string(name)) ==
          "2 the name of an array, not its bytes");
  }
  CHECK(told("rx \"\\0\\0\\0\\u{5}\xEF\xBF\xBD\"").starts_with("1 the character U+FFFD"));
}

TEST_CASE("other encoding: what announces itself") {
  CHECK(told("begin 644 a.bin") == "1 uuencoded");
  CHECK(told("begin 644 a") == "1 uuencoded");
  CHECK(told("begin 644 ") == "");
  CHECK(told("begin 6449 a.bin") == "");
  CHECK(told("begin 648 a.bin") == "");
  CHECK(told("begins 64 a.bin") == "");
  CHECK(told("=ybegin line=128 size=5 name=a") == "1 yEnc");
  CHECK(told("=ybegins") == "");
  CHECK(told("<~9jqo^BlbD-~>") == "1 Ascii85");
}

TEST_CASE("other encoding: eight bytes of quoted-printable are no accident") {
  CHECK(told("=00=0B=00=20=03=10=00=00") == "1 quoted-printable");
  CHECK(told("=00=0B=00=20=03=10=x0") == "");
  CHECK(told("x=00=0B=00=20=03=10=00") == "");
  CHECK(told("x=00=0B=00=20=03=10=00=0") == "");
  CHECK(told("=00=0B=00=20=03=10=00=0x") == "");
  CHECK(told("a=00b=0Bc=00d=20e=03f=10g=00h=00i") == "1 quoted-printable");
}

TEST_CASE("other encoding: a piece of PDML has the bytes twice, other XML need not") {
  const auto field = [](const char* place) {
    return "<field name=\"data\" value=\"000a0001\">\n  <field name=\"data.data\" size=\"4\"" +
           std::string(place) + " value=\"000a0001\"/>\n";
  };
  CHECK(told(field(" pos=\"40\"")) == "2 PDML has the bytes more than once");
  CHECK(told(field("")) == "");
}

TEST_CASE("other encoding: bits are eight to a word, or without blanks") {
  CHECK(told("00000000 00000001") == "1 bits");
  CHECK(told("0000000000000001") == "1 bits");
  CHECK(told("0000000 00000001 ") == "");
  CHECK(told("0000000 000000001") == "");
  CHECK(told("0000000000000000") == ""); // zeros are hex as well
  CHECK(told("000000000000001") == "");
  CHECK(told("00000000 00000002") == "");
}

TEST_CASE("other encoding: base32 has letters that hex has not, of either alphabet") {
  CHECK(told("AAAAABIAD3QTYAAZ") == "1 base32");
  CHECK(told("AAAAABIAD3QTYAA") == "");
  CHECK(told("AAAAABIAD3QTYAAZ======") == "1 base32");
  CHECK(told("0000018103RGJO0P") == "1 base32 by another alphabet");
  CHECK(told("0000018103RGJO0W") == "");
  CHECK(told("ABCDEF2345672345") == ""); // hex
  CHECK(told("ABCDEF0123456789") == "");
}

TEST_CASE("other encoding: a letter's head may stand before it, and blanks behind it") {
  const std::string line = ":0300300002337A1E";
  CHECK(told(line + " \r\nmore") == "1 Intel HEX");
  CHECK(told("a\n\n" + line) == "3 Intel HEX");
  CHECK(told(std::string(63, '\n') + line) == "64 Intel HEX");
  CHECK(told(std::string(64, '\n') + line) == "");
  CHECK(told("") == "");
  CHECK(told("00 04 04 02\n") == "");
}

} // namespace dualcam::other_encoding_test
