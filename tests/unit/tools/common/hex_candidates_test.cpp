#include "common/hex_candidates.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <string>

#include <fmt/format.h>

#include "common/hex_words.hpp"
#include "testing.hpp"

namespace dualcam::hex_candidates_test {
namespace {

std::size_t forms_of_style(HexStyle style, std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count(other_forms(text), style, &HexForm::style));
}

} // namespace

TEST_CASE("hex candidates: a form that cannot find a byte in a text is not tried on it") {
  const std::string_view prose = "2024-11-27 12:43:42,123 INFO [main] camera connected, no error\n";
  CHECK(forms_of_style(HexStyle::offsets, prose) == 0);
  CHECK(forms_of_style(HexStyle::escapes, prose) == 0);
  CHECK(forms_of_style(HexStyle::percent, prose) == 0);
  CHECK(other_forms(prose).size() < 60);
}

TEST_CASE("hex candidates: one line in many is enough for a form to be tried") {
  const std::string prose(4096, '\n');
  CHECK(forms_of_style(HexStyle::offsets, prose + "[RX] 00000000: 0004 0402 0004 0402\n") != 0);
  CHECK(forms_of_style(HexStyle::offsets, prose + "0000000 000 004 004 002\n") != 0);
  CHECK(forms_of_style(HexStyle::escapes, prose + "rx \\0\\4\n") != 0);
  CHECK(forms_of_style(HexStyle::percent, prose + "rx=%00%04\n") != 0);
  CHECK(forms_of_style(HexStyle::words, prose + "rx 00 04 04 02 ok\n") >
        forms_of_style(HexStyle::words, prose + "rx 00 04 ok\n"));
}

TEST_CASE("hex candidates: three digits may be an offset, wherever they begin") {
  const auto columns = [](std::string_view text) {
    std::set<std::size_t> all;
    for (const auto& form : other_forms(text)) {
      if (form.style == HexStyle::offsets) {
        all.insert(form.column);
      }
    }
    return all;
  };
  CHECK(columns("rx>000: 00 04 04 02\n") == std::set<std::size_t>{3});
  CHECK(columns("rx>0000: 00 04 04 02\n") == std::set<std::size_t>{3});
  CHECK(columns("rx>00: 00 04 04 02\n").empty());
}

TEST_CASE("hex candidates: numbers in brackets are tried where there are such brackets") {
  const auto tried = [](std::string_view text) {
    std::string all;
    for (const auto& form : other_forms(text)) {
      if (form.style == HexStyle::decimal) {
        all += fmt::format("{}{} ", form.bracket == '\0' ? ' ' : form.bracket, form.base);
      }
    }
    return all;
  };
  CHECK(tried("rx 0 4 4 2") == " 10  8 ");
  CHECK(tried("rx [4, 0]") == " 10  8 [10 [8 ");
  CHECK(tried("rx [0, 4, ff]") == " 10  8 [10 [8 [16 "); // as Rust has it
  CHECK(tried("rx {0, 4} (0, 4) <0, 4>") == " 10  8 {10 {8 (10 (8 <10 <8 ");
}

TEST_CASE("hex candidates: escapes are tried with digits of each kind, parted or not") {
  const auto tried = [](std::string_view text, const auto& is_it) {
    const auto forms = other_forms(text);
    return std::ranges::count_if(
        forms, [&](const HexForm& form) { return form.style == HexStyle::escapes && is_it(form); });
  };
  const auto plain = [](const HexForm& form) {
    return form.quoted && !form.nested && !form.whole_groups;
  };
  const auto parted = [](const HexForm& form) { return form.whole_groups; };
  const auto nested = [](const HexForm& form) { return form.nested; };
  const auto bare = [](const HexForm& form) { return !form.quoted && form.whole_lines; };
  CHECK(tried(R"(rx '\0\4')", plain) == 3);
  CHECK(tried(R"(rx '\0\4')", parted) == 3);
  CHECK(tried(R"(rx '\0\4')", nested) == 0);
  CHECK(tried(R"(rx "'\0\4'")", nested) == 3);
  CHECK(tried(R"(rx '\0\4')", bare) == 13); // behind up to so many words
  CHECK(tried("rx '0 4'", [](const HexForm&) { return true; }) == 0);
}

TEST_CASE("hex candidates: strings and lists of JSON are tried under their names, in each way") {
  const auto names = [](std::string_view text) {
    std::string all;
    for (const auto& form : other_forms(text)) {
      if (form.style == HexStyle::json && form.value == JsonValue::numbers && form.base == 10) {
        all += form.key + " ";
      }
    }
    CHECK(forms_of_style(HexStyle::json, text) ==
          4 * static_cast<std::size_t>(std::ranges::count(all, ' ')));
    return all;
  };
  CHECK(names(R"({"a": "0004040200040402", "b": "text that is none", "c": [0, 4]})") == "a c ");
  CHECK(names(R"({"a": "AAQEAgAE", "b" : "\u0000", "c":
                  "00 04 04 02"})") == "a c ");
  CHECK(names(R"({"a": "\u0000", "b": "AAQEAg", "c": "AAQE", "d": "00 04 04"})") == "a ");
  CHECK(names(R"({"a": 5, "b": null, "c": {"d": "00040402"}})") == "d ");
  CHECK(names(R"([{"a": "00040402"}, {"a": "00040402"}])") == "a ");
  CHECK(names(R"("a": )").empty());
  CHECK(names(R"(":"00040402")").empty());
}

TEST_CASE("hex candidates: columns of four pairs are tried, up to where they part") {
  const auto columns = [](std::string_view text) {
    std::string all;
    for (const auto& form : other_forms(text)) {
      if (form.style == HexStyle::words && form.end_column != HexForm().end_column) {
        all += fmt::format("{}-{} ", form.column, form.end_column);
      }
    }
    return all;
  };
  CHECK(columns("00 04 04 02 ok") == "0-11 ");
  CHECK(columns("rx 00 04 04 02 ok") == "3-14 ");
  CHECK(columns("rx 00 04 04 ok").empty());
  CHECK(columns("rx 00 04 04 0a2 ok").empty());
  CHECK(columns("rx 00 04 04 02 0a 3c ff 10 00") == "3-14 3-26 ");
  CHECK(columns("rx 00 04 04 02 0a   12 34") == "3-14 3-17 ");
  CHECK(columns("rx 00 04 04 02          12 34 56 78") == "3-14 24-35 ");
}

TEST_CASE("hex candidates: digits are tried from the longest row of them on, and from the first") {
  const auto columns = [](std::string_view text) {
    std::set<std::size_t> all;
    for (const auto& form : other_forms(text)) {
      if (form.style == HexStyle::digits && !form.marked) {
        all.insert(form.column);
      }
    }
    return all;
  };
  CHECK(columns("port 7050 rx 00 04 04 02 00 04") == std::set<std::size_t>{0, 5, 13});
  CHECK(columns("rx 00 04 04 02 00 04 port 7050") == std::set<std::size_t>{0, 3});
}

TEST_CASE("hex candidates: words that a form reads in a line may begin the bytes") {
  constexpr std::array<std::string_view, 9> lines{
      "rx 00 04 04 02 ok", "00040402 x0004",   "12 a 00 04 04 02 00 04 ....",
      "RX: 0 4 -1 255",    " 0 4 255 3 4 5 6", "ff",
      "12:43:42 rx 04",    "a b c d",          "<buf+8>: 0 4 -1 2 3 4"};
  std::size_t found = 0;
  for (std::size_t number = 0; number < 3 * 2 * 4 * 2 * 3; ++number) {
    HexForm form{HexStyle::words};
    form.numbers = std::array{16, 10, 8}[number % 3];
    form.from_end = number / 3 % 2 != 0;
    form.skipped = number / 6 % 4;
    form.most = number / 24 % 2 * 4;
    form.behind = number / 48;
    for (const auto line : lines) {
      if (!parse_words_line(line, form, std::nullopt).bytes.empty()) {
        CAPTURE(line, form.skipped, form.behind, form.numbers);
        CHECK(may_begin_bytes(alphanumeric_words(line), form));
        ++found;
      }
    }
  }
  CHECK(found > 50);
}

} // namespace dualcam::hex_candidates_test
