// Programs that are run: what they get, what is taken from them, and how they end.
#include "common/process.hpp"

#include <csignal>
#include <cstdio>

#include <fcntl.h>
#include <unistd.h>

#include "temporary_folder.hpp"
#include "testing.hpp"

namespace dualcam::process_test {
namespace {

using Words = std::vector<std::string>;

/// A shell's script, run to its end.
ProcessResult ran(const std::string& script, Process process = {}) {
  process.command = {"sh", "-c", script};
  auto result = run_process(process);
  REQUIRE(result);
  return std::move(*result);
}

std::string output_of(const ProcessResult& result) { return std::string(as_text(result.output)); }

} // namespace

TEST_CASE("process: what it writes and how it ends is told") {
  const auto result = ran("echo out; echo err >&2; exit 7");
  CHECK(result.status == 7);
  CHECK(output_of(result) == "out\n");
  CHECK(result.errors == "err\n");
  CHECK(ran("kill -9 $$").status == 128 + 9);
  CHECK(ran("exit 0").status == 0);
}

TEST_CASE("process: of its complaints the last 4 KiB are kept") {
  const auto result = ran("head -c 4095 /dev/zero | tr '\\0' a >&2; echo bc >&2");
  CHECK(result.errors == std::string(4093, 'a') + "bc\n");
  CHECK(ran("head -c 4096 /dev/zero | tr '\\0' a >&2").errors == std::string(4096, 'a'));
}

TEST_CASE("process: its input is asked for piece by piece, and ends with an empty one") {
  const auto block = std::string(100'000, 'x'); // more than a pipe holds
  int asked = 0;
  const auto result = ran("cat", {.command = {}, .input = [&] {
                                    ++asked;
                                    return asked <= 3 ? as_bytes(block) : Bytes();
                                  }});
  CHECK(result.output.size() == 3 * block.size());
  CHECK(asked == 4);
  CHECK(output_of(ran("cat")).empty()); // without any it is at its end at once
  CHECK(as_text(run_process(Words{"cat"}, as_bytes("abc"))->output) == "abc");
}

TEST_CASE("process: one that has read enough is not fed for ever") {
  const auto block = std::string(100'000, 'x');
  std::size_t asked = 0;
  const auto result = ran("head -c 3", {.command = {}, .input = [&] {
                                          ++asked;
                                          return as_bytes(block);
                                        }});
  CHECK(result.status == 0);
  CHECK(output_of(result) == "xxx");
  CHECK(asked < 10);
}

TEST_CASE("process: its input may be a file") {
  const TemporaryFolder folder;
  write_file(folder / "a", "content");
  const int file = ::open((folder / "a").c_str(), O_RDONLY | O_CLOEXEC);
  CHECK(output_of(ran("cat", {.command = {}, .input_file = file})) == "content");
  ::close(file);
}

TEST_CASE("process: its output goes to whoever takes it, until it is not wanted any more") {
  std::string taken;
  const auto all = ran("echo a; echo b", {.command = {}, .output = [&](Bytes bytes) {
                                            taken += as_text(bytes);
                                            return true;
                                          }});
  CHECK(taken == "a\nb\n");
  CHECK(all.output.empty());
  const auto enough =
      ran("echo a; exec sleep 1000", {.command = {}, .output = [](Bytes) { return false; }});
  CHECK(enough.status == 128 + SIGKILL);
}

TEST_CASE("process: whoever is told to stop is killed, with what it started") {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  const auto result = ran("{ echo $$; exec sleep 1000; } | cat",
                          {.command = {},
                           .output =
                               [&](Bytes) {
                                 REQUIRE(::write(ends[1], "x", 1) == 1); // once both are there
                                 return true;
                               },
                           .stop = ends[0]});
  CHECK(result.status == 128 + SIGKILL);
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST_CASE("process: with a descriptor for its stop it has a group of its own, otherwise ours") {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  const auto group = [](const Process& process) { // behind the name: state, parent, group
    const auto stat = output_of(ran("cat /proc/self/stat", process));
    char state = 0;
    int parent = 0;
    int its_own = 0;
    REQUIRE(std::sscanf(stat.c_str() + stat.rfind(')') + 1, " %c %d %d", &state, &parent,
                        &its_own) == 3);
    return its_own;
  };
  CHECK(group({}) == ::getpgrp());
  CHECK(group({.command = {}, .stop = ends[0]}) != ::getpgrp());
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST_CASE("process: one that is not there is an error that names it") {
  const auto result = run_process(Words{"/no/such\nprogram"});
  REQUIRE_FALSE(result);
  CHECK(result.error().category == ErrorCategory::io);
  CHECK_THAT(result.error().message,
             ContainsSubstring("cannot run /no/such\\x0aprogram: No such file or directory"));
}

TEST_CASE("process: the last lines of what it says are those that are not empty") {
  CHECK(last_line("") == "");
  CHECK(last_line("\n\r\n ") == "");
  CHECK(last_line("a") == "a");
  CHECK(last_line("a\nb \r\n\n") == "b");
  CHECK(last_lines("a\nb\nc\n", 2) == Words{"b", "c"});
  CHECK(last_lines("a\n\nb\n", 5) == Words{"a", "b"});
  CHECK(last_lines("a\nb", 0).empty());
  CHECK(last_line("\x1b[31mred") == "\\x1b[31mred");
}

} // namespace dualcam::process_test
