#include "common/standard_streams.hpp"

#include <cerrno>
#include <csignal>
#include <cstdlib>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <fmt/format.h>

namespace dualcam {
namespace {

/// Writes everything; the errno of a failure, or 0.
int write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(descriptor, text.data(), text.size());
    if (written < 0) {
      if (errno == EINTR) {
        continue;
      }
      return errno;
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

std::string environment(const char* name) {
  const auto* value = std::getenv(name);
  return value != nullptr ? value : "";
}

bool is_capable_terminal() { return ::isatty(STDERR_FILENO) == 1 && environment("TERM") != "dumb"; }

bool chosen(CommonOptions::When when, bool automatic) {
  return when == CommonOptions::When::always ||
         (when == CommonOptions::When::automatic && automatic);
}

std::size_t terminal_width() {
  winsize size{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

} // namespace

void prepare_standard_streams() {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(descriptor, F_GETFD) == -1 && errno == EBADF) {
      // lands on the lowest free number, which is this one
      (void)::open("/dev/null", descriptor == STDOUT_FILENO ? O_RDONLY : O_RDWR);
    }
  }
  std::signal(SIGPIPE, SIG_IGN);
}

void Product::line(std::string_view text) {
  if (error_ == 0) {
    error_ = write_all(STDOUT_FILENO, std::string(text) + '\n');
  }
}

Console::Console(std::string_view program, const CommonOptions& options)
    : program_(program), options_(options),
      shows_progress_(
          chosen(options.progress, is_capable_terminal() && !options.quiet && !options.json)),
      colored_(chosen(options.color, environment("NO_COLOR").empty() && is_capable_terminal())) {}

Console::~Console() { clear_progress(); }

void Console::error(std::string_view text) { line("31", text); }

void Console::warning(std::string_view text) {
  if (!options_.quiet) {
    line("33", text);
  }
}

void Console::note(std::string_view text) {
  if (!options_.quiet) {
    line("", text);
  }
}

void Console::detail(std::string_view text) {
  if (options_.verbosity >= 1 && !options_.quiet) {
    line("2", text);
  }
}

void Console::trace(std::string_view text) {
  if (options_.verbosity >= 2 && !options_.quiet) {
    line("2", text);
  }
}

void Console::line(std::string_view style, std::string_view text) {
  clear_progress();
  const auto content = fmt::format("{}: {}", program_, text);
  const auto whole = colored_ && !style.empty() ? fmt::format("\x1b[{}m{}\x1b[0m\n", style, content)
                                                : content + '\n';
  (void)write_all(STDERR_FILENO, whole); // there is nowhere left to complain
}

void Console::progress(std::string_view text) {
  if (!shows_progress_) {
    return;
  }
  (void)write_all(STDERR_FILENO, fmt::format("\r{}\x1b[K", text.substr(0, terminal_width() - 1)));
  progress_visible_ = true;
}

void Console::clear_progress() {
  if (progress_visible_) {
    (void)write_all(STDERR_FILENO, "\r\x1b[K");
    progress_visible_ = false;
  }
}

} // namespace dualcam
