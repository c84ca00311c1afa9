#include "common/escape.hpp"

#include "testing.hpp"

namespace dualcam {

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

} // namespace dualcam
