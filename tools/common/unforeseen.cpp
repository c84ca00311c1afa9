#include "common/unforeseen.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <new>
#include <system_error>

#include <unistd.h>

#include "common/escape.hpp"
#include "common/standard_streams.hpp"

namespace dualcam::inline tools {
namespace {

using namespace std::string_view_literals;

constexpr auto out_of_memory = "out of memory; raise its limit (ulimit -v) or do less at once"sv;

std::string_view remedy_for(const std::error_code& code) {
  if (code == std::errc::too_many_files_open || code == std::errc::too_many_files_open_in_system) {
    return "; raise the limit of open files (ulimit -n) or do less at once";
  }
  if (code == std::errc::resource_unavailable_try_again) {
    return "; raise the limit of processes (ulimit -u) or do less at once";
  }
  return "";
}

} // namespace

Unforeseen unforeseen(const std::exception_ptr& exception) {
  try {
    std::rethrow_exception(exception);
  } catch (const std::bad_alloc&) {
    return {ExitCode::io, std::string(out_of_memory)};
  } catch (const std::system_error& error) {
    return {ExitCode::io, escaped(error.what()) + std::string(remedy_for(error.code()))};
  } catch (const std::exception& error) {
    return {ExitCode::io, "unexpected: " + escaped(error.what())};
  } catch (...) {
    return {ExitCode::io, "unexpected: an exception of a kind of its own"};
  }
}

int run_tool(std::string_view program, const std::function<int()>& tool) noexcept {
  try {
    return tool();
  } catch (...) {
    try {
      const auto [code, message] = unforeseen(std::current_exception());
      Console(program, {}).error(message);
      return static_cast<int>(code);
    } catch (...) { // not even for that
      for (const auto text : {program, ": "sv, out_of_memory, "\n"sv}) {
        (void)!::write(STDERR_FILENO, text.data(), text.size());
      }
      return static_cast<int>(ExitCode::io);
    }
  }
}

bool is_exhaustion(int error) {
  constexpr std::array all{EMFILE, ENFILE, ENOMEM, EAGAIN};
  return std::ranges::find(all, error) != all.end();
}

} // namespace dualcam::inline tools
