#include "common/standard_streams.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "common/units.hpp"
#include "common/utf8.hpp"

namespace dualcam::inline tools {
namespace {

constexpr std::size_t surely_fits = 4096; // PIPE_BUF: what a writable pipe takes at once
int hurry = -1;

constexpr auto clear_all = "\r\x1b[J";

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

/// systemd tells of the stream that it connected to the journal; another may be there by now.
bool is_journal(int descriptor) {
  struct stat stream{};
  return ::fstat(descriptor, &stream) == 0 &&
         environment("JOURNAL_STREAM") == fmt::format("{}:{}", stream.st_dev, stream.st_ino);
}

bool is_capable_terminal() { return ::isatty(STDERR_FILENO) == 1 && environment("TERM") != "dumb"; }

bool chosen(CommonOptions::When when, bool automatic) {
  return when == CommonOptions::When::always ||
         (when == CommonOptions::When::automatic && automatic);
}

/// The ANSI style of a level.
std::string_view color_of(LineStyle::Level level) {
  using enum LineStyle::Level;
  switch (level) {
  case error:
    return "31";
  case warning:
    return "33";
  case note:
    return "";
  case detail:
    return "2";
  }
  return "";
}

struct TerminalSize {
  std::size_t columns;
  std::size_t rows;
};

TerminalSize terminal_size() {
  winsize size{};
  const bool known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0;
  return {.columns = known && size.ws_col > 0 ? size.ws_col : 80U,
          .rows = known && size.ws_row > 0 ? size.ws_row : 24U};
}

} // namespace

void hurry_when_readable(int descriptor) { hurry = descriptor; }

int write_to_reader(int descriptor, std::string_view text) {
  return write_to_reader(descriptor, text, hurry);
}

int write_to_reader(int descriptor, std::string_view text, int impatience) {
  return write_what_is_left(descriptor, text, impatience);
}

int write_what_is_left(int descriptor, std::string_view& text, int impatience) {
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
      (void)::open("/dev/null", descriptor == STDIN_FILENO    ? O_WRONLY
                                : descriptor == STDOUT_FILENO ? O_RDONLY
                                                              : O_RDWR);
    }
  }
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

bool nobody_reads_output() {
  struct stat status{};
  pollfd output{STDOUT_FILENO, 0, 0};
  return ::fstat(STDOUT_FILENO, &status) == 0 && S_ISFIFO(status.st_mode) &&
         ::poll(&output, 1, 0) > 0 && (output.revents & POLLERR) != 0;
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

LineStyle::LineStyle(const CommonOptions& options)
    : for_journal_(is_journal(STDERR_FILENO)),
      with_time_(chosen(options.log_time, !for_journal_ && ::isatty(STDERR_FILENO) == 0)) {}

std::string LineStyle::prefix(Level level) const {
  return (for_journal_ ? fmt::format("<{}>", static_cast<int>(level)) : "") +
         (with_time_ ? format_time(system_now()) + ' ' : "");
}

Console::Console(std::string_view program, const CommonOptions& options, LineWriter& writer)
    : writer_(writer), program_(program), options_(options), style_(options),
      shows_progress_(
          chosen(options.progress, is_capable_terminal() && !options.quiet && !options.json)),
      colored_(chosen(options.color, environment("NO_COLOR").empty() && is_capable_terminal())) {}

Console::~Console() { clear_progress(); }

void Console::error(std::string_view text) { line(LineStyle::Level::error, text); }

void Console::warning(std::string_view text) {
  if (!options_.quiet) {
    line(LineStyle::Level::warning, text);
  }
}

void Console::note(std::string_view text) {
  if (!options_.quiet) {
    line(LineStyle::Level::note, text);
  }
}

void Console::detail(std::string_view text) {
  if (options_.verbosity >= 1 && !options_.quiet) {
    line(LineStyle::Level::detail, text);
  }
}

void Console::trace(std::string_view text) {
  if (options_.verbosity >= 2 && !options_.quiet) {
    line(LineStyle::Level::detail, text);
  }
}

void Console::line(LineStyle::Level level, std::string_view text) {
  const auto content = fmt::format("{}: {}", program_, text);
  const auto color = color_of(level);
  const auto whole = colored_ && !color.empty() ? fmt::format("\x1b[{}m{}\x1b[0m\n", color, content)
                                                : content + '\n';
  if (writer_.write(clearing() + style_.prefix(level) + whole, LineWriter::Weight::news)) {
    progress_visible_ = false;
  } // if it fails there is nowhere left to complain
}

std::string Console::clearing() const { return progress_visible_ ? clear_all : ""; }

std::size_t Console::columns() { return terminal_size().columns - 1; }

std::size_t Console::rows() { return terminal_size().rows; }

void Console::progress(std::string_view text) {
  const std::string line(text);
  progress(std::span(&line, 1));
}

void Console::progress(std::span<const std::string> lines) {
  if (!shows_progress_) {
    return;
  }
  const auto size = terminal_size();
  lines = lines.first(std::min(lines.size(), size.rows));
  const bool shrinks = lines.size() < drawn_lines_ || size.columns != drawn_columns_;
  std::string text = progress_visible_ && shrinks ? clear_all : "\r";
  for (std::size_t i = 0; i < lines.size(); ++i) {
    text += i == 0 ? "" : "\r\n";
    text += first_columns(lines[i], size.columns - 1);
    text += "\x1b[K";
  }
  text += lines.size() > 1 ? fmt::format("\x1b[{}A\r", lines.size() - 1) : "\r";
  if (writer_.write(std::move(text), LineWriter::Weight::passing)) {
    progress_visible_ = true;
    drawn_lines_ = lines.size();
    drawn_columns_ = size.columns;
  }
}

void Console::clear_progress() {
  if (progress_visible_ && writer_.write(clear_all, LineWriter::Weight::news)) {
    progress_visible_ = false;
  }
}

} // namespace dualcam::inline tools
