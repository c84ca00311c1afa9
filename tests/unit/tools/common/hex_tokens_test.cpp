#include "tools/common/hex_reading.hpp"

namespace dualcam::hex_tokens_test {

using namespace hex_reading;
namespace {

using namespace std::string_literals;

const std::string no_bytes = "characters that are no bytes: print it as hex or base64";
const std::string outside = "escapes outside of the quotes around the others: print it as hex";
const std::string between =
    "characters stand between the escapes: print it as hex, such as data.hex()";
const std::string no_escape = "an escape that is none: print it as hex";
const std::string above_255 = "an escape above 255 is a character, not a byte: print it as hex";
const std::string short_x = "an escape x without two hex digits";
const std::string short_u = "an escape u without four hex digits";
const std::string no_pairs = "a string that should be bytes is not pairs of hex digits";

} // namespace

TEST_CASE("hex tokens: C arrays") {
  check_reads({
      {"{0x00, 0xa0, 0xAf, 0x9, 0x0, 0XFf}", "00a0af0900ff"},
      {"{0x00, 0xz1}",
       "00 line 1: '0xz1' is no byte of one or two hex digits: words have an unknown byte order"},
      {"{0x00, 0xZ1}",
       "00 line 1: '0xZ1' is no byte of one or two hex digits: words have an unknown byte order"},
      {"{0x00, 0x_1}",
       "00 line 1: '0x_1' is no byte of one or two hex digits: words have an unknown byte order"},
      {"{0x00, 0x-1}",
       "00 line 1: '0x-1' is no byte of one or two hex digits: words have an unknown byte order"},
      {"{0x00, 0x.1}",
       "00 line 1: '0x.1' is no byte of one or two hex digits: words have an unknown byte order"},
      {"{0x00, 0x+1}",
       "00 line 1: '0x+1' is no byte of one or two hex digits: words have an unknown byte order"},
      {"{0x00, 0x1a1}",
       "00 line 1: '0x1a1' is no byte of one or two hex digits: words have an unknown byte order"},
      {"{0x00, 0x}",
       "00 line 1: '0x' is no byte of one or two hex digits: words have an unknown byte order"},
      {"0x00,0x04,0x04,0x02,0x00,0x04,0x04,0x02,0x9c,0xc", // a digit is missing
       "00040402000404029c0c line 1: '0xc' has one digit, and those before it two: is one "
       "missing?"},
      {"0x00, 0x04, 0x  , 0x  \n", "0004"}, // the last line of 'hexdump -e'
      {"0x00, 0x  , 0x04\n", "0004 line 1: '0x' without digits: a byte is missing"},
      {"{0x00, 0x1g}",
       "00 line 1: '0x1g' is no byte of one or two hex digits: words have an unknown byte order"},
      {"{0x00, a, Z, x9, 0x01}", "0001"},
      {"{0x00, 9}", "00 line 1: '9' among numbers with 0x: decimal or octal?"},
      {"Async,data,0.000123,8.68e-05,0x00\nAsync,data,1.5,8.68e-05,0x04", "0004"}, // Saleae's CSV
      {"{0x00, 0}", "00 line 1: '0' among numbers with 0x: decimal or octal?"},
      {"{0x00, 12345678901234567890123}",
       "00 line 1: '12345678901234567890' among numbers with 0x: decimal or octal?"},
      {"{ 0x01, /* 0x02 */ 0x03 }", "0103"},
      {"{ 0x01, /* 0x02 * 0x03 **/ 0x04 }", "0104"},
      {"{ 0x01, /**/ 0x02, /***/ 0x03 }", "010203"},
      {"{ 0x01, /*/ 0x02 */ 0x03 }", "0103"},
      {"{ 0x01, // 0x02 */ 0x03\n 0x04 }", "0104"},
      {"{ 0x01 / 0x02 * 0x03 }", "010203"},
      {"{ 0x01, / / 0x02 }", "0102"},
      {"{ 0x01, /\n/ 0x02 }", "0102"},
      {"{ 0x01,/*\n0x02\n*/0x03, 9 }", "0103 line 3: '9' among numbers with 0x: decimal or octal?"},
      {"{ 0x0102\n0x0304, }", "01020304"},
      {"{ 0x01, 0x0203 }",
       "01 line 1: '0x0203' is no byte of one or two hex digits: words have an unknown byte order"},
      {"{ 0x0102, 0x0304 }", "0102 line 1: '0x0304' is no byte of one or two hex digits: words "
                             "have an unknown byte order"},
      {"{ 0x01 \n,/*\n*/0x0203 }", "010203"},
      {"{ 0x01 \n//\n0x0203 }", "010203"},
      {"{ 0x010 }",
       " line 1: '0x010' is no byte of one or two hex digits: words have an unknown byte order"},
      {"x[0x09] = {0x01, {0x02}, 0x03}; y = 0x04", "010203"},
      {"x[0x09] = 0x04", "0904"},
      {"$1 = {0x00, 0x04\n$2 = {0x02}", "000402 line 1: a list that is cut: its end is not there"},
      {"$10 = {\n  [0] = 0x00\n  [1] = 0x04\n}", "0004"},
      {"0x01 } 0x02 { 0x03", "03"},
  });
}

TEST_CASE("hex tokens: characters, and codes in brackets for those that are none") {
  const HexForm form{.style = HexStyle::codes, .bracket = '<'};
  CHECK(read_form(form, "log: <00>A\r\n<NUL><b><>< 1\t") ==
        "0041003c623e3c3e3c2031 line 2: a character that is no byte: have the terminal show hex "
        "only");
  CHECK(read_form({.style = HexStyle::codes, .bracket = '{'}, "<00>{00}{1F}[04]") ==
        "001f5b30345d");
}

TEST_CASE("hex tokens: lists of decimal numbers") {
  check_reads({
      {"[-128, 127, 0]", "807f00"},
      {"[0, 128, 255]", "0080ff"},
      {"[255, 4, 0, 256]", " line 1: "s + odd},
      {"[-1, 127, -129]", "ff7f line 1: '-129' is no byte: -128 to 255 were expected"},
      {"[-1, 128]", "ff line 1: '128': signed and unsigned bytes in one text"},
      {"[-1, 127, 1?7]", "ff7f line 1: '1?7' is no byte: -128 to 255 were expected"},
      {"[-1, 127, ?17]", "ff7f line 1: '?17' is no byte: -128 to 255 were expected"},
      {"[200, 4x]", " passed 1"},
      {"[200, true]", " passed 1"},
      {"n = 300, x = [200, 4], y = 5", " passed 1"},
      {"len [200, 4]", "c804"},
      {"array(3) {\n [1]=>\n int(0)\n [2]=>\n int(200)\n [3]=>\n int(4)\n}", "00c804"},
      {"{byte[3]}\n [0]: 0\n [1]: 200\n [2]: 4", "00c804"},
      {"int(3)\nint(200)\nint(4)", "03c804"},
      {"f(3, 200, 4)", "03c804"},
      {"a9 200 4 100", " line 1: "s + odd},
      {"200 4 100 a9 :", " passed 1"},
      {"[[1, 200], [3]] 4", "01c803"},
      {"(1, 200) 3", "01c8"},
      {"{1, 200} 3", "01c8"},
      {"[src/main.rs:42:5] d = [\n 0,\n 200,\n]", "00c8"},
      {"rx [0, 200, 4\nrx [0, 200]", "00c80400c8 line 1: a list that is cut: its end is not there"},
      {"rx [0,\n rx, 200]", "00c8 line 2: 'rx' is no byte: -128 to 255 were expected"},
      {"[1, 200 // 3\n, 4]", "01c80304"},
      {"[1, 200 /* 3 */, 4]", "01c80304"},
      {"1 200 3 99999999999", " line 1: "s + odd},
      {"-1 -2 99999999999", " passed 1"},
  });
  const auto too_large = "000402 line 1: '300' is no byte: -128 to 255 were expected";
  CHECK(read_form({.style = HexStyle::decimal}, "rx 0 4 300 2 ok") == too_large);
  CHECK(read_form({.style = HexStyle::decimal, .bracket = '['}, "7 [0, 4, 300, 2] 9") == too_large);
  CHECK(read_form({.style = HexStyle::decimal, .bracket = '['}, "rx [0, x]") ==
        "00 line 1: 'x' is no byte: -128 to 255 were expected");
}

TEST_CASE("hex tokens: names beside numbers, and their values, are none of a list") {
  HexForm form{.style = HexStyle::decimal, .base = 10};
  const auto read_in = [&](char bracket, std::string_view text) {
    form.bracket = bracket;
    return read_form(form, text);
  };
  CHECK(read_in('[', "[0, 200, size: f(2), Symbol(x.y): 'Z']") == "00c8");
  CHECK(read_in('[', "[0, |4, 200uy]") == "0004c8");
  CHECK(read_in('\0', "d = {byte[2]@1024}\n 0 = 0\n 1 = 200") == "00c8");
  form.whole_groups = true;
  CHECK(read_in('{', R"({"t": 1, "dir": "RX", "data": {"0": 0, "1": 200}})") == "00c8");
}

TEST_CASE("hex tokens: strings of escapes") {
  check_reads({
      {R"("\x00\x04\x04\x02 ")", "0004040220"},
      {"\"\\x00\\x04\\x04\\x02\t\"", "00040402 line 1: "s + between},
      {R"("\x00\x04\x04\x02")", "00040402"},
      {"\"\\x00\\x04\\x04\\x02\303\251\"", "00040402e9"}, // characters of Latin-1
      {"\"\\x00\\x04\\x04\\x02\304\251\304\251\" \"\304\251\"",
       "00040402 line 1: "s + no_bytes + " line 1: " + no_bytes},
      {R"("\x00\x04\x04\x02\a\b\t\n\v\f\r\e\\\"\'\?")", "000404020708090a0b0c0d1b5c22273f"},
      {R"("\x00\x04\x04\x02\8")", "00040402 line 1: "s + no_escape},
      {R"("\x00\x04\x04\x02\q!")", "0004040221 line 1: "s + no_escape},
      {R"("\x00\x04\x04\x02\0\1\7\11\1234\128\18")", "000404020001070953340a380138"},
      {R"("\x00\x04\x04\x02\400\377")", "00040402ff line 1: "s + above_255},
      {R"("\x00\x04\x04\x02\x4g\xffa")", "0004040267ff61 line 1: "s + short_x},
      {R"("\x00\x04\x04\x02\x0")", "00040402 line 1: "s + short_x},
      {R"("\x00\x04\x04\x02\u00ff\u00ffa")", "00040402ffff61"},
      {R"("\u0000\u0004\u0004\u0002\u00100")", "000404021030"},
      {R"("\x00\x04\x04\x02\u0100\u12")", "00040402 line 1: "s + above_255 + " line 1: " + short_u},
      {"\"\\x00\\x04\\x04\\x02\\\n\\x05\"", "0004040205"},
      {R"("\u{0}\u{4}\u{04}\x02\x00\x00\x00\x00\u{100}\u{}")",
       "00040402000000007d line 1: "s + above_255 + " line 1: " + short_u},
      {"\"\\x00\\x04\\x04\\x02\nrx \"\\x05\\x06\"", "000404020506 line 1: "s + between},
      {"\"\\x00\\x04\\x04\\x02\nab\", \"\\x05\"", "00040402616205 line 1: "s + between},
      {"\"\\x00\\x04\\x04\\x02\nab\\x05\"", "00040402616205 line 1: "s + between},
      {R"('\x00\x04"\x04\x02')", "0004220402"},
      {R"("\x00\x04'\x04\x02")", "0004270402"},
      {R"(b'\x00\x04\x04\x02')", "00040402"},
      {R"(B"\x00\x04\x04\x02")", "00040402"},
      {R"(it's "\x00\x04\x04\x02")", "00040402"},
      {R"("a" \x00 "\x04" \x04 \x02)", "6104"},
      {R"("\x00\x04" "\x04\x02" \x05 'A')", "0004040241"},
      {"b = \"\\x00\\x04\" + \"\\x04\\x02\"\n'\\x05'", "0004040205"},
      {R"(\x00\x04\x04\x02)", "00040402"},
      {R"(\x00, \x04, \x04 \x02)", "00040402"},
      {R"(\x00\x04a\x04b\x02)", "00040402 line 1: "s + between},
      {R"(\x00\x04\x04\x02 ")", " line 1: "s + between + " line 1: " + outside},
      {R"("a" \x00\x04 "\x04\x02" \x05\x06)", "610402 line 1: "s + outside + " line 1: " + outside},
      {R"(C:\a\001 "\x00\x04" \u0004\u0004 \NUL\NUL\NUL "\x04\x02")",
       "00040402 line 1: "s + outside},
      {R"(\000\004\004\002)", "00040402"},
      {R"(\0\4\4\2 \0\1\2\3)", " passed 1"},
      {R"(\x00\x04\x04)", " passed 1"},
      {R"("\x00\x04\x04")", " passed 1"},
      {R"(\x00\x04\x04\x)", " passed 1"},
      {R"(\000\004\004\00)", " passed 1"},
      {R"(\x00\x04\x04\x0g)", "000404 line 1: "s + short_x + " line 1: " + between},
      {R"(\u0000\u0004\u0004\u0002)", "00040402"},
      {R"(\000\x04\x04\x02)", "00040402"},
      {R"(\800\x04\x04\x02)", " passed 1"},
      {R"(\x00\x04\x04\g02)", " passed 1"},
  });
}

TEST_CASE("hex tokens: escapes in Python's bytes are told from those beside them") {
  const auto is_marked = [](std::string_view text) {
    const auto form = judge_hex(text);
    REQUIRE(form);
    CHECK(form->style == HexStyle::escapes);
    return form->marked;
  };
  for (const auto* text :
       {R"(b'\x00\x04\x04\x02')", R"(b"\x00\x04\x04\x02")", R"(rx b'a\x00\x04\x04\x02')",
        R"({'from': '10.0.0.5', b'\x00\x04\x04\x02'})", R"(("10.0.0.5", b"\x00\x04\x04\x02"))",
        R"((b'a', b"\x00\x04\x04\x02"))", R"((b"a", b'\x00\x04\x04\x02'))"}) {
    CAPTURE(text);
    CHECK(is_marked(text));
  }
  for (const auto* text :
       {R"('\x00\x04\x04\x02')", R"("\x00\x04\x04\x02")", R"(b'a' '\x00\x04\x04\x02')",
        R"(b"a" "\x00\x04\x04\x02")", R"(ab'\x00\x04\x04\x02')", R"(5b"\x00\x04\x04\x02")",
        R"(\x00\x04\x04\x02 b'a')"}) {
    CAPTURE(text);
    CHECK_FALSE(is_marked(text));
  }
}

TEST_CASE("hex tokens: digits behind a backslash") {
  const std::string text = R"("\0\012\1a\0")";
  CHECK(read_form({.style = HexStyle::escapes}, text) == "000a016100");
  CHECK(read_form({.style = HexStyle::escapes}, "'\\E\\e'") == "1b1b"); // bash has the first
  CHECK(read_form({.style = HexStyle::escapes, .escaped = Escape::Digits::decimal}, text) ==
        "000c016100");
  CHECK(read_form({.style = HexStyle::escapes, .escaped = Escape::Digits::decimal},
                  "\"\\0\\\n\\0\"") == "000a00"); // Lua
  CHECK(read_form({.style = HexStyle::escapes, .escaped = Escape::Digits::zero}, text) ==
        "0000313261" + "00 line 1: "s + no_escape);
  const HexForm haskell{.style = HexStyle::escapes, .escaped = Escape::Digits::decimal};
  CHECK(read_form(haskell, R"("\NUL\EOT\STX\SOH\SO\254\&1\DEL\SP")") == "000402010efe317f20");
  CHECK(read_form(haskell, R"("\NULL\XYZ")") == "004c595a line 1: "s + no_escape);
}

TEST_CASE("hex tokens: strings of escapes within two quotes") {
  const auto read_nested = [](std::string_view text) {
    return read_form({.style = HexStyle::escapes, .nested = true}, text);
  };
  CHECK(read_nested(R"(rx "'\x00\x04a'" from '\x01' "\x02")") == "000461");
  CHECK(read_nested(R"(rx ""\x00\x04"", '"\x02\""' "'\x05'")") == "0004022205");
  CHECK(read_nested(R"(rx "'\x00'a''" "x")") == "00276127");
  CHECK(read_nested("rx \"'\\x00\n\\x04\nrx \"'\\x05'\"") == "0005 line 1: "s + between);
}

TEST_CASE("hex tokens: base64") {
  check_reads({
      {"AAQEAv8AAAAAAAAA", "00040402ff00000000000000"},
      {"AAQEAv8AAAAAAAA=", "00040402ff000000000000"},
      {"AAQEAv8AAAAAAA==", "00040402ff0000000000"},
      {"AAQEAv8AAAAAAAA", " passed 1"},
      {"AAQEAv8AAAAAAA", " passed 1"},
      {"AAQEAv8AAAAAA", " passed 1"},
      {"AAQEAv+/AAAAAAAA", "00040402ffbf000000000000"},
      {"AAQEAv-_AAAAAAAA", " passed 1"},
      {"AAQEAv8AAAAAAAA=\nAAQEAv8=", "00040402ff00000000000000040402ff"},
      {"AAQEAv8AAAAAAAA=AAQE", "00040402ff000000000000000404"},
      {"AAQEAv8AAAAAAAAAAA\nAAQE\n", "00040402ff0000000000000000000040"},
      {"AAQEAv8AAAAAAAAA!\n", " passed 1"},
      {"AAQEAv8AAAAAAA", " passed 1"},
      {"AAQEAv8AAAAAAAA", " passed 1"},
      {"ABCDEFABCDEFABCD", "abcdefabcdefabcd"},
      {"ABCDEFABCDEFABCG", "001083105001083105001086"},
      {"abcdefabcdefabcg", " passed 1"},
      {"aaqeav8aaaaaaaaz", " passed 1"},
      {"AAQEAv8AAAAAAAAZ", "00040402ff00000000000019"},
      {"\nAAQEAv8AAAAAAAAA", "00040402ff00000000000000"},
      {"AAQEAv8AAAAAAAAA\r\nAAQE\r\n", "00040402ff00000000000000000404"},
      {"data:;base64,AAQEAv-_", "00040402ffbf"},
      {"data:;base64,AAQE Av!+/\nAA",
       "00040402(1)(1)fc00 line 1: a character that base64 does not have"},
      {"AAQEAv8AAAAAAAAA\nAAQEv8AAAAAAAAA\nAAQEAv8AAAAAAAAA",
       "00040402ff00000000000000000404bfc0000000000000(1)00040402ff00000000000000"
       " line 2: it has 15 characters of base64, and others have 16: is one missing, or one too "
       "many?"},
      {"data:image/jpeg;charset=x,base64,AAQEAv", " passed 1"},
      {"data:text,0004", " passed 1"},
      {"data;base64,AAQEAv==", " passed 1"},
  });
}

TEST_CASE("hex tokens: Node's buffers") {
  check_reads({
      {"<Buffer 00 04>", "0004"},
      {"<Buffer >", ""},
      {"<Buffer>", " passed 1"},
      {"<Buffer 00 04 ... 1 more byte>",
       "0004(1) line 1: cut short where it was printed: 1 more byte is not there; "
       "buffer.toString('hex') prints it whole"},
      {"<Buffer 00 04 ... 12 more bytes> <Buffer 01>",
       "0004(12)01 line 1: cut short where it was printed: 12 more bytes are not there; "
       "buffer.toString('hex') prints it whole"},
      {"<Buffer 00 04 ... x more bytes>",
       "0004 line 1: 'x' in a <Buffer is no byte of two hex digits"},
      {"<Buffer 00 04 ... 0 more bytes>",
       "0004(0) line 1: cut short where it was printed: 0 more bytes are not there; "
       "buffer.toString('hex') prints it whole"},
      {"<Buffer 00 12 more bytes>", "0012"},
      {"<Buffer 00\r\n 04\n01><Buffer 02>", "00040102"},
      {"a <Buffer 0g>", " line 1: '0g' in a <Buffer is no byte of two hex digits"},
      {"<Buffer 00 004 04>", "0004 line 1: '004' in a <Buffer is no byte of two hex digits"},
      {"<Buffer 00 04", "0004 line 1: the text ends inside a <Buffer: its rest is not there"},
      {"<Buffer 00 04\n", "0004 line 2: the text ends inside a <Buffer: its rest is not there"},
      {"[ <Buffer 00 04>, <Buffer 05> ]", "000405"},
      {"rx <Buffer 00 04\nrx <Buffer 05>",
       "000405 line 1: a <Buffer that is cut: its end is not there"},
      {"<NoBuffer 01> <Buffer 02>", "02"},
      {"<Buffer 00 04 04 02 0a 0b><Buffer 12 34>", "000404020a0b1234"},
  });
}

TEST_CASE("hex tokens: percent signs, with `u` before four digits, too") {
  const HexForm percent{HexStyle::percent};
  CHECK(read_form(percent, "rx=%00%04A%u0004%u00FFb%7e") == "00044104ff627e");
  CHECK(read_form(percent, "%00%u0104%04") ==
        "00(1)04 line 1: '%u0104' is a character above U+00FF, and no byte");
  CHECK(read_form(percent, "%00%uu004%04") == "0030303404 line 1: '%' without two hex digits");
  CHECK(read_form(percent, "%00%u0g4%04") == "003404 line 1: '%' without two hex digits");
}

TEST_CASE("hex tokens: of base64 a character that is none costs the bytes it is part of") {
  const std::string none = ": a character that base64 does not have";
  CHECK(read_form({.style = HexStyle::base64},
                  "AAQEAv8AAAAAAAAA\nAAQE\xEF\xBF\xBDv8AAAAAAAAA\nAA!EAv8AAAAAAAAA") ==
        "00040402ff00000000000000000404(1)ff00000000000000"
        "00(1)(1)02ff00000000000000"
        " line 2" +
            none + " line 3" + none);
}

TEST_CASE("hex tokens: of damaged strings in JSON what is whole is kept, from either end") {
  const std::string hex = "0004040205060708090a0b0c0d0e";
  const std::string kept = " is no pair of hex digits: what is whole of the line is kept";
  const std::string cut = "the last character of the base64 has no other to go with";
  check_reads({
      {R"({"data": ")" + hex + R"(00"}, {"data": ")" + hex + R"(?1"}, {"data": "02"})",
       hex + "00" + hex + "(1)02 line 1: 'd0e?1' in column 83" + kept},
      {R"({"data": "00"}, {"data": ")" + hex.substr(1) + R"("}, {"data": "02"})",
       "00" + hex.substr(1, 12) + "(1)" + hex.substr(14) + "02 line 1: "s + odd + read_from_ends},
      {R"({"data": "AAQEAv8="}, {"data": "AAQ?AgUGBwgJCg=="}, {"data": "AAQEAv8="})",
       "00040402ff0004(1)02050607080"
       "90a00040402ff line 1: a character that base64 does not have"},
      {R"({"data": "AAQEAv8="}, {"data": "AAQAgUGBwgJCg=="}, {"data": "AAQEAv8="})",
       "00040402ff000400(1)0506070809"
       "0a00040402ff line 1: "s +
           cut},
  });
}

TEST_CASE("hex tokens: a string that is cut ends where the next object begins") {
  const auto is_cut = "00040405 line 1: a string that is cut: its end is not there";
  for (const std::string_view text : {"{\"data\": \"00040\n{\"data\": \"0405\"}\n",
                                      "{\"data\": \"0004\", \"y\": \"a\n{\"data\": \"0405\"}\n"}) {
    CHECK(read_form({.style = HexStyle::json}, text) == is_cut);
  }
}

TEST_CASE("hex tokens: JSON") {
  check_reads({
      {R"({"data":"00040402"})", "00040402"},
      {"{\"data\" :\t\r\n \"00040402\"}", "00040402"},
      {R"({"data": "00,04:04;02-05 06"})", "000404020506"},
      {R"({"data": "0 0"})", " line 1: "s + no_pairs},
      {R"({"data": "00.04"})", "00 line 1: "s + no_pairs},
      {R"({"data": "00040"})", "0004 line 1: an odd number of hex digits in a string"},
      {R"({"data": "zz", "hex": "01"})", "01 line 1: "s + no_pairs},
      {R"({"hex": "zz01", "data": "02"})", "02 line 1: "s + no_pairs},
      {R"({"x": "data", "hex": "0102"})", "0102"},
      {R"({"x": "hex", "03": "data", "raw":"04"})", "04"},
      {R"({"data": 5, "x": "01", "payload":"02"})", "02"},
      {R"({"data": {"hex": "01"}, "bytes": "03"})", "0103"},
      {R"({"data": null})", ""},
      {R"({"data": ["00", "0404"], "x": "01", "hex": "02"})", "00040402"},
      {R"({"data": [{"x": "01", "hex": "02"}]})", "02"},
      {R"({"data": "00\u0000"})", "00 line 1: "s + no_pairs},
      {R"({"data": "00\\"})", "00 line 1: "s + no_pairs},
      {R"({"a\"b": "\"01", "data": "01"})", "01"},
      {R"({"tcp.payload": "00:04:04:02", "tcp_tcp_payload": "05", "buffer": "06", "body": "07", "bytes": "08"})",
       "0004040205060708"},
      {R"({"data": "AAQEAv8A"})", "00040402ff00"},
      {R"({"data": "AAQEAv8="})", "00040402ff"},
      {R"({"data": "AAQEAg=="})", "00040402"},
      {R"({"data": "AAQE"})",
       "aa line 1: "s + no_pairs + " line 1: an odd number of hex digits in a string"},
      {R"({"data": "AAQEAv8"})",
       "aa line 1: "s + no_pairs + " line 1: an odd number of hex digits in a string"},
      {R"({"data": "AA/+-_8A"})", "000ffefbff00"},
      {R"({"data": "AAQEAv8A", "hex": "AQID", "x": "AAAA"})", "00040402ff00010203"},
      {R"({"data": "A====AAA"})", " line 1: "s + no_pairs},
      {R"({"data": "AAQE!v8A"})",
       "aa line 1: "s + no_pairs + " line 1: an odd number of hex digits in a string"},
      {R"({"data": "AAQE A8A"})", "aa line 1: "s + no_pairs},
      {R"(["data": "0004"])", "0004"},
      {R"([{"data": "0004"}])", "0004"},
      {R"("data": "0004")", " passed 1"},
      {R"(  {"data": "0004"})", "0004"},
      {"{'data': '0004'}", " passed 1"},
      {R"({"data": ""})", ""},
      {R"({"data": "", "hex": "01"})", "01"},
      {R"({"x": "1"})", ""},
      {R"({"data": "00040402)", "00040402 line 1: "s + no_pairs},
      {R"({"data": "00040402", "data": "0a0)",
       "000404020a line 1: "s + no_pairs + " line 1: an odd number of hex digits"},
      {"{\"data\":\"00\",\"data\"\n:\n\"01\"}", "0001"},
      {R"({"data":"00", 5:"01"})", "00"},
  });
  HexForm characters{.style = HexStyle::json, .value = JsonValue::characters, .key = "rx"};
  CHECK(read_form(characters, R"({"a": "\u0001", "rx": "\u0000\u00fF\n\"\\)"
                              "\u00E9\u00B5 A\", \"b\": \"\\u0002\", \"rx\": [\"\\u0003\"]}") ==
        "00ff0a225ce9b5204103");
  CHECK(read_form(characters, R"({"rx": "a\u0100b\u12"})") ==
        "6162 line 1: "s + above_255 + " line 1: " + short_u);
  CHECK(read_form({.style = HexStyle::json, .value = JsonValue::numbers},
                  R"({"data":[0,"x",2],"z":[5],"hex": [6, 7]})") ==
        "00020607 line 1: "s + no_pairs);
}

} // namespace dualcam::hex_tokens_test
