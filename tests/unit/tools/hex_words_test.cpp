#include "common/hex_words.hpp"

#include "common/hex_trial.hpp"
#include "testing.hpp"

namespace dualcam {
namespace {

HexForm words(std::size_t skipped, std::size_t behind = 0, bool from_end = false) {
  HexForm form{HexStyle::words};
  form.skipped = skipped;
  form.behind = behind;
  form.from_end = from_end;
  return form;
}

std::string found(std::string_view line, const HexForm& form, bool goes_on = false) {
  const auto found = parse_words_line(line, form, goes_on);
  return to_hex(found.bytes) + (found.has_other_hex ? "?" : "");
}

} // namespace

TEST_CASE("hex words: what stands before the bytes, and behind them, is counted in words") {
  CHECK(found("10.0.0.5: 00 04 04 02", words(4)) == "00040402");
  CHECK(found("10.0.0.5: 00 04 04 02", words(5)) == ""); // too few for a line by itself
  CHECK(found("10.0.0.5: 00 04 04 02", words(5), true) == "040402");
  CHECK(found("10.0.0.5: 0x0004 x0402", words(4)) == "00040402");
  CHECK(found("00040402\t12\trx", words(0, 2)) == "00040402");
  CHECK(found("a 12:43:42 00 04 04 02", words(3, 0, true)) == "00040402");
  CHECK(found("a 12:43:42 00 04 04 02", words(9)) == "");
  CHECK(found("a 00 04 04 02 b", words(1)) == "");
  CHECK(found("a 00 04 04 02 00 04 04 02 b", words(1)) == "?");
  CHECK(found("a 00040402000404020004040200040402 b", words(1)) == "?");
}

TEST_CASE("hex words: columns, so many bytes, and numbers") {
  HexForm columns{HexStyle::words};
  columns.column = 3;
  columns.end_column = 14;
  CHECK(found("#1 00 04 04 02 ab cd", columns) == "00040402");
  CHECK(found("#1", columns) == "");
  HexForm most = words(1);
  most.most = 4;
  CHECK(found("8 00 04 04 02 ab cd", most) == "00040402");
  CHECK(found("8 00 04 zz", most, true) == "0004");
  HexForm numbers = words(1);
  numbers.numbers = 10;
  CHECK(found("RX: 0 4 -1 255", numbers) == "0004ffff");
  CHECK(found("RX: 0 4 -129 255 3 4", numbers) == "?");
  CHECK(found("RX: 0 4 256 255 3 4", numbers) == "?");
  CHECK(found("a line with 1 and 2 in it", numbers) == "");
  numbers.numbers = 8;
  CHECK(found("RX: 000 004 377 010", numbers) == "0004ff08");
}

TEST_CASE("hex words: base64 is the last word of a line") {
  CHECK(base64_word("12:43:42 rx \"AAAABQABPuE8ABmB\"", false) == "AAAABQABPuE8ABmB");
  CHECK(base64_word("application/octet-stream", false).empty()); // no digit in it
  CHECK(base64_word("QUI=", false).empty());
  CHECK(base64_word("QUI=", true) == "QUI=");
  CHECK(base64_word("-----END DATA-----", true).empty());
  CHECK(base64_word("AAAABQAB=PuE8ABmB", true).empty());
  CHECK(base64_word("", true).empty());
}

TEST_CASE("hex trial: another form has to read much more of what is looked for") {
  const std::string text = "x 00040402\nx 04020004\n";
  const auto judged = judge_hex(text);
  const auto chosen = [&](std::size_t vouched) {
    return proven_form(text, judged, [vouched](Bytes bytes) {
      return to_hex(bytes) == "0004040204020004" ? vouched : 0;
    });
  };
  CHECK(chosen(16)->style == HexStyle::words);
  CHECK(chosen(15)->style == judged->style); // less than one INIT
}

} // namespace dualcam
