#include "common/arguments.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "standard_input.hpp"
#include "temporary_folder.hpp"
#include "tools/parsed.hpp"

namespace dualcam::arguments_test {
namespace {

struct Values {
  bool flag = false;
  bool on = true;
  std::string text = "plain";
  std::vector<std::string> texts;
  std::uint64_t size = 64 << 10;
  std::chrono::milliseconds age = std::chrono::days(14);
  std::chrono::milliseconds idle{60'000};
  std::optional<std::chrono::milliseconds> wait;
  int number = 5;
  IfExists if_exists = IfExists::number;
  std::vector<std::string> files;
  CommonOptions common;
};

std::expected<Values, ExitCode> parse(int count, const char* const* words) {
  Values values;
  Arguments arguments({.name = "tool",
                       .usage = "[options] FILE",
                       .summary = std::string(70, 'a') + " is told in a sentence that is long.",
                       .examples = "  tool 1\n  tool 2\n  tool 3",
                       .libraries = "Lib 1.2"});
  arguments.positionals("FILE", values.files, "what is read");
  arguments.flag("-f,--flag", values.flag, "a flag");
  arguments.off_flag("--no-thing", values.on, "off");
  arguments.text("-t,--text", "TEXT", values.text, "a text");
  arguments.texts("-T,--texts", "TEXT", values.texts, "texts");
  arguments.size("--size", values.size, "a size");
  arguments.duration("--age", values.age, "an age");
  arguments.duration("--idle", values.idle, "a pause");
  arguments.duration("-w,--wait", values.wait,
                     "a wait of which more is told than one line of the page can hold");
  arguments.number("--number", "N", values.number, -3, 1000, "a number");
  arguments.if_exists(values.if_exists);
  arguments.file_lists(values.files);
  arguments.print0();
  arguments.config_file();
  if (const auto code = arguments.parse(count, words)) {
    return std::unexpected(*code);
  }
  values.common = arguments.common();
  return values;
}

const CommandLine line(parse);

} // namespace

TEST_CASE("arguments: values arrive, the last of several counts, and -- ends the options") {
  const auto plain = line.good({});
  CHECK_FALSE(plain.flag);
  CHECK(plain.on);
  CHECK(plain.text == "plain");
  CHECK_FALSE(plain.wait);
  CHECK(plain.common.verbosity == 0);
  const auto all = line.good(
      {"-f",    "--no-thing", "-t",       "a",           "--text=b", "-T",     "x",      "-T",
       "y",     "--size",     "2G",       "--age",       "1h",       "--idle", "0",      "-w",
       "5s",    "-vv",        "--number", "-3",          "file",     "-q",     "--json", "--color",
       "never", "--progress", "always",   "--if-exists", "skip",     "--",     "--flag"});
  CHECK(all.flag);
  CHECK_FALSE(all.on);
  CHECK(all.text == "b");
  CHECK(all.texts == std::vector<std::string>{"x", "y"});
  CHECK(all.size == std::uint64_t{2} << 30);
  CHECK(all.age == std::chrono::hours(1));
  CHECK(all.idle.count() == 0);
  CHECK(all.wait == std::chrono::seconds(5));
  CHECK(all.number == -3);
  CHECK(all.if_exists == IfExists::skip);
  CHECK(all.files == std::vector<std::string>{"file", "--flag"});
  CHECK(all.common.verbosity == 2);
  CHECK((all.common.quiet && all.common.json));
  CHECK(all.common.color == CommonOptions::When::never);
  CHECK(all.common.progress == CommonOptions::When::always);
}

TEST_CASE("arguments: a bad value names the option, the value and what is accepted") {
  for (const auto& [option, value, accepted] :
       {std::tuple("--number", "1001", "a whole number from -3 to 1000"),
        {"--number", "-4", "a whole number from -3 to 1000"},
        {"--number", "5x", "a whole number from -3 to 1000"},
        {"--number", "", "a whole number from -3 to 1000"},
        {"--size", "1Q", "a number of bytes, or one with K, M, G or T (1024), such as 64K"},
        {"--age", "3", "a number with ms, s, m, h or d, such as 500ms or 10m"},
        {"--wait", "3", "a number with ms, s, m, h or d, such as 500ms or 10m"},
        {"--if-exists", "ask", "number, skip, fail, replace"}}) {
    const auto said = line.bad({option, value});
    CHECK_THAT(said, ContainsSubstring(std::string(option) + ": '" + value +
                                       "' is not accepted; give " + accepted));
    CHECK_THAT(said, ContainsSubstring("'tool --help' lists the options"));
  }
  CHECK(line.good({"--number", "1000"}).number == 1000);
  CHECK_THAT(line.bad({"--number"}), ContainsSubstring("--number needs a value"));
}

TEST_CASE("arguments: an empty value behind = is one, and the next word none") {
  const auto values = line.good({"--texts=", "file", "--json=", "--", "--text="});
  CHECK(values.texts == std::vector<std::string>{""});
  CHECK(values.files == std::vector<std::string>{"file", "--text="});
  CHECK(values.common.json);
  CHECK_THAT(line.bad({"--text=", "file"}), ContainsSubstring("--text: '' is not accepted"));
  CHECK_THAT(line.bad({"--number=", "5"}), ContainsSubstring("--number: '' is not accepted"));
  CHECK_THAT(line.bad({"--config=", "file"}), ContainsSubstring("'' is not accepted"));
}

TEST_CASE("arguments: a mistyped option gets a suggestion, if one is near") {
  CHECK_THAT(line.bad({"--nubmer", "3"}),
             ContainsSubstring("unknown option '--nubmer'; did you mean '--number'?"));
  CHECK_THAT(line.bad({"--numbre=3"}),
             ContainsSubstring("unknown option '--numbre'; did you mean '--number'?"));
  const auto far = line.bad({"--quite-another"});
  CHECK_THAT(far, ContainsSubstring("unknown option '--quite-another'\n"));
  CHECK(nearest("--fla", {"--flag", "--fly"}) == "--flag");     // it begins so
  CHECK(nearest("--exce", {"--exact", "--exec"}) == "--exact"); // as near: the first
  CHECK(nearest("abc", {"xyz"}).empty());
  CHECK(nearest("abcdefghi", {"abcdefxyz"}) == "abcdefxyz"); // a third may be wrong
  CHECK(nearest("abcdefghi", {"abcdewxyz"}).empty());
  CHECK(nearest("ab", {"abcdefgh"}).empty()); // too short to be the beginning of anything
  CHECK(nearest("abx", {"ab"}) == "ab");
  CHECK(nearest("x", {}).empty());
}

TEST_CASE("arguments: --help has each option with its default, in 80 columns") {
  const auto help = line.printed({"--help"});
  CHECK_THAT(help, ContainsSubstring("Usage: tool [options] FILE\n"));
  CHECK_THAT(help, ContainsSubstring(std::string(70, 'a') + " is told\nin a sentence"));
  CHECK_THAT(help,
             ContainsSubstring("\nArguments:\n  FILE                            what is read\n"));
  for (const auto* row :
       {"  -h, --help                      print this help\n",
        "  -f, --flag                      a flag\n", "      --no-thing                  off\n",
        "  -t, --text TEXT                 a text (plain)\n",
        "  -T, --texts TEXT                texts\n",
        "      --size SIZE                 a size (64K)\n",
        "      --age DUR                   an age (14d)\n",
        "      --idle DUR                  a pause (60s)\n",
        "      --number N                  a number (5)\n",
        "      --if-exists WHAT            a taken name: number, skip, fail or replace\n"
        "                                  (number)\n",
        "  -v, --verbose                   more notes; -vv: one line a packet\n",
        "  -w, --wait DUR                  a wait of which more is told than one line of\n"
        "                                  the page can hold\n"}) {
    CHECK_THAT(help, ContainsSubstring(row));
  }
  CHECK(help.ends_with("Examples:\n  tool 1\n  tool 2\n  tool 3\n"));
}

TEST_CASE("arguments: --version tells the library's versions") {
  const auto version = line.printed({"--version"});
  CHECK(version.starts_with("tool "));
  CHECK_THAT(version, ContainsSubstring("(git "));
  CHECK_THAT(version, ContainsSubstring("\nlibraries: CLI11 "));
  CHECK(version.ends_with(", Lib 1.2\n"));
}

TEST_CASE("arguments: a file may have the options, and is told to be wrong as the line is") {
  const TemporaryFolder folder;
  const auto path = (folder / "config").string();
  write_file(path, "number = 7\ntext = \"a b\"\n");
  const auto values = line.good({"--config", path.c_str()});
  CHECK(values.number == 7);
  CHECK(values.text == "a b");
  CHECK(line.good({"--config", path.c_str(), "--number", "8"}).number == 8);
  write_file(path, "nubmer = 7\n");
  CHECK_THAT(line.bad({"--config", path.c_str()}),
             ContainsSubstring(path + " line 1: unknown option 'nubmer'; did you mean 'number'?"));
  write_file(path, "number = x\n");
  CHECK_THAT(line.bad({"--config", path.c_str()}),
             ContainsSubstring(path + " line 1: number: 'x' is not accepted; give "));
  const auto none = (folder / "none").string();
  std::vector<const char*> words{"tool", "--config", none.c_str()};
  const Quiet quiet;
  CHECK(parse(3, words.data()).error() == ExitCode::io);
}

TEST_CASE("arguments: switches in a file are words, and those of the line have the last one") {
  const TemporaryFolder folder;
  const auto path = (folder / "config").string();
  const auto read = [&](std::string_view text, std::vector<const char*> words = {}) {
    write_file(path, text);
    words.insert(words.end(), {"--config", path.c_str()});
    return line.good(words);
  };
  const auto refused = [&](std::string_view text) {
    write_file(path, text);
    return line.bad({"--config", path.c_str()});
  };
  for (const auto* word : {"true", "yes", "on", "1"}) {
    CHECK(read("flag = " + std::string(word)).flag);
    CHECK_FALSE(read("no-thing = " + std::string(word)).on);
    CHECK(read("verbose = " + std::string(word)).common.verbosity == 1);
  }
  for (const auto* word : {"false", "no", "off", "0"}) {
    CHECK_FALSE(read("flag = " + std::string(word)).flag);
    CHECK(read("no-thing = " + std::string(word)).on);
    CHECK(read("verbose = " + std::string(word)).common.verbosity == 0);
    CHECK(read("flag = " + std::string(word), {"--flag"}).flag);
  }
  CHECK(read("verbose = 2").common.verbosity == 2);
  CHECK(read("flag\nquiet\n").flag);
  CHECK(read("texts = a\ntexts = b\n").texts == std::vector<std::string>{"a", "b"});
  CHECK_THAT(refused("flag = maybe"),
             ContainsSubstring("line 1: flag: 'maybe' is not accepted; give true or false"));
  CHECK_THAT(refused("\nno-thing = 2"), ContainsSubstring("line 2: no-thing: '2' is not accepted"));
  CHECK_THAT(refused("verbose = 3"),
             ContainsSubstring("verbose: '3' is not accepted; give true or false, 1 or 2"));
  CHECK_THAT(refused("text\n"), ContainsSubstring("line 1: text needs a value"));
  CHECK_THAT(refused("help = yes\n"), ContainsSubstring("line 1: unknown option 'help'\n"));
}

TEST_CASE("arguments: lists of files are read as they are, and ended as they are") {
  const TemporaryFolder folder;
  const auto path = (folder / "list").string();
  write_file(path, "a b\n\nc");
  CHECK(line.good({"--files-from", path.c_str(), "d"}).files ==
        std::vector<std::string>{"d", "a b", "c"});
  write_file(path, std::string_view("a\nb\0c\0", 6));
  CHECK(line.good({"-0", "--files-from", path.c_str()}).files ==
        std::vector<std::string>{"a\nb", "c"});
  std::vector<const char*> forgotten{"tool", "--files-from", path.c_str()};
  {
    const Quiet quiet;
    CHECK(parse(3, forgotten.data()).error() == ExitCode::io);
    CHECK(quiet.errors() ==
          "tool: --files-from " + path + ": NULs end the names in it: give -0, too\n");
  }
  CHECK_THAT(line.bad({"-0"}), ContainsSubstring("--null is of use with --files-from only"));
  CHECK_THAT(line.bad({"--print0", "--json"}),
             ContainsSubstring("--print0 and --json exclude each other"));
  CHECK(line.good({"--print0"}).common.print0);
  std::vector<const char*> words{"tool", "--files-from", "/no/such/list"};
  const Quiet quiet;
  CHECK(parse(3, words.data()).error() == ExitCode::io);
  CHECK(quiet.errors() == "tool: --files-from /no/such/list: No such file or directory\n");
}

TEST_CASE("arguments: standard input is a list or a file, not both") {
  const TemporaryFolder folder;
  const auto path = (folder / "list").string();
  write_file(path, "a\n");
  CHECK(line.good({"--files-from", path.c_str(), "-"}).files == std::vector<std::string>{"-", "a"});
  {
    const StandardInput input("b\n");
    CHECK(line.good({"--files-from", "-", "c"}).files == std::vector<std::string>{"c", "b"});
  }
  const StandardInput input("b\n");
  CHECK_THAT(line.bad({"--files-from", "-", "-"}),
             ContainsSubstring("standard input has the list, no file can be - as well"));
}

TEST_CASE("arguments: help that cannot be written is an error") {
  const Quiet quiet;
  const pid_t child = ::fork(); // its standard output keeps the error
  if (child == 0) {
    ::dup2(::open("/dev/full", O_WRONLY | O_CLOEXEC), STDOUT_FILENO);
    const std::array<const char*, 2> words{"tool", "--help"};
    const auto parsed = parse(2, words.data());
    ::_exit(parsed ? 99 : static_cast<int>(parsed.error()));
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WEXITSTATUS(status) == static_cast<int>(ExitCode::io));
  CHECK(quiet.errors() == "tool: cannot write to standard output\n");
}

TEST_CASE("arguments: a program that complains in its own way is told") {
  std::vector<std::string> complaints;
  const auto code_of = [&](std::vector<const char*> words) {
    const Quiet quiet;
    std::vector<std::string> files;
    Arguments arguments(
        {.name = "tool",
         .usage = "",
         .summary = "",
         .examples = "",
         .libraries = "",
         .complain = [&](std::string_view text) { complaints.emplace_back(text); }});
    arguments.positionals("FILE", files, "what is read");
    arguments.file_lists(files);
    words.insert(words.begin(), "tool");
    const auto code = arguments.parse(static_cast<int>(words.size()), words.data());
    CHECK(quiet.errors().empty());
    return code;
  };
  CHECK(code_of({"-0"}) == ExitCode::usage);
  CHECK(code_of({"--files-from", "/no/such/list"}) == ExitCode::io);
  CHECK(complaints ==
        std::vector<std::string>{"--null is of use with --files-from only",
                                 "--files-from /no/such/list: No such file or directory"});
}

} // namespace dualcam::arguments_test
