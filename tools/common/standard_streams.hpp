// Standard output for the product, standard error for people.
#pragma once

#include <cerrno>
#include <string>
#include <string_view>

namespace dualcam::inline tools {

/// What every tool lets its users choose.
struct CommonOptions {
  enum class When { automatic, always, never };

  bool quiet = false;
  int verbosity = 0; ///< 1 with -v, 2 with -vv
  bool json = false;
  When progress = When::automatic;
  When color = When::automatic;
};

/// First thing in main: closed standard descriptors are opened on /dev/null (standard output so
/// that writing to it still fails), or the next socket would become standard output; SIGPIPE and
/// SIGXFSZ (ulimit -f) become error codes.
void prepare_standard_streams();

/// Once `descriptor` is readable no reader of the standard streams is waited for any longer: what
/// they do not take is lost (ECANCELED).
void hurry_when_readable(int descriptor);

/// Writes everything to a pipe, a terminal or a file, whose reader may take their time. Returns 0
/// or an errno.
int write_to_reader(int descriptor, std::string_view text);

/// Standard output: whole lines, each written at once. After a failure nothing more is written.
class Product {
public:
  void line(std::string_view text);

  /// The reader has gone (`| head -1`), which is not an error.
  bool reader_gone() const { return error_ == EPIPE; }
  /// Any other failure's errno; 0 if there was none.
  int error() const { return reader_gone() ? 0 : error_; }

private:
  int error_ = 0;
};

/// Standard error. Lines for people begin with the tool's name; a progress line, rewritten in
/// place, gives way to them.
class Console {
public:
  Console(std::string_view program, const CommonOptions& options);
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
  /// Rewrites the progress line, cut to the terminal's width. No control characters.
  void progress(std::string_view text);
  void clear_progress();

private:
  void line(std::string_view style, std::string_view text);

  std::string program_;
  CommonOptions options_;
  bool shows_progress_;
  bool colored_;
  bool progress_visible_ = false;
};

} // namespace dualcam::inline tools
