// Standard output for the product, standard error for people.
#pragma once

#include <cerrno>
#include <span>
#include <string>
#include <string_view>

#include "common/line_writer.hpp"

namespace dualcam::inline tools {

/// What every tool lets its users choose.
struct CommonOptions {
  enum class When { automatic, always, never };

  bool quiet = false;
  int verbosity = 0; ///< 1 with -v, 2 with -vv
  bool json = false;
  bool print0 = false; ///< a NUL ends each path
  When progress = When::automatic;
  When color = When::automatic;
  When log_time = When::never; ///< before each line of standard error
};

/// First thing in main: closed standard descriptors are opened on /dev/null (standard output so
/// that writing to it still fails), or the next socket would become standard output; SIGPIPE and
/// SIGXFSZ (ulimit -f) become error codes.
void prepare_standard_streams();

/// Standard output is a pipe whose reader has gone, which writing to it would show as well.
bool nobody_reads_output();

/// Once `descriptor` is readable no reader of the standard streams is waited for any longer: what
/// they do not take is lost (ECANCELED).
void hurry_when_readable(int descriptor);

/// Writes everything to a pipe, a terminal or a file, whose reader may take their time. Returns 0
/// or an errno.
int write_to_reader(int descriptor, std::string_view text);
/// The same until `hurry` is readable.
int write_to_reader(int descriptor, std::string_view text, int hurry);
/// The same; of `text` only what has not been written is left.
int write_what_is_left(int descriptor, std::string_view& text, int hurry);

/// Writes at once and waits for the reader.
class DirectWriter : public LineWriter {
public:
  explicit DirectWriter(int descriptor) : descriptor_(descriptor) {}

  bool write(std::string text, Weight weight) override;
  int error() const override { return error_; }

private:
  int descriptor_;
  int error_ = 0;
};

LineWriter& direct_output(); ///< standard output
LineWriter& direct_errors(); ///< standard error

/// Standard output: whole lines, or paths with a NUL after each. After a failure nothing more is
/// written.
class Product {
public:
  /// `writer` is for standard output, and must live as long.
  explicit Product(LineWriter& writer = direct_output(), const CommonOptions& options = {})
      : writer_(writer), end_(options.print0 ? '\0' : '\n') {}

  void line(std::string_view text, LineWriter::Weight weight = LineWriter::Weight::product);

  /// The reader has gone (`| head -1`), which is not an error.
  bool reader_gone() const { return writer_.error() == EPIPE; }
  /// Any other failure's errno; 0 if there was none.
  int error() const { return reader_gone() ? 0 : writer_.error(); }

private:
  LineWriter& writer_;
  char end_;
};

/// What stands before each line of standard error: for the journal how grave it is, the time for
/// whoever reads lines later, in a file or a pipe.
class LineStyle {
public:
  explicit LineStyle(const CommonOptions& options);

  enum class Level { error = 3, warning = 4, note = 6, detail = 7 }; // as syslog(3) has them

  /// `<6>`, `2026-11-26T12:43:42.000Z `, both or nothing.
  std::string prefix(Level level) const;

private:
  bool for_journal_;
  bool with_time_;
};

/// Standard error. Lines for people begin with the tool's name; progress lines, rewritten in place,
/// give way to them. The cursor rests where those begin, so that a terminal that wraps them anew
/// when it is resized takes it along, and all behind it can be cleared.
class Console {
public:
  /// `writer` is for standard error, and must live as long.
  Console(std::string_view program, const CommonOptions& options,
          LineWriter& writer = direct_errors());
  ~Console();
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  void error(std::string_view text);
  void warning(std::string_view text); ///< not with -q
  void note(std::string_view text);    ///< not with -q
  void detail(std::string_view text);  ///< with -v
  void trace(std::string_view text);   ///< with -vv
  bool traces() const { return options_.verbosity >= 2; }

  bool shows_progress() const { return shows_progress_; }
  /// Rewrites the progress line, cut to the terminal's width, or several. No control characters.
  void progress(std::string_view text);
  void progress(std::span<const std::string> lines);
  void clear_progress();
  /// What a progress line may have, and how many there may be.
  static std::size_t columns();
  static std::size_t rows();

private:
  void line(LineStyle::Level level, std::string_view text);
  std::string clearing() const;

  LineWriter& writer_;
  std::string program_;
  CommonOptions options_;
  LineStyle style_;
  bool shows_progress_;
  bool colored_;
  bool progress_visible_ = false;
  std::size_t drawn_lines_ = 0;
  std::size_t drawn_columns_ = 0;
};

} // namespace dualcam::inline tools
