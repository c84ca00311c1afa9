#include "tools/common/hex_reading.hpp"

#include <array>
#include <cstdio>

#include "figures.hpp"

namespace dualcam::hex_reader_test {

using namespace hex_reading;

TEST_CASE("hex: digits in every grouping") {
  for (const auto* text : {"00040402ff",
                           "0004 0402 ff",
                           "00 04 04 02 FF\n",
                           "00,04,04,02,ff",
                           "00:04:04:02:ff",
                           "0x00, 0x04, 0x04, 0x02, 0xff",
                           "0x0, 0x4, 0x4, 0x2, 0xFF,",
                           "0x00040402ff",
                           "\\x00\\x04\\x04\\x02\\xff",
                           "\"\\x00\\x04\"\n\"\\x04\\x02\\xff\"",
                           "00;04;04;02;ff",
                           "{0x00,0x04,0x04,0x02,0xff};",
                           "00-04-04-02-ff",
                           "00:04 04:02:ff",
                           "0 4 4 2 ff",
                           "00040\n402ff\n",
                           "0004\n0402ff\n",
                           "00 04 04\n2\nff\n",
                           "[00 04 04 02 ff]",
                           "\"0004\"\n\"0402ff\"",
                           "\xEF\xBB\xBF"
                           "00 04 04 02 ff",
                           "00 04\r\n04 02 ff\r\n",
                           "/* Packet 5 */ 00 04 04 02 ff"}) {
    CAPTURE(text);
    CHECK(read(text) == "00040402ff");
  }
  CHECK(read("char peer0_0[] = { /* Packet 2 */\n0x00, 0x04, 0x04,\n0x02, 0xff };\n") ==
        "00040402ff");
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
  CHECK(read("00000000: 0004 0402\n00000014: 0506\n") ==
        "00040402(16)0506 line 2: 16 bytes are missing before it: its offset jumps ahead");
  // Of a line that was named no more is said.
  CHECK(read("00000000: 0004 0402\n00000004: 00q4 0402\n00000008: 0506\n") ==
        "00040402(4)0506 line 2: something between the bytes is no pair of hex digits");
  CHECK(read("00000000: 0004 0402\n00000000: 0004 0402\n") == "00040402|00040402");
  CHECK(read("00000010: 0004 0402\n00000010: 0004 0402\n00000014: 05\n") == "0004040205");
  CHECK(read("00000010: 0004 0402\n00000014: 05\n00000010: 0004\n") == "0004040205|0004");
  CHECK(read("ffffff00: 00\nfffffffffffffff0: 01\n").starts_with("00("));
  CHECK(read("00000000: 0004\n00000002: 0402\n00000000: 0005\n00000001: 0501\n") ==
        "00040402|0005 line 4: its offset goes back: pasted twice, or another dump?");
}

namespace {

/// What `od`, `xxd -d` and `hexdump` print of `bytes`: 16 a line behind offsets in `base`.
std::string with_offsets(Bytes bytes, const char* offset_format, std::string_view between = "") {
  std::string text;
  char offset[32];
  for (std::size_t at = 0; at < bytes.size(); at += 16) {
    std::snprintf(offset, sizeof offset, offset_format, at);
    text += std::string(offset) + std::string(between);
    for (const auto byte : bytes.subspan(at, std::min<std::size_t>(16, bytes.size() - at))) {
      text += ' ' + to_hex(std::span(&byte, 1));
    }
    text += '\n';
  }
  return text;
}

/// Numbers with `separator` between.
std::string list_of(Bytes bytes, std::string_view separator, bool is_signed) {
  std::string text;
  for (const auto byte : bytes) {
    const auto value = std::to_integer<int>(byte);
    text += text.empty() ? "" : std::string(separator);
    text += std::to_string(is_signed && value > 127 ? value - 256 : value);
  }
  return text;
}

/// Nothing was read, and why.
void check_refused(std::string_view text, std::string_view why) {
  CAPTURE(text);
  const auto said = read(text);
  CHECK(said.find(why) != std::string::npos);
  CHECK(said.starts_with(" line "));
}

/// The line's bytes are left out, those of the others are read.
void check_left_out(std::string_view line, std::string_view why) {
  CAPTURE(line);
  const auto said = read("00 04 04 02\n" + std::string(line) + "\n0a 0b 0c 0d\n");
  CHECK(said.starts_with("000404020a0b0c0d line 2: "));
  CHECK(said.find(why) != std::string::npos);
}

} // namespace

TEST_CASE("hex: offsets in hex, octal and decimal, told by their step") {
  for (const std::size_t size : {16U, 17U, 100U, 5000U, 70'000U}) {
    const auto bytes = random_bytes(size, 7);
    for (const auto* format :
         {"%07zo", "%07zu", "%07zx", "%08zo", "%08zu:", "%08zx:", "%06zx", "0x%04zx:", "%010zo"}) {
      CAPTURE(size, format);
      for (const auto& text : {with_offsets(bytes, format), with_offsets(bytes, format, " ")}) {
        const bool piecewise = size <= 5000 || !is_sanitized();
        CHECK((piecewise ? read(text) : read_in(text, text.size())) == to_hex(bytes));
      }
    }
  }
}

TEST_CASE("hex: an offset has three to sixteen digits") {
  const auto lines = [](std::string_view first, std::string_view second) {
    return read(std::string(first) + ": 00 04\n" + std::string(second) + ": 04 02\n");
  };
  CHECK(lines("000", "002") == "00040402");
  CHECK(lines("0000000000000000", "0000000000000002") == "00040402");
  CHECK(lines("00000000000000000", "00000000000000002") != "00040402");
  CHECK(lines("00", "02") != "00040402");
}

TEST_CASE("hex: a dump's middle, with its offsets") {
  const auto bytes = random_bytes(600, 8);
  for (const auto* format : {"%07zo", "%07zu", "%07zx"}) {
    auto text = with_offsets(bytes, format);
    for (int i = 0; i < 10; ++i) {
      text.erase(0, text.find('\n') + 1);
    }
    CAPTURE(format);
    CHECK(read(text) == to_hex(Bytes(bytes).subspan(160)));
    const auto line = text.find('\n', 200) + 1; // and one line of it lost
    text.erase(line, text.find('\n', line) + 1 - line);
    CHECK(read(text).find("(16)") != std::string::npos);
  }
}

TEST_CASE("hex: numbers that are no offsets are refused") {
  check_refused("000100: 00 04 04 02\n000101: 00 04 04 02\n000102: 00 04 04 02\n", "no offsets");
  check_refused("115959  00 04 04 02\n120000  00 04 04 02\n120001  00 04 04 02\n", "no offsets");
}

TEST_CASE("hex: bytes in octal and decimal behind offsets, as od prints them") {
  CHECK(read("0000000 000 004 004 002\n0000004 377\n0000005\n") == "00040402ff");
  CHECK(read("0000000   0   4   4   2\n0000004 255\n0000005\n") == "00040402ff");
  CHECK(read("0000000    0    4    4    2\n0000004   -1\n0000005\n") == "00040402ff");
  CHECK(read("000000   0   4   4   2\n000004 255\n") == "00040402ff");
  CHECK(read("0000000 000 004\n*\n0000006 001\n0000007\n") == "00040004000401");
}

TEST_CASE("hex: 16-bit words and octal numbers are refused") {
  for (const auto* text :
       {"0000000 0000 0500 0100 e13e 003c 8119 0044 0004\n0000010\n",
        "0000000    0000    0500    0100    e13e\n", "0000000 000000 002400 000400 160476\n",
        "0000000 05000000 e13e0100\n"}) {
    check_refused(text, "16-bit words");
  }
  check_left_out(" 0000 0500 0100 e13e 003c 8119 0044 0004", "16-bit words");
}

TEST_CASE("hex: a text column that is not the bytes' tells another byte order") {
  CHECK(read("00000000: 64636261 68676665  abcdefgh\n")
            .starts_with(" line 1: the text beside the bytes is not theirs"));
  CHECK(read("00000000: 61626364 65666768  abcdefgh\n") == "6162636465666768");
  CHECK(read("00000000  61 62 7c 64 65 66 67 68  69 6a                       |ab|defghij|\n") ==
        "61627c6465666768696a");
  CHECK(read("0000   61 62 63 64 65 66 67 68 00 6a   abcdefgh .j\n") == "6162636465666768006a");
}

TEST_CASE("hex: CRLF, and the text column beside the bytes") {
  const std::string xxd = "00000000: 0004 0402 0102 0304 0506 0708 090a 0b0c  ................\n"
                          "00000010: 6162 6364                                abcd\n";
  std::string crlf;
  for (const char c : xxd) {
    crlf += c == '\n' ? "\r\n" : std::string(1, c);
  }
  CHECK(read(crlf) == read(xxd));
  CHECK(read("00000000: 6162 6364  abcd\r\n00000004: 6566  ef\r\n") == "616263646566");
  CHECK(read("00000000  61 62 63 64 65 66 67 68                           |abcdefgh|\r\n"
             "00000008\r\n") == "6162636465666768");
  CHECK(read("[0, 4,\r\n 4, 200]\r\n") == "000404c8");
  CHECK(read("00040\r\n402ff\r\n") == "00040402ff");
  CHECK(read("00000000: 6162 6364  abcd\r00000004: 6566  ef\r") == "616263646566");
  CHECK(read("> 00040402\r> 00ff\r") == "0004040200ff");
}

TEST_CASE("hex: Format-Hex of both PowerShells") {
  CHECK(read("\r\n\r\n           Path: C:\\d.bin\r\n\r\n"
             "           00 01 02 03 04 05 06 07 08 09 0A 0B 0C 0D 0E 0F\r\n\r\n"
             "00000000   00 04 04 02 FF 00 00 00 00 00 00 00 00 00 00 41  ................A\r\n"
             "00000010   42 43                                            BC\r\n") ==
        "00040402ff00000000000000000000414243 passed 1");
  for (const std::string label : {"d.bin", "String (System.String) <3A2B1C0D>"}) {
    CHECK(read("   Label: " + label +
               "\n\n"
               "          Offset Bytes                                           Ascii\n"
               "                 00 01 02 03 04 05 06 07 08 09 0A 0B 0C 0D 0E 0F\n"
               "          ------ ----------------------------------------------- -----\n"
               "0000000000000000 00 04 04 02 FF 00 00 00 00 00 00 00 00 00 00 41 ...............A\n"
               "0000000000000010 42 43                                           BC\n") ==
          "00040402ff00000000000000000000414243 passed 3");
  }
}

TEST_CASE("hex: a template string of JavaScript, which begins with an escape") {
  CHECK(read("const a = `\\x00\\x04'\\x05\\x06\\x07\"`;\n") == "00042705060722");
  CHECK(read("run `b'\\x00\\x04\\x05\\x06'`\n") == "00040506");
}

TEST_CASE("hex: lists of decimal numbers, signed and unsigned") {
  const auto bytes = random_bytes(20'000, 9);
  const auto hex = to_hex(bytes);
  for (const bool is_signed : {false, true}) {
    for (const auto& [before, between, behind] : {std::array{"[", ", ", "]"},
                                                  {"{\"type\":\"Buffer\",\"data\":[", ",", "]}\n"},
                                                  {"bytes([", ",\n  ", "])\n"},
                                                  {"byte[] b = {", ", ", "};\n"},
                                                  {"", " ", "\n"}}) {
      CAPTURE(is_signed, before);
      CHECK((read(before + list_of(bytes, between, is_signed) + behind) == hex)); // not printed
    }
  }
  CHECK(read("[0, 4, 300, 255]").starts_with(" line 1: "));
  const HexForm list{HexStyle::decimal, 10, '['};
  CHECK(read_form(list, "Uint8Array(4) [0, 4, 200, 255, buffer: ArrayBuffer(4), byteLength: 300, "
                        "byteOffset: 0]\n[1, 2]") == "0004c8ff0102");
  CHECK(read("[0, 4, -1, 2, 200]").find("signed and unsigned") != std::string::npos);
  CHECK(read("[0, 4, 200, -129, 5]").find("'-129' is no byte") != std::string::npos);
}

TEST_CASE("hex: numbers that may be decimal or hex are refused") {
  check_refused("[0, 4, 4, 2]", "decimal or hex");
  check_refused("0 4 4 2 10 16\n", "decimal or hex");
  check_refused("[10, 16, 44, 32, 88]", "decimal or hex");
  check_refused("000 004 004 002 255\n", "octal or decimal");
  CHECK(read("00 04 04 02 10 16\n") == "000404021016");
}

TEST_CASE("hex: a digit too few or too many") {
  CHECK(read("0004040") ==
        "000404 line 1: an odd number of hex digits: one is missing, or one too many");
  check_left_out("00 04 4 02", "an odd number");
  check_left_out("000 404", "an odd number");
  CHECK(read("00040\n402f\n00\n").find("line 1: an odd number") != std::string::npos);
  CHECK(read("000\n40402f\nf").find("an odd number") != std::string::npos);
  CHECK(read(to_hex(random_bytes(50'000, 3)) + "a\n").find("line 1: an odd number") !=
        std::string::npos);
  CHECK(read("00000000: 0004 040\n00000004: 0506\n") ==
        "0506 line 1: something between the bytes is no pair of hex digits");
}

TEST_CASE("hex: prefixes with times, dates, addresses and arrows") {
  for (const auto* prefix :
       {"[11:18:00.209] ", "[11:18:00] ", "11:18:00 ", "2024-10-29 11:18:00.5678 ",
        "2024-10-29T11:18:00Z ", "2023-10-20 12:00:00  INFO: [T1a2b3c4d: dualcam < 192.0.2.1] ",
        "[RX]: ", "RX > ", "<< data: ", "192.0.2.1:7050 -> ", "> "}) {
    CAPTURE(prefix);
    const std::string before = prefix;
    CHECK(read(before + "00 04 04 02\n" + before + "0a 0b 0c 0d\n") == "000404020a0b0c0d");
    CHECK(read(before + "[00040402]\n" + before + "[0a0b0c0d]\n") == "000404020a0b0c0d");
  }
  check_left_out("11:18:00 00:04:04:02", "separated in different ways");
  check_left_out("00:04:04 02,03", "bytes are separated in different ways");
  CHECK(read("00:04:04 02,03").find("is there a time") == std::string::npos);
  CHECK(read("1\t0.000000\t0004040200040402\n2\t1.5\t00:04:04:02:00:04:04:02\n") ==
        "00040402000404020004040200040402");
  CHECK(read("12\t00040402\n") == "00040402");
  check_left_out("00 04 04 02 0a 0b (6 bytes)", "hex with something else");
  CHECK(read("00 04\nconnected to 192.0.2.1 port 7050\ndevice added\n04 02\n") ==
        "00040402 passed 2");
}

TEST_CASE("hex: C arrays take 0x and nothing else") {
  CHECK(read("unsigned char d_bin[] = {\n  0x00, 0x04, 0x04, 0x02,\n  0xff\n};\n"
             "unsigned int d_bin_len = 3126;\n") == "00040402ff");
  CHECK(read("const uint8_t x[4] = { 0x00, /* 4, 0x05 */ 0x04, // 0x06, 7\n 0x04, 0x02 };\n") ==
        "00040402");
  CHECK(read("{0x00, 4, 0x02}").find("'4' among numbers with 0x") != std::string::npos);
  CHECK(read("{0x00, Ox04, 0x02}") == "0002 line 1: 'Ox04' may be a byte with 0x before it");
  CHECK(read("{0x0004, 0x0402}").find("unknown byte order") != std::string::npos);
  CHECK(read("[]byte{0x0, 0x4}") == "0004");
}

TEST_CASE("hex: strings of escapes") {
  CHECK(read("b'\\x00\\x04\\x04\\x02'\n") == "00040402");
  CHECK(read("data = \"\\x00\\x04\"\n       \"\\x04\\x02\\xff\";\n") == "00040402ff");
  CHECK(read("b'\\x00\\x01>\\xe1<\\x04'\n") == "00013ee13c04");
  CHECK(read("b'\\x00\\x01\\t\\n\\\\\\x04\\x05'\n") == "0001090a5c0405");
  CHECK(read("it's b'\\x00\\x01\\x04\\x05' there\n") == "00010405");
  CHECK(read("\"\\u0000\\u0004\\u0004\\u00ff\"") == "000404ff");
  CHECK(read("\"\\u0000\\u0004\\u0004\\u0102\"").find("above 255") != std::string::npos);
  CHECK(read("\"\\000\\4\\004\\377\\0019\"") == "000404ff0139");
  CHECK(read("\\x00\\x04 x \\x04\\x02").find("characters stand between") != std::string::npos);
}

TEST_CASE("hex: Node's buffers") {
  CHECK(read("<Buffer 00 04 04 02>\n<Buffer ff>\n") == "00040402ff");
  CHECK(read("received: <Buffer 00 04 ... 12 more bytes>\n<Buffer ff>\n") ==
        "0004(12)ff line 1: cut short where it was printed: 12 more bytes are not there; "
        "buffer.toString('hex') prints it whole");
  CHECK(read("<Buffer 00 0>\n").find("'0' in a <Buffer") != std::string::npos);
  CHECK(read("<Buffer 00 04").find("ends inside") != std::string::npos);
}

TEST_CASE("hex: JSON with bytes in strings") {
  CHECK(read("{\"length\": 4, \"data\": \"00,04,04,02\", \"time\": 1730288144100,\n"
             "\"data\" : \"ff0a\", \"imei\": \"35061207\"}\n") == "00040402ff0a");
  CHECK(read("{\"data\": \"0004\\n0f\"}").find("not pairs of hex digits") != std::string::npos);
  CHECK(read("{\"data\": \"00040\"}").find("odd number") != std::string::npos);
  CHECK(read("{\"data\": \"hello\"}").find("not pairs of hex digits") != std::string::npos);
}

TEST_CASE("hex: lines left out without offsets are refused") {
  check_refused(" 00 04 04 02\n*\n ff ff\n", "od -v");
  const std::string long_text(70'000, '0');
  CHECK(read(long_text + "\n00 04\n*\n00\n").find("od -v") != std::string::npos);
}

TEST_CASE("hex: offsets in octal whose lines are mostly left out") {
  const std::string zeros = "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00";
  CHECK(read("0000000 " + zeros + "\n*\n0000040 00 00 00 00 00 00 00 01\n0000050\n") ==
        std::string(79, '0') + "1");
  check_refused("0000000 " + zeros + "\n*\n0000040\n", "no offsets for certain");
  CHECK(read("00000000  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|\n*\n"
             "00000040\n") == std::string(128, '0'));
}

TEST_CASE("hex: base64") {
  CHECK(read("AAAABQABPuE8ABmBRAAEAAALACADBAAAAZLYhJqw\nAAAAAAB4QEtZmZmZmZo=\n") ==
        "0000000500013ee13c00198144000400000b0020030400000192d8849ab0000000000078404b59999999999a");
  CHECK(read("data:application/octet-stream;base64,AAQEAv8=\n") == "00040402ff");
  constexpr std::string_view cut = "no other to go with";
  CHECK(read("AAAABQABPuE8ABmBRAAEAAALACADB\n").contains("line 1: the last character"));
  CHECK(read("data: !!binary AAAABQABPuE8ABmBRAAEAAALACADB\n").contains(cut));
  CHECK(read("- data: !!binary |\n    AAAABQABPuE8ABmBR\n    AAEAAALACADB\n").contains(cut));
  const auto more =
      read("- data: !!binary |\n    AAAABQABPuE8ABmBRAAEAAALACADB\n- data: 00040003\n");
  CHECK(more.contains(cut));
  CHECK(more.contains("00040003"));
  HexForm json{HexStyle::json};
  json.value = JsonValue::base64;
  json.key = "data";
  HexLog log;
  HexReader reader(log, json, 0);
  reader.feed(R"([{"data": "AAAABQABPuE8ABmBRAAEAAALACADB"}, {"data": "AAQAAQ=="}])");
  reader.finish();
  REQUIRE(reader.problem_count() == 1);
  CHECK(reader.problems()[0].what.contains(cut));
}

TEST_CASE("hex: a star stands for 64 MiB at most") {
  std::uint64_t count = 0;
  struct Counter : HexReader::Listener {
    explicit Counter(std::uint64_t& count) : count_(count) {}
    void bytes(Bytes bytes, bool) override { count_ += bytes.size(); }
    void missing(std::uint64_t count, bool) override { missing_ += count; }
    void next_block() override {}
    std::uint64_t& count_;
    std::uint64_t missing_ = 0;
  } counter(count);
  HexReader reader(counter);
  reader.feed("00000000  00 04 00 03 00 00 00 00  00 04 00 03 00 00 00 00\n*\n3fffffff0  00 01\n"
              "*\n7fffffff0  00 01\n");
  reader.finish();
  CHECK(count <= HexReader::most_repeated + 64);
  CHECK(counter.missing_ > 0x700000000);
  CHECK(reader.problem_count() == 2);
}

TEST_CASE("hex: of many problems the first are told and all counted") {
  HexLog log;
  HexReader reader(log);
  for (int i = 0; i < 100'000; ++i) {
    reader.feed("00 0\n");
  }
  reader.finish();
  CHECK(reader.problem_count() == 100'000);
  CHECK(reader.problems().size() == HexReader::most_problems);
}

TEST_CASE("hex: what is text and what is not") {
  CHECK(is_hex_text(as_bytes("0004 0402\n")));
  CHECK_FALSE(is_hex_text(from_hex("00040402")));
  CHECK_FALSE(is_hex_text({}));
  CHECK(is_hex_text(as_bytes("=====\n\x7F")));
  CHECK_FALSE(is_hex_text(as_bytes("0004\x08")));
  CHECK(read("hello\nworld\n") == " passed 2");
}

TEST_CASE("hex reader: what is looked for may come behind a long log") {
  std::string text;
  while (text.size() < HexReader::sample_size + 1000) {
    text += std::string(99, '~') + '\n'; // soon seen to be nothing
  }
  for (int i = 0; i < 400; ++i) {
    text += "[\"RX\", \"00 04 04 02 00 04 04 02\"]\n";
  }
  HexLog log;
  HexReader reader(log, [](std::span<const ByteBuffer> blocks) {
    return to_hex(blocks.front()).starts_with("0004040200040402") ? blocks.front().size() : 0;
  });
  reader.feed(text);
  reader.finish();
  CHECK(log.text.size() == 400 * 16);
  CHECK(log.text.starts_with("0004040200040402"));
  CHECK(reader.problem_count() == 0);
}

TEST_CASE("hex reader: base64 in JSON is told wherever the sample cuts it") {
  for (std::size_t digits = 8; digits < 16; ++digits) {
    const auto form = judge_hex(R"({"data": "AAAABQABPuE8ABmB)" + std::string(digits, 'Q'));
    REQUIRE(form);
    CHECK(form->value == JsonValue::base64);
  }
}

} // namespace dualcam::hex_reader_test
