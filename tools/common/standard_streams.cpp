#include "common/standard_streams.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <fmt/format.h>

namespace dualcam::inline tools {
namespace {

constexpr std::size_t surely_fits = 4096; // PIPE_BUF: what a writable pipe takes at once
int hurry = -1;

constexpr auto clear_line = "\r\x1b[K";

/// False: nobody waits any longer.
bool wait_for_reader(int descriptor, int impatience) {
  std::array polled{pollfd{descriptor, POLLOUT, 0}, pollfd{impatience, POLLIN, 0}};
  while (::poll(polled.data(), polled.size(), -1) < 0 && errno == EINTR) {
  }
  return polled[0].revents != 0;
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

void hurry_when_readable(int descriptor) { hurry = descriptor; }

int write_to_reader(int descriptor, std::string_view text) {
  return write_to_reader(descriptor, text, hurry);
}

int write_to_reader(int descriptor, std::string_view text, int impatience) {
  while (!text.empty()) {
    if (!wait_for_reader(descriptor, impatience)) {
      return ECANCELED;
    }
    const auto written = ::write(descriptor, text.data(), std::min(text.size(), surely_fits));
    if (written < 0 && errno != EINTR && errno != EAGAIN) {
      return errno;
    }
    text.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(written, 0)));
  }
  return 0;
}

void prepare_standard_streams() {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(descriptor, F_GETFD) == -1 && errno == EBADF) {
      // lands on the lowest free number, which is this one
      (void)::open("/dev/null", descriptor == STDOUT_FILENO ? O_RDONLY : O_RDWR);
    }
  }
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

bool DirectWriter::write(std::string text, Weight) {
  const int error = write_to_reader(descriptor_, text);
  error_ = error_ == 0 ? error : error_;
  return true;
}

LineWriter& direct_output() {
  static DirectWriter writer(STDOUT_FILENO);
  return writer;
}

LineWriter& direct_errors() {
  static DirectWriter writer(STDERR_FILENO);
  return writer;
}

void Product::line(std::string_view text, LineWriter::Weight weight) {
  if (writer_.error() == 0) {
    writer_.write(std::string(text) + end_, weight);
  }
}

Console::Console(std::string_view program, const CommonOptions& options, LineWriter& writer)
    : writer_(writer), program_(program), options_(options),
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
  const auto content = fmt::format("{}: {}", program_, text);
  const auto whole = colored_ && !style.empty() ? fmt::format("\x1b[{}m{}\x1b[0m\n", style, content)
                                                : content + '\n';
  if (writer_.write(clearing() + whole, LineWriter::Weight::news)) {
    progress_visible_ = false;
  } // if it fails there is nowhere left to complain
}

std::string Console::clearing() const { return progress_visible_ ? clear_line : ""; }

void Console::progress(std::string_view text) {
  if (!shows_progress_) {
    return;
  }
  if (writer_.write(fmt::format("\r{}\x1b[K", text.substr(0, terminal_width() - 1)),
                    LineWriter::Weight::passing)) {
    progress_visible_ = true;
  }
}

void Console::clear_progress() {
  if (progress_visible_ && writer_.write(clear_line, LineWriter::Weight::news)) {
    progress_visible_ = false;
  }
}

} // namespace dualcam::inline tools
