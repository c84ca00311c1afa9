#include "common/text_cleaner.hpp"

#include "common/wide_text.hpp"
#include "testing.hpp"

namespace dualcam::text_cleaner_test {
namespace {

/// The text, whose beginning is the whole of it, in pieces of any size.
std::string cleaned(std::string_view text) {
  TextCleaner whole(text);
  const auto result = whole.clean(text);
  TextCleaner pieces(text);
  std::string joined;
  for (const char c : text) {
    joined += pieces.clean(std::string_view(&c, 1));
  }
  CHECK(joined == result);
  return result;
}

std::optional<std::string> of_wide(std::string_view hex) {
  const auto bytes = from_hex(hex);
  auto wide = WideText::of(bytes);
  if (!wide) {
    return std::nullopt;
  }
  auto pieces = *wide;
  const auto whole = wide->text(bytes);
  std::string joined;
  for (const auto& byte : bytes) {
    joined += pieces.text(std::span(&byte, 1));
  }
  CHECK(joined == whole);
  return whole;
}

} // namespace

TEST_CASE("text cleaner: quoting goes, as deep as it is, with one blank behind each sign") {
  CHECK(cleaned("> 00 04\n> 04 02\n") == "00 04\n04 02\n");
  CHECK(cleaned(">00 04\n>  04 02\n") == "00 04\n 04 02\n");
  CHECK(cleaned("> > 00 04\n>> 04 02\n>\n") == "00 04\n04 02\n\n");
  CHECK(cleaned("> 00 > 04\n> 5\n") == "00 > 04\n5\n");
  CHECK(cleaned("Jo wrote:\n> 00\n> 04\n> 04\n") == "Jo wrote:\n00\n04\n04\n");
  CHECK(cleaned("> 00\n  x\n> 5\n") == "00\n  x\n5\n"); // not quoted itself
}

TEST_CASE("text cleaner: blanks before a quote go with it") {
  CHECK(cleaned(" > 00 04\n  >> 05\n") == "00 04\n05\n");
  CHECK(cleaned("\xC2\xA0> 00\n > 04\n") == "00\n04\n");
  CHECK(cleaned(" > 00\n >   04\n   05\n") == "00\n  04\n   05\n");
}

TEST_CASE("text cleaner: a terminal's colours go") {
  CHECK(cleaned("\x1B[1;32m00\x1B[0m 04\n") == "00 04\n");
  CHECK(cleaned("\x1B[32m> 00\x1B[0m\n\x1B[32m> 04\x1B[0m\n") == "> 00\n> 04\n");
}

TEST_CASE("text cleaner: colours that begin behind the sample go, too") {
  TextCleaner cleaner("00 04\n");
  CHECK(cleaner.clean("04\n") == "04\n");
  CHECK(cleaner.clean("\x1B[3").empty());
  CHECK(cleaner.clean("2m02\x1B[0m\n") == "02\n");
}

TEST_CASE("text cleaner: lines of which not most are quoted stay as they are") {
  for (const auto* text :
       {"> 00\n04\n", "00 04\n> 04\n05\n", "", "\n\n", "RX > 00\nTX > 01\n", "> 00\n04\n\n \r\n"}) {
    CHECK(cleaned(text) == text);
  }
  CHECK(cleaned("> 00\n\n\n \r\n") == "00\n\n\n \r\n"); // of empty lines none counts
}

TEST_CASE("text cleaner: no-break spaces become blanks, other letters stay") {
  CHECK(cleaned("00\xC2\xA0"
                "04\n") == "00 04\n");
  CHECK(cleaned("\xC2\xB0\xC2\xA0"
                "C\xC3\xA9") == "\xC2\xB0 C\xC3\xA9");
  CHECK(cleaned("\xC2\xB0"
                "C") == "\xC2\xB0"
                        "C");
  CHECK(cleaned(">\xC2\xA0"
                "00\n>\xC2\xA0"
                "04\n") == "00\n04\n");
}

TEST_CASE("text cleaner: what has no width goes, other blanks, line ends and letters are ASCII's") {
  CHECK(cleaned("\xEF\xBB\xBF"
                "00\xE2\x80\x8B 04\xE2\x81\xA0\xEF\xB8\x8F\n") == "00 04\n");
  CHECK(cleaned("00\xE2\x80\xAF"
                "04\xE3\x80\x80"
                "05\xE2\x80\xA8"
                "06\xE2\x80\xA9"
                "07\v0\f8") == "00 04 05\n06\n07\n08");
  CHECK(cleaned("\xE2\x80\x9C"
                "00\xE2\x80\x93"
                "04\xE2\x80\x9D\xC2\xAD\xC2\x85\xEF\xBC\xA6") == "\"00-04\"\nF");
  CHECK(cleaned("\xE2\x94\x82 00 \xE2\x86\x92\xFF\xE2\x80\n") ==
        "\xE2\x94\x82 00 \xE2\x86\x92\xFF\xE2\x80\n");
}

TEST_CASE("text cleaner: of HTML the tags go, and what is escaped becomes itself") {
  CHECK(cleaned("<pre>00&nbsp;04<br>\n&lt;05&gt; &quot;&#39;&#x27;&amp;</pre>\n") ==
        "00 04\n<05> \"''&\n");
  CHECK(cleaned("00<br/>04<br class=\"x\">05") == "00\n04\n05");
  CHECK(cleaned("&gt; 00&nbsp;04<br>\n&gt; 05<br>\n") == "00 04\n05\n");
  CHECK(cleaned("&quot;<p style=\"color: black; margin: 0\">00<x n=\"1\">04</x></p>") == "\"0004");
  CHECK(cleaned("<tr><td>1</td><td>rx</td><td>00 04</td></tr>\n") == "1 rx 00 04 \n");
  CHECK(cleaned("&quot;<x data='0003000400000001'/>") == "\"<x data='0003000400000001'/>");
  CHECK(cleaned("&nbsp;& 00 &x &unknown; < 04 <B> <\n") == " & 00 &x &unknown; < 04 <B> <\n");
  CHECK(cleaned("b&#34;&#x27;\n") == "b\"'\n");
  CHECK(cleaned("&#x00;&#x27;&#x04;\n") == "&#x00;&#x27;&#x04;\n"); // bytes
  CHECK(cleaned("00 &lt;04&gt;\n") == "00 &lt;04&gt;\n");           // it may be the text of a dump
}

TEST_CASE("text cleaner: quoted-printable is decoded, and lines keep their numbers") {
  const std::string heading = "Content-Transfer-Encoding: quoted-printable\n\n";
  CHECK(cleaned(heading + "00 0=\n4 0=\r\n5\n06 =3D=20=x=A\n07=") ==
        heading + "00 04 05\n\n\n06 = =x=A\n07");
  CHECK(cleaned("00 0=\n4\n=20") == "00 0=\n4\n=20");
}

TEST_CASE("text cleaner: of bytes as characters a no-break space is one") {
  std::string text = "\xC2\xA0";
  for (int i = 0; i < 8; ++i) {
    text += "\xC3\xBF";
  }
  CHECK(cleaned(text) == text);
}

TEST_CASE("UTF-16: text of Windows becomes UTF-8, with or without its mark") {
  CHECK(of_wide("fffe 3000 3400 0d00 0a00") == "04\r\n");
  CHECK(of_wide("feff 0030 0034 000d 000a") == "04\r\n");
  CHECK(of_wide("3000 3400 2000 6600") == "04 f");
  CHECK(of_wide("0030 0034 0020 0066") == "04 f");
  CHECK(of_wide("fffe 3000 e900 0b20 3ed8 80dd 3400") == "0\xC3\xA9\xE2\x80\x8B??4");
  CHECK(of_wide("fffe 0700 1f00 7f00 7e00 0900 0d00 0e00") == "???~\t\r?");
  CHECK(of_wide("fffe") == "");
}

TEST_CASE("UTF-32: text becomes UTF-8, with or without its mark") {
  CHECK(of_wide("fffe0000 30000000 e9000000 0a000000") == "0\xC3\xA9\n");
  CHECK(of_wide("0000feff 00000030 00000034") == "04");
  CHECK(of_wide("30000000 34000000 20000000 66000000") == "04 f");
  CHECK(of_wide("00000030 00000034 00000020 00000066") == "04 f");
  CHECK(of_wide("fffe0000 30000000 00f60100 34000000") == "0?4");
  CHECK_FALSE(of_wide("30000000 34000000 20000000"));
  CHECK_FALSE(of_wide("00000005 00015146 00000030 00000030"));
}

TEST_CASE("UTF-16: one in sixteen characters may be no ASCII") {
  const std::string ascii =
      "3000 3400 2000 6600 3000 3400 2000 6600 3000 3400 2000 6600 3000 3400 2000";
  CHECK(of_wide(ascii + "0b20") == "04 f04 f04 f04 \xE2\x80\x8B");
  CHECK_FALSE(of_wide(ascii + "0b20 0b20"));
}

TEST_CASE("UTF-16: a few characters, or others, tell nothing") {
  CHECK_FALSE(of_wide("3000 3400 2000"));
  CHECK_FALSE(of_wide("0030 0034 0020"));
  CHECK_FALSE(of_wide("3000 3400 2001 6600"));
  CHECK_FALSE(of_wide("0030 0034 0020 0007"));
  CHECK_FALSE(of_wide("3031 3233 3435 3637"));
  CHECK_FALSE(of_wide(""));
  CHECK_FALSE(of_wide("ff"));
  CHECK(of_wide("3000 3400 2000 6600 01") == "04 f"); // half a character is not looked at
}

} // namespace dualcam::text_cleaner_test
