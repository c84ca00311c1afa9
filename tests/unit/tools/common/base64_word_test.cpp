#include "common/base64_word.hpp"

#include "tools/common/hex_reading.hpp"

namespace dualcam::base64_word_test {

using namespace hex_reading;

TEST_CASE("base64 word: base64 is clear with 16 characters, a capital and a digit among them") {
  CHECK(base64_word("AAAABQABPuE8ABm=", false) == "AAAABQABPuE8ABm=");
  CHECK(base64_word("AAAABQABPuE8ABm", false).empty());
  CHECK(base64_word("aaaabqabpue8abmb", false).empty());
  CHECK(base64_word("AAAABQABPuEXABmB", false).empty());
  CHECK(base64_word("AAAABQABPuE8AB==", false) == "AAAABQABPuE8AB==");
  CHECK(base64_word("AAAABQABPuE8A===", false).empty());
  CHECK(base64_word("AAAABQABP-E8_BmB", false) == "AAAABQABP-E8_BmB");
  CHECK(base64_word("AAAABQABP+E8/BmB", false) == "AAAABQABP+E8/BmB");
  CHECK(base64_word("AAAABQABP.E8ABmB", false).empty());
  CHECK(base64_word("-----", true).empty());
  CHECK(base64_word("QUI=)", true) == "QUI=");
  CHECK(base64_word("(QUI=", true) == "QUI=");
}

TEST_CASE("base64 word: base64 is the last word of a line") {
  CHECK(base64_word("12:43:42 rx \"AAAABQABPuE8ABmB\"", false) == "AAAABQABPuE8ABmB");
  CHECK(base64_word("application/octet-stream", false).empty()); // no digit in it
  CHECK(base64_word("from('AAAABQABPuE8ABmB', 'base64');", false) == "AAAABQABPuE8ABmB");
  CHECK(base64_word("from(AAAABQABPuE8ABmB, 'base64');", false).empty());
  CHECK(base64_word("<a>AAAABQABPuE8ABmB</a></b>", false) == "AAAABQABPuE8ABmB");
  CHECK(base64_word("<a>AAAABQABPuE8ABmB<b>", false).empty());
  CHECK(base64_word(" 1 | AAAABQABPuE8ABmB+", false) == "AAAABQABPuE8ABmB"); // psql breaks it
  CHECK(base64_word(" 1 | AAAABQABPuE8ABm+", false) == "AAAABQABPuE8ABm+");
  CHECK(base64_word("rx QUI=", false).empty());
  CHECK(base64_word("QUI=", false) == "QUI="); // nothing else is padded so
  CHECK(base64_word("rx AAEABgAAAAMAAA==", false) == "AAEABgAAAAMAAA==");
  CHECK(base64_word("RX", true).empty());
  CHECK(base64_word("QUI=", true) == "QUI=");
  CHECK(base64_word("-----END DATA-----", true).empty());
  CHECK(base64_word("AAAABQAB=PuE8ABmB", true).empty());
  CHECK(base64_word("", true).empty());
  CHECK(base64_word("dir=rx data=AAEABgAAAAMAAA==", false) == "AAEABgAAAAMAAA==");
  CHECK(base64_word("rx AAEABgAAAAMAAA", false, true) == "AAEABgAAAAMAAA");
}

TEST_CASE("base64 word: one character that is none spoils a long word") {
  const std::string left = "AAsAIAMEAAABktiEmrAA";
  const std::string right = "AAAAeEBLWZmZmZmaQDkz";
  for (const std::string_view damage : {"?", "*", "!", "\xEF\xBF\xBD"}) {
    const auto word = left + std::string(damage) + right;
    CAPTURE(word);
    CHECK_FALSE(spoilt_base64(word).empty());
    CHECK_FALSE(spoilt_base64("rx data=" + word + " ok").empty());
    CHECK_FALSE(spoilt_base64("<d>" + word + "</d>").empty());
    CHECK_FALSE(spoilt_base64("('" + word + "==')").empty());
    CHECK(spoilt_base64("/" + word).empty()); // a path
    CHECK(spoilt_base64(word + std::string(damage)).empty());
  }
  CHECK(spoilt_base64(left + right).empty());
  CHECK(spoilt_base64(left + "." + right).empty()); // a name of a file
  CHECK(spoilt_base64("AAsAIAMEAAABktiE?mrAA").empty());
  CHECK(spoilt_base64("what-is-it-that-was-asked-here?").empty());
  CHECK(spoilt_base64("").empty());
}

TEST_CASE("base64 word: of a damaged one what is whole is kept, from either end") {
  HexForm words{HexStyle::base64_words};
  const std::string bad = ": among its base64 is something else, or a character is missing";
  const std::string clear = "AAsAIAMEAAABktiEmrDQDU40";
  const std::string read = "000b0020030400000192d8849ab0d00d4e34";
  for (const bool whole : {false, true}) {
    words.whole_lines = whole;
    CHECK(read_form(words, "rx " + clear + "\nrx AAsAIAMEA?ABktiEmrDQDU40\n") ==
          read + read.substr(0, 12) + "(1)(1)" + read.substr(16) + " line 2" + bad);
    CHECK(read_form(words, "rx " + clear + "\nrx AAsAIAMEAABktiEmrDQDU40\n") ==
          read + "000b00200304000064b62126ac3403538d"); // nothing tells that words are filled up
    CHECK(read_form(words, "rx AAEABgAAAAMAAA==\nrx AAsAIAMEAABktiEmrDQDU40\nrx " + clear + "\n") ==
          "00010006000000030000" + read.substr(0, 12) + "(1)000192d8849ab0d00d4e34" + read +
              " line 2" + bad);
  }
}

TEST_CASE("base64 word: a line of blanks and words costs what it has") {
  std::string line(std::size_t{1} << 19, ' ');
  for (int i = 0; i < 1 << 18; ++i) {
    line += "a "; // minutes, if each were looked for from the beginning
  }
  CHECK(base64_word(line, false).empty());
}

} // namespace dualcam::base64_word_test
