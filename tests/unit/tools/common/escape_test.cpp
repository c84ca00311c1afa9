#include "common/escape.hpp"

#include "testing.hpp"

namespace dualcam::escape_test {

TEST_CASE("escape: printable text stays, control bytes and broken UTF-8 do not") {
  CHECK(escaped("plain text: ~!") == "plain text: ~!");
  CHECK(escaped("Vilnius \xC5\xBE") == "Vilnius \xC5\xBE");
  CHECK(escaped("\x1b[2J\n\r\t\x7f") == "\\x1b[2J\\x0a\\x0d\\x09\\x7f");
  CHECK(escaped("a\\b") == "a\\x5cb");
  CHECK(escaped("\xC2\x9B") == "\\xc2\\x9b");                            // CSI as C1
  CHECK(escaped("\xE2\x80\xAE") == "\\xe2\\x80\\xae");                   // right-to-left override
  CHECK(escaped("\xE2\x80\x8F\xD8\x9C") == "\\xe2\\x80\\x8f\\xd8\\x9c"); // and marks
  CHECK(escaped("\xC0\xAF \xED\xA0\x80 \xFF") == "\\xc0\\xaf \\xed\\xa0\\x80 \\xff");
  CHECK(escaped("\xE2\x82") == "\\xe2\\x82"); // cut short
}

TEST_CASE("escape: UTF-8 ends where the standard ends it, in every length") {
  for (const auto* text : {"\xC2\xA0", "\xDF\xBF", "\xE0\xA0\x80", "\xEF\xBF\xBD", "\xED\x9F\xBF",
                           "\xEE\x80\x80", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    CAPTURE(text);
    CHECK(escaped(text) == text);
  }
  // Too long for what they say, a surrogate, above U+10FFFF, a byte that begins nothing.
  for (const std::string text : {"\xC1\xBF", "\xE0\x9F\xBF", "\xF0\x8F\xBF\xBF", "\xED\xA0\x80",
                                 "\xED\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xBF",
                                 "\xC3", "\xE2\x82", "\xF0\x90\x80", "\xC3\xC3", "\xE2\x82\x28"}) {
    CAPTURE(text);
    CHECK(escaped(text).starts_with("\\x"));
  }
}

TEST_CASE("escape: any bytes become printable") {
  const auto bytes = random_bytes(100'000, 1);
  for (const auto c : escaped(as_text(bytes))) {
    REQUIRE((static_cast<unsigned char>(c) >= 0x80 || (c >= ' ' && c <= '~')));
  }
}

TEST_CASE("escape: what turns lines or texts around does not stay, its neighbours do") {
  const auto stays = [](unsigned code) {
    std::string text;
    if (code < 0x800) {
      text = {static_cast<char>(0xC0 | code >> 6), static_cast<char>(0x80 | (code & 0x3F))};
    } else {
      text = {static_cast<char>(0xE0 | code >> 12), static_cast<char>(0x80 | (code >> 6 & 0x3F)),
              static_cast<char>(0x80 | (code & 0x3F))};
    }
    return escaped(text) == text;
  };
  for (const unsigned code : {0x80U, 0x9FU, 0x61CU, 0x200EU, 0x200FU, 0x2028U, 0x2029U, 0x202AU,
                              0x202EU, 0x2066U, 0x2069U}) {
    CAPTURE(code);
    CHECK_FALSE(stays(code));
  }
  for (const unsigned code :
       {0xA0U, 0x61BU, 0x61DU, 0x200DU, 0x2010U, 0x2027U, 0x202FU, 0x2065U, 0x206AU}) {
    CAPTURE(code);
    CHECK(stays(code));
  }
}

} // namespace dualcam::escape_test
