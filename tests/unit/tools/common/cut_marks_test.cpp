#include "common/cut_marks.hpp"

#include "testing.hpp"

namespace dualcam::cut_marks_test {
namespace {

using Beside = CutMarks::Beside;

/// "line: what", each told; the same fed whole and byte by byte.
std::vector<std::string> marks(std::string_view text, Beside beside = Beside::nothing) {
  const auto told = [&](std::size_t piece) {
    std::vector<std::string> all;
    CutMarks found(beside, [&](std::uint64_t line, const std::string& what) {
      constexpr std::string_view head = "cut short where it was printed: ";
      CHECK(what.starts_with(head));
      all.push_back(std::to_string(line) + ": " + what.substr(head.size()));
    });
    for (std::size_t at = 0; at < text.size(); at += piece) {
      found.feed(text.substr(at, piece));
    }
    found.finish();
    return all;
  };
  const auto whole = told(std::max<std::size_t>(text.size(), 1));
  CHECK(told(1) == whole);
  CHECK(told(300) == whole);
  return whole;
}

using Lines = std::vector<std::string>;

/// Whether the one line has a mark.
bool is_cut(std::string_view line, Beside beside = Beside::nothing) {
  const auto found = marks(line, beside);
  CHECK(found.size() <= 1);
  return !found.empty();
}

const std::string rest = "the rest is not there; print all of it as hex";

} // namespace

TEST_CASE("cut marks: Node tells how much is not there, and of what") {
  CHECK(marks("<Buffer 00 04 04 02 ... 17 more bytes>") ==
        Lines{"1: 17 more bytes are not there; buffer.toString('hex') prints it whole"});
  CHECK(marks("<Buffer 00 04 04 02 ... 1 more byte>") ==
        Lines{"1: 1 more byte is not there; buffer.toString('hex') prints it whole"});
  CHECK(marks("[ 0, 4, 4, 2, ... 3 more items ]") ==
        Lines{"1: 3 more bytes are not there; Buffer.from(list).toString('hex') prints it whole"});
  CHECK(marks("... 3 more elements") ==
        Lines{"1: 3 more bytes are not there; Buffer.from(list).toString('hex') prints it whole"});
  CHECK(marks("... (5 bytes more)") ==
        Lines{"1: 5 more bytes are not there; buffer.toString('hex') prints it whole"});
  CHECK(is_cut("...[+12 bytes]"));
  CHECK_FALSE(is_cut("... 17 monkeys"));
  CHECK_FALSE(is_cut("... 17> more bytes"));
}

TEST_CASE("cut marks: an ellipsis is no text beside bytes") {
  for (const auto beside : {Beside::nothing, Beside::maybe_text}) {
    CHECK(is_cut("[size=1030 hex=00040402ffd8\u2026]", beside));
  }
  CHECK_FALSE(is_cut("20 20 20 20 20 20 20 85         \u2026", Beside::maybe_text)); // Windows
}

TEST_CASE("cut marks: Dart leaves out the middle of a list") {
  CHECK(is_cut("rx [0, 4, 4, 2, 255, 216, 255, 224, 0, 16, ..., 4, 0]"));
}

TEST_CASE("cut marks: words may say it, too") {
  CHECK(marks("00 04... truncated") == Lines{"1: " + rest});
  CHECK(marks("00 04 ...(truncated)") == Lines{"1: " + rest});
  CHECK(marks("00 04 ... more bytes") == Lines{"1: " + rest});
  CHECK_FALSE(is_cut("00 04 ... and so on"));
}

TEST_CASE("cut marks: strace says so behind a quotation mark") {
  const std::string told = "1: the rest is not there; 'strace -s 65536' prints it whole";
  CHECK(marks(R"(read(5, "\0\4\4\2"..., 4096) = 1030)") == Lines{told});
  CHECK(marks(R"(write(5, "\0\4"...) = 2)") == Lines{told});
  CHECK_FALSE(is_cut(R"("..., 4096)")); // nothing is quoted
  CHECK_FALSE(is_cut(R"(a"..., 4096)"));
  CHECK_FALSE(is_cut(R"("a"...; 4096)"));
}

TEST_CASE("cut marks: dots between groups, or where a row of hex ends") {
  CHECK(marks("0x00000005 ... 2e7b1ed9") == Lines{"1: " + rest});
  CHECK(marks("00000005...2e7b1ed9") == Lines{"1: " + rest});
  CHECK(marks("00000005\xE2\x80\xA6"
              "2e7b1ed9") == Lines{"1: " + rest});
  CHECK_FALSE(is_cut("0000005 ... 2e7b1ed9")); // seven digits touch it
  CHECK_FALSE(is_cut("00000005 ... 2e7b1ed"));
  CHECK_FALSE(is_cut("aaaaaaaa ... bbbbbbbb")); // words, maybe: no figure in it
  CHECK(marks("00040402...") == Lines{"1: " + rest});
  CHECK(is_cut("00040402...)"));
  CHECK(is_cut("00040402... \n"));
  CHECK_FALSE(is_cut("0004040...")); // seven
  CHECK_FALSE(is_cut("00040402...x"));
  CHECK_FALSE(is_cut("00040402 ...")); // it does not touch
  CHECK_FALSE(is_cut("00040402.."));   // two dots are none
  CHECK(is_cut("00040402....."));
}

TEST_CASE("cut marks: dots between few digits are none, unless these touch them") {
  CHECK(is_cut("00040402 ... 00040402"));
  CHECK_FALSE(is_cut("00 04 04 02 ... 00 04 04 02"));
  CHECK_FALSE(is_cut("0004 0402 ... 0004 0402"));
  CHECK(is_cut("00 04 04 02 00 04 04 02 ... 00 04")); // a list of 16
  CHECK_FALSE(is_cut("04 04 02 00 04 04 02 ... 00 04"));
}

TEST_CASE("cut marks: a list ends in dots before its bracket") {
  CHECK(is_cut("[0, 4, 4, 2, ...]"));
  CHECK(is_cut("{0, 4, 4, 2, ...}"));
  CHECK(is_cut("(0, 4, ...)"));
  CHECK(is_cut("00 04 04 02 ...]")); // eight digits need no bracket before them
  CHECK_FALSE(is_cut("00 04 04 2 ...]"));
  CHECK_FALSE(is_cut("[a, b, ...]"));     // no figures
  CHECK_FALSE(is_cut("[0, 4, 4, 2...]")); // not parted from the last one
  CHECK(is_cut("[0, 4, ... 12, 3]"));     // and goes on
  CHECK_FALSE(is_cut("[0, 4, ... 12]"));
  CHECK_FALSE(is_cut("0, 4, 4, 2, 0, 4, 4, 2, ... 123]"));
  CHECK_FALSE(is_cut("[0, 4, ..."));
}

TEST_CASE("cut marks: numpy leaves out the middle of an array, however long it is") {
  const auto numbers = [](int count) {
    std::string text;
    for (int i = 0; i < count; ++i) {
      text += std::to_string(100 + i % 100) + ", ";
    }
    return text;
  };
  CHECK(is_cut("array([  0,   0,   0, ...,   0,   4,   0], dtype=uint8)"));
  CHECK(is_cut("array([" + numbers(200) + "..., " + numbers(200) + "4])"));
  CHECK(is_cut(numbers(6) + "... 255, 0, 1"));
  CHECK_FALSE(is_cut(numbers(5) + "... 255, 0, 1")); // 15 digits, and no bracket before them
  CHECK_FALSE(is_cut("2024-11-27 20:05:09.123456 ... 00 04 04 02")); // no list
  const std::string row = "[100 101 102]\n";
  CHECK(marks("[" + row + " " + row + " ...\n " + row + " " + row) == Lines{"3: " + rest});
  CHECK(marks("00 04 04 02\n[...]\n05 06 07 08\n").empty()); // only dots
  CHECK(is_cut("00 04 04 02\n...\n05 06 07 08\n"));
  CHECK_FALSE(is_cut("00 04 04\n...\n05 06 07 08\n"));
  CHECK_FALSE(is_cut("00 04 04 02\n...\n05 06 07\n"));
  CHECK_FALSE(is_cut("00 04 04 02\n...\n", Beside::text));
}

TEST_CASE("cut marks: beside text dots are characters, but for a line of their own") {
  CHECK_FALSE(is_cut("00040402...", Beside::text));
  CHECK_FALSE(is_cut("00 04 ... 17 more bytes>", Beside::text));
  CHECK(is_cut("... 17 more bytes", Beside::text));
  CHECK(is_cut(" \t... 17 more bytes", Beside::text));
  CHECK_FALSE(is_cut("x... 17 more bytes", Beside::text));
  CHECK(is_cut("00 04 ... 17 more bytes>", Beside::maybe_text));
  CHECK_FALSE(is_cut("00040402...", Beside::maybe_text));
  CHECK_FALSE(is_cut("[0, 4, 4, 2, ...]", Beside::maybe_text));
  CHECK(is_cut("00000005...2e7b1ed9", Beside::maybe_text));
}

TEST_CASE("cut marks: gdb leaves equal bytes out, and the end of an array or a string") {
  CHECK(
      marks("$1 = {4 '\\004', 0 '\\000' <repeats 15 times>, 5 '\\005'}\n") ==
      Lines{"1: one byte stands for 15; 'set print repeats 0' and 'set print elements 0' make gdb "
            "print them all"});
  CHECK(is_cut("$1 = {4 '\\004', 62 '>'...}\n"));
  CHECK(is_cut("$1 = \"\\000\\004\\004\\002\"...\n"));
  CHECK_FALSE(is_cut("$1 = {4 '\\004', 62 '>', 46 '.'}\n"));
  CHECK_FALSE(is_cut("they said \"hello\"...\n"));
  CHECK_FALSE(is_cut("<repeats of 15 times> <repeats 15 times\n"));
  CHECK_FALSE(is_cut("connect <retried 3 times> to 10.0.0.2\n"));
}

TEST_CASE("cut marks: the line is told, in texts of any length") {
  std::string text;
  for (int line = 1; line <= 100; ++line) {
    text += "00 04 04 02 05 06 07 08 .. ... of text\n";
  }
  CHECK(marks(text).empty());
  text += "00040402...\n\n<Buffer 00 ... 5 more bytes>\n";
  CHECK(marks(text) == Lines{"101: " + rest, "103: 5 more bytes are not there; "
                                             "buffer.toString('hex') prints it whole"});
  CHECK(marks("").empty());
  CHECK(marks("...").empty());
}

} // namespace dualcam::cut_marks_test
