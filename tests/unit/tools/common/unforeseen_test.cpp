#include "common/unforeseen.hpp"

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <new>
#include <string>
#include <system_error>
#include <thread>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "testing.hpp"

namespace dualcam::inline tools {
namespace {

template <class Exception> Unforeseen told(const Exception& exception) {
  return unforeseen(std::make_exception_ptr(exception));
}

std::system_error errno_exception(int error) {
  return {error, std::generic_category(), "cannot open x"};
}

struct End {
  int status; ///< as a shell has it
  std::string said;
};

/// How a tool ends out of which an exception comes that cannot be caught.
End ended_by(void (*fails)(), bool on_another_thread) {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  const auto child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::dup2(ends[1], STDERR_FILENO);
    std::signal(SIGABRT, SIG_DFL); // Catch2 has a handler
    const auto escape = [fails]() noexcept { fails(); };
    ::_exit(run_tool("test", [&] {
      on_another_thread ? std::thread(escape).join() : escape();
      return 0;
    }));
  }
  ::close(ends[1]);
  End end{};
  char piece[512];
  for (ssize_t count = 0; (count = ::read(ends[0], piece, sizeof piece)) > 0;) {
    end.said.append(piece, static_cast<std::size_t>(count));
  }
  ::close(ends[0]);
  REQUIRE(::waitpid(child, &end.status, 0) == child);
  end.status = WIFSIGNALED(end.status) ? 128 + WTERMSIG(end.status) : WEXITSTATUS(end.status);
  return end;
}

} // namespace

TEST_CASE("unforeseen: what has run out is told with a remedy, and is no crash") {
  for (const auto& [error, remedy] :
       {std::pair(EMFILE, "ulimit -n"), {ENFILE, "ulimit -n"}, {EAGAIN, "ulimit -u"}}) {
    const auto [code, message] = told(errno_exception(error));
    CHECK(code == ExitCode::io);
    CHECK(message.starts_with("cannot open x: "));
    CHECK(message.find(remedy) != message.npos);
  }
  const auto [code, message] = told(std::bad_alloc());
  CHECK(code == ExitCode::io);
  CHECK(message == "out of memory; raise its limit (ulimit -v) or do less at once");
}

TEST_CASE("unforeseen: any other exception is one line without control characters") {
  const auto other = told(std::filesystem::filesystem_error(
      "cannot look at", "new\nline", std::make_error_code(std::errc::permission_denied)));
  CHECK(other.code == ExitCode::io);
  CHECK(other.message.find('\n') == other.message.npos);
  CHECK(told(std::runtime_error("a \x1b surprise")).message == R"(unexpected: a \x1b surprise)");
}

TEST_CASE("unforeseen: a tool's own exit code counts, an exception's otherwise") {
  CHECK(run_tool("test", [] { return 6; }) == 6);
  CHECK(run_tool("test", []() -> int { throw std::bad_alloc(); }) == 3);
  CHECK(run_tool("test", []() -> int { throw 1; }) == 3);
}

TEST_CASE("unforeseen: what has run out ends the process with its line where nobody can catch it") {
  for (const bool on_another_thread : {false, true}) {
    const auto out_of_memory = ended_by([] { throw std::bad_alloc(); }, on_another_thread);
    CHECK(out_of_memory.status == 3);
    CHECK(out_of_memory.said.ends_with( // behind the name of the tool that was run first
        ": out of memory; raise its limit (ulimit -v) or do less at once\n"));
    const auto out_of_files = ended_by([] { throw errno_exception(EMFILE); }, on_another_thread);
    CHECK(out_of_files.status == 3);
    CHECK(out_of_files.said.find("(ulimit -n)") != std::string::npos);
  }
}

TEST_CASE("unforeseen: a mistake aborts as ever") {
  CHECK(ended_by([] { throw std::logic_error("mistaken"); }, false).status == 128 + SIGABRT);
  CHECK(ended_by([] { throw errno_exception(ENOENT); }, true).status == 128 + SIGABRT);
  CHECK(ended_by([] { std::terminate(); }, false).status == 128 + SIGABRT);
}

TEST_CASE("unforeseen: only what has run out is exhaustion") {
  CHECK(is_exhaustion(EMFILE));
  CHECK(is_exhaustion(ENOMEM));
  CHECK_FALSE(is_exhaustion(ENOENT));
  CHECK_FALSE(is_exhaustion(0));
}

} // namespace dualcam::inline tools
