#include "common/unforeseen.hpp"

#include <cerrno>
#include <filesystem>
#include <new>
#include <system_error>

#include "testing.hpp"

namespace dualcam::inline tools {
namespace {

template <class Exception> Unforeseen told(const Exception& exception) {
  return unforeseen(std::make_exception_ptr(exception));
}

std::system_error errno_exception(int error) {
  return {error, std::generic_category(), "cannot open x"};
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

TEST_CASE("unforeseen: only what has run out is exhaustion") {
  CHECK(is_exhaustion(EMFILE));
  CHECK(is_exhaustion(ENOMEM));
  CHECK_FALSE(is_exhaustion(ENOENT));
  CHECK_FALSE(is_exhaustion(0));
}

} // namespace dualcam::inline tools
