#include "common/hex_reader.hpp"

#include "testing.hpp"

namespace dualcam {
namespace {

/// `|` between blocks, `(n)` for missing bytes, `>` before bytes of the other side.
class HexLog : public HexReader::Listener {
public:
  void bytes(Bytes bytes, bool other_side) override {
    text += (other_side ? ">" : "") + to_hex(bytes);
  }
  void missing(std::uint64_t count, bool) override { text += '(' + std::to_string(count) + ')'; }
  void next_block() override { text += '|'; }

  std::string text;
};

std::string read_in(std::string_view text, std::size_t piece) {
  HexLog log;
  HexReader reader(log);
  for (; !text.empty(); text.remove_prefix(std::min(piece, text.size()))) {
    reader.feed(text.substr(0, piece));
  }
  reader.finish();
  return log.text + (reader.lines_passed_over() != 0
                         ? " passed " + std::to_string(reader.lines_passed_over())
                         : "");
}

std::string read(std::string_view text) {
  const auto whole = read_in(text, text.size());
  for (const std::size_t piece : {1U, 3U, 50U}) {
    CAPTURE(piece, text);
    CHECK(read_in(text, piece) == whole);
  }
  return whole;
}

} // namespace

TEST_CASE("hex: digits in every grouping") {
  for (const auto* text :
       {"00040402ff", "0004 0402 ff", "00 04 04 02 FF\n", "00,04,04,02,ff", "00:04:04:02:ff",
        "0x00, 0x04, 0x04, 0x02, 0xff", "0x0, 0x4, 0x4, 0x2, 0xFF,", "0x00040402ff",
        "\\x00\\x04\\x04\\x02\\xff", "\"\\x00\\x04\"\n\"\\x04\\x02\\xff\"", "00;04;04;02;ff",
        "{0x00,0x04,0x04,0x02,0xff};", "00-04-04-02-ff", "0 4 4 2 ff", "000\n40402f\nf",
        "00040\n402ff\n",
        "\xEF\xBB\xBF"
        "00 04 04 02 ff",
        "00 04\r\n04 02 ff\r\n", "/* Packet 5 */ 00 04 04 02 ff"}) {
    CAPTURE(text);
    CHECK(read(text) == "00040402ff");
  }
  CHECK(read("char peer0_0[] = { /* Packet 2 */\n0x00, 0x04, 0x04,\n0x02, 0xff };\n") ==
        "00040402ff passed 1");
}

TEST_CASE("hex: one very long line") {
  const auto bytes = random_bytes(100'000, 5);
  CHECK(read_in(to_hex(bytes), 1000) == to_hex(bytes));
  CHECK(read_in(to_hex(bytes) + "\n", 1 << 20) == to_hex(bytes));
}

TEST_CASE("hex: xxd") {
  CHECK(read("00000000: 0004 0402 0102 0304 0506 0708 090a 0b0c  ................\n"
             "00000010: 6162 6364                                abcd\n") ==
        "000404020102030405060708090a0b0c61626364");
  CHECK(read("00000000: 00 04 04 02 61 62 63 64  ....abcd\n00000008: 65 66  ef\n") ==
        "00040402616263646566");
  CHECK(read("00000000: 6161 6161 6161 6161 6161 6161 6161 6161  aaaaaaaaaaaaaaaa\n"
             "*\n00000030: 62                                       b\n") == [] {
    std::string text;
    for (int i = 0; i < 48; ++i) {
      text += "61";
    }
    return text + "62";
  }());
}

TEST_CASE("hex: hexdump -C and od") {
  CHECK(read("00000000  00 04 04 02 01 02 03 04  05 06 07 08 09 0a 0b 0c  |................|\n"
             "00000010  61 62 63 64 65 66 67 68                           |abcdefgh|\n"
             "00000018\n") == "000404020102030405060708090a0b0c6162636465666768");
  CHECK(read("00000000  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|\n"
             "*\n00000028\n") == std::string(80, '0'));
  CHECK(read("000000 00 04 04 02 01 02 03 04 05 06 07 08 09 0a 0b 0c\n"
             "000010 61 62\n000012\n") == "000404020102030405060708090a0b0c6162");
}

TEST_CASE("hex: tcpdump's packets are blocks") {
  CHECK(read("12:34:56.789012 IP 10.0.0.1.7050 > 10.0.0.2.40000: Flags [P.], length 4\n"
             "\t0x0000:  4500 0004 0402 0102 0304 0506 0708 090a  E...............\n"
             "\t0x0010:  6162                                     ab\n"
             "12:34:57.789012 IP 10.0.0.1.7050 > 10.0.0.2.40000: Flags [P.], length 4\n"
             "\t0x0000:  4500 0005\n") == "4500000404020102030405060708090a6162|45000005 passed 2");
}

TEST_CASE("hex: Wireshark's dumps") {
  CHECK(read("0000   00 04 04 02 01 02 03 04 05 06 07 08 09 0a 0b 0c   ................\n"
             "0010   61 62                                             ab\n") ==
        "000404020102030405060708090a0b0c6162");
  CHECK(read("00000000  00 00 00 05 00 01 3e e1  3c 00 19 81 44 00 04 00   ......>. <...D...\n"
             "    00000000  00 08 00 07 25 70 68 6f  74 6f 66                  ....%pho tof\n"
             "00000010  00 01                                              ..\n") ==
        "0000000500013ee13c00198144000400>000800072570686f746f660001");
}

TEST_CASE("hex: offsets tell what is missing, and what was pasted twice") {
  CHECK(read("00000000: 0004 0402\n00000014: 0506\n") == "00040402(16)0506");
  CHECK(read("00000000: 0004 0402\n00000000: 0004 0402\n") == "00040402|00040402");
  CHECK(read("00000010: 0004 0402\n00000010: 0004 0402\n00000014: 05\n") == "0004040205");
  CHECK(read("ffffff00: 00\nfffffffffffffff0: 01\n").starts_with("00("));
}

TEST_CASE("hex: what is text and what is not") {
  CHECK(is_hex_text(as_bytes("0004 0402\n")));
  CHECK_FALSE(is_hex_text(from_hex("00040402")));
  CHECK_FALSE(is_hex_text({}));
  CHECK_FALSE(is_hex_text(as_bytes("xyz\n")));
  CHECK(read("hello\nworld\n") == " passed 2");
}

} // namespace dualcam
