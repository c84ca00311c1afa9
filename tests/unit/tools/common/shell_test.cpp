#include "common/shell.hpp"

#include "testing.hpp"

namespace dualcam::shell_test {
namespace {

using Words = std::vector<std::string>;

std::string error_of(std::string_view text) {
  const auto words = split_command(text);
  return words ? "none" : words.error();
}

struct Case {
  std::string_view text;
  Words words;
};

} // namespace

TEST_CASE("shell: a command is split into the words that a shell would see") {
  const std::vector<Case> cases{
      {"", {}},
      {" \t\n ", {}},
      {"a", {"a"}},
      {"  a  b\tc\nd ", {"a", "b", "c", "d"}},
      {"'a b' \"c d\"", {"a b", "c d"}},
      {"a'b c'd\"e f\"g", {"ab cde fg"}},
      {"'' \"\" a''", {"", "", "a"}},
      {R"(a\ b \'c\" \\)", {"a b", "'c\"", "\\"}},
      {R"('a\b' '\')", {"a\\b", "\\"}},
      {R"("a\b" "\"" "\\" "\$" "\`" "'")", {"a\\b", "\"", "\\", "$", "`", "'"}},
      {"a\\\nb \"c\\\nd\"", {"ab", "cd"}},
      {"'a\nb'", {"a\nb"}},
      {"\xC3\xA9 'caf\xC3\xA9 \xFF'", {"\xC3\xA9", "caf\xC3\xA9 \xFF"}},
      {R"(sh -c "cp \"$1\" /b/$DCAM_IMEI" sh)", {"sh", "-c", "cp \"$1\" /b/$DCAM_IMEI", "sh"}},
  };
  for (const auto& [text, words] : cases) {
    CAPTURE(text);
    CHECK(split_command(text).value() == words);
  }
}

TEST_CASE("shell: nothing is expanded, operators are words") {
  CHECK(split_command("$HOME ~ * a|b >c ; & `d` $(e) #f {g,h} x=1").value() ==
        Words{"$HOME", "~", "*", "a|b", ">c", ";", "&", "`d`", "$(e)", "#f", "{g,h}", "x=1"});
}

TEST_CASE("shell: a command that stops in the middle is an error that says where") {
  for (const std::string_view text : {"'", "a 'b", "a'b c", "'a' '\\"}) {
    CAPTURE(text);
    CHECK(error_of(text) == "a ' is not closed");
  }
  for (const std::string_view text : {"\"", "a \"b", R"("a\")", R"("a\)"}) {
    CAPTURE(text);
    CHECK(error_of(text) == "a \" is not closed");
  }
  for (const std::string_view text : {"\\", "a \\", "'a'\\"}) {
    CAPTURE(text);
    CHECK(error_of(text) == "nothing follows the last backslash");
  }
}

TEST_CASE("shell: what shell_command has quoted is split into the same words") {
  std::mt19937 random(1);
  constexpr std::string_view alphabet = "ab '\"\\$`\n\t*\xC3";
  for (int round = 0; round < 1000; ++round) {
    Words words(1 + random() % 4);
    for (auto& word : words) {
      for (auto length = random() % 6; length != 0; --length) {
        word += alphabet[random() % alphabet.size()];
      }
    }
    CAPTURE(shell_command(words));
    CHECK(split_command(shell_command(words)).value() == words);
  }
}

} // namespace dualcam::shell_test
