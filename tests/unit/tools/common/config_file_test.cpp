#include "common/config_file.hpp"

#include "testing.hpp"

namespace dualcam::config_file_test {
namespace {

/// "1 name=value", a line each; "1 name" without `=`; or the error.
std::string meaning_of(std::string_view text) {
  const auto lines = parse_config(text);
  if (!lines) {
    return "line " + std::to_string(lines.error().line) + ": " + lines.error().message;
  }
  std::string meaning;
  for (const auto& [number, name, value] : *lines) {
    meaning += std::to_string(number) + ' ' + name + (value ? "=" + *value : "") + '\n';
  }
  return meaning;
}

} // namespace

TEST_CASE("config file: names and values, blanks and comments") {
  CHECK(meaning_of("").empty());
  CHECK(meaning_of("\n\n  \t\n# a = b\n  ; c = d\n").empty());
  CHECK(meaning_of("port = 7050\nbind=::1\n") == "1 port=7050\n2 bind=::1\n");
  CHECK(meaning_of("\r\nport =\t7050 \r\n") == "2 port=7050\n"); // from another system
  CHECK(meaning_of("last = 1") == "1 last=1\n");
  CHECK(meaning_of("json\n") == "1 json\n");
  CHECK(meaning_of("json # for jq\nquiet # = -q\n") == "1 json\n2 quiet\n");
  CHECK(meaning_of("\xEF\xBB\xBFport = 1\r\n") == "1 port=1\n"); // as Windows' editor writes it
  CHECK(meaning_of("empty =\nquoted = \"\"\n") == "1 empty=\n2 quoted=\n");
  CHECK(meaning_of("a = b = c\n") == "1 a=b = c\n");
}

TEST_CASE("config file: a value may be quoted, and what stands behind it may be said") {
  CHECK(meaning_of("exec = sh -c 'echo \"$1\"' sh\n") == "1 exec=sh -c 'echo \"$1\"' sh\n");
  CHECK(meaning_of("exec = \"sh -c 'echo # $1' sh\" # a hook\n") ==
        "1 exec=sh -c 'echo # $1' sh\n");
  CHECK(meaning_of("a = ' b '\n") == "1 a= b \n");
  CHECK(meaning_of("a = b#c # d\n") == "1 a=b#c\n");
  CHECK(meaning_of("a = # nothing\n") == "1 a=\n");
  CHECK(meaning_of("a = ; nothing # at all\n") == "1 a=\n");
  CHECK(meaning_of("\na = \"b\n") == "line 2: the quote that begins its value has no end");
  CHECK(meaning_of("a = \"b\" c\n") == "line 1: something stands after the quoted value");
}

TEST_CASE("config file: a line in another manner is named") {
  CHECK(meaning_of("\nport: 1\n") == "line 2: no '=' in 'port: 1': one 'name = value' a line");
  CHECK(meaning_of("port 1") == "line 1: no '=' in 'port 1': one 'name = value' a line");
  CHECK(meaning_of("a = 1\n[b]\n") == "line 2: there are no sections: one 'name = value' a line");
}

} // namespace dualcam::config_file_test
