#include "common/standard_streams.hpp"

#include "quiet.hpp"
#include "redirected.hpp"
#include "testing.hpp"

#include <array>
#include <regex>
#include <thread>

#include <sys/ioctl.h>
#include <sys/stat.h>

namespace dualcam::standard_streams_test {
namespace {

/// Takes lines until it is told to fail.
class Lines : public LineWriter {
public:
  bool write(std::string text, Weight weight) override {
    all += text;
    last = weight;
    return accepts;
  }
  int error() const override { return failure; }

  std::string all;
  Weight last = Weight::product;
  bool accepts = true;
  int failure = 0;
};

std::string said(const CommonOptions& options) {
  Lines lines;
  {
    Console console("tool", options, lines);
    console.error("e");
    console.warning("w");
    console.note("n");
    console.detail("d");
    console.trace("t");
    console.progress("p");
  }
  return lines.all;
}

using When = CommonOptions::When;

} // namespace

TEST_CASE("console: what is said depends on -q and -v, errors on neither") {
  CommonOptions options;
  CHECK(said(options) == "tool: e\ntool: w\ntool: n\n");
  options.verbosity = 1;
  CHECK(said(options) == "tool: e\ntool: w\ntool: n\ntool: d\n");
  options.verbosity = 2;
  CHECK(said(options) == "tool: e\ntool: w\ntool: n\ntool: d\ntool: t\n");
  options.quiet = true;
  CHECK(said(options) == "tool: e\n");
}

TEST_CASE("console: colour is for who wants it, and not for notes") {
  CommonOptions options;
  options.color = When::always;
  options.verbosity = 2;
  CHECK(said(options) == "\x1b[31mtool: e\x1b[0m\n\x1b[33mtool: w\x1b[0m\ntool: n\n"
                         "\x1b[2mtool: d\x1b[0m\n\x1b[2mtool: t\x1b[0m\n");
  options.color = When::never;
  CHECK(said(options).find('\x1b') == std::string::npos);
}

TEST_CASE("console: the time stands before each line of a file or a pipe, if wanted") {
  const Quiet file; // standard error, neither a terminal nor the journal
  CommonOptions options;
  CHECK(said(options) == "tool: e\ntool: w\ntool: n\n");
  for (const auto when : {When::automatic, When::always}) {
    options.log_time = when;
    const std::regex stamped(R"((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z tool: [ewn]\n){3})");
    CHECK(std::regex_match(said(options), stamped));
  }
  options.log_time = When::never;
  CHECK(said(options) == "tool: e\ntool: w\ntool: n\n");
}

TEST_CASE("console: the journal hears how grave a line is, and knows the time itself") {
  const Quiet file;
  struct stat stream{};
  REQUIRE(::fstat(STDERR_FILENO, &stream) == 0);
  const auto name = [&](ino_t off) {
    return std::to_string(stream.st_dev) + ':' + std::to_string(stream.st_ino + off);
  };
  CommonOptions options;
  options.verbosity = 1;
  options.log_time = When::automatic;
  ::setenv("JOURNAL_STREAM", name(0).c_str(), 1);
  CHECK(said(options) == "<3>tool: e\n<4>tool: w\n<6>tool: n\n<7>tool: d\n");
  options.color = When::always;
  options.quiet = true;
  CHECK(said(options) == "<3>\x1b[31mtool: e\x1b[0m\n");
  options.log_time = When::always;
  CHECK(said(options).starts_with("<3>20"));
  for (const auto& other : {name(1), std::string("0:0"), std::string(), name(0) + "0"}) {
    ::setenv("JOURNAL_STREAM", other.c_str(), 1); // inherited: it was another stream
    CHECK(said(options).starts_with("20"));
  }
  ::unsetenv("JOURNAL_STREAM");
}

TEST_CASE("console: a progress line gives way to others, and goes at the end") {
  CommonOptions options;
  options.progress = When::always;
  Lines lines;
  {
    Console console("tool", options, lines);
    CHECK(console.shows_progress());
    console.clear_progress();
    CHECK(lines.all.empty());
    console.progress("half");
    CHECK(lines.last == LineWriter::Weight::passing);
    CHECK(std::exchange(lines.all, "") == "\rhalf\x1b[K\r");
    console.note("n");
    CHECK(lines.last == LineWriter::Weight::news);
    console.note("n");
    CHECK(std::exchange(lines.all, "") == "\r\x1b[Jtool: n\ntool: n\n");
    console.progress(std::string(300, 'x')); // no terminal: 80 columns
    CHECK(std::exchange(lines.all, "") == "\r" + std::string(79, 'x') + "\x1b[K\r");
    console.progress(std::vector<std::string>{"a", "b", "c"});
    CHECK(std::exchange(lines.all, "") == "\ra\x1b[K\r\nb\x1b[K\r\nc\x1b[K\x1b[2A\r");
    console.progress(std::vector<std::string>{"a", "b"}); // fewer: c goes
    CHECK(std::exchange(lines.all, "") == "\r\x1b[Ja\x1b[K\r\nb\x1b[K\x1b[1A\r");
    console.progress(std::vector<std::string>(100, "x")); // 24 rows
    CHECK(std::exchange(lines.all, "").ends_with("\x1b[23A\r"));
    lines.accepts = false;
    console.note("dropped"); // the line is still there
    lines.accepts = true;
    lines.all.clear();
  }
  CHECK(lines.all == "\r\x1b[J");
  options.progress = When::never;
  CHECK(said(options).find('\r') == std::string::npos);
}

TEST_CASE("console: progress is as wide and as high as its terminal says, if it says so") {
  const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY);
  REQUIRE((terminal >= 0 && ::grantpt(terminal) == 0 && ::unlockpt(terminal) == 0));
  const auto drawn = [&](unsigned short rows, unsigned short columns) {
    const winsize size{.ws_row = rows, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
    REQUIRE(::ioctl(terminal, TIOCSWINSZ, &size) == 0);
    const Redirected as(STDERR_FILENO, ::open(::ptsname(terminal), O_RDWR | O_NOCTTY));
    CommonOptions options;
    options.progress = When::always;
    Lines lines;
    Console console("tool", options, lines);
    console.progress(std::vector<std::string>(100, std::string(300, 'x')));
    return std::ranges::count(lines.all, 'x');
  };
  CHECK(drawn(10, 40) == 10 * 39);
  CHECK(drawn(0, 0) == 24 * 79); // a serial line's
  CHECK(drawn(0, 40) == 24 * 39);
  CHECK(drawn(1, 0) == 79);
  ::close(terminal);
}

TEST_CASE("product: nothing more is written once a line was refused") {
  Lines lines;
  Product product(lines);
  product.line("a");
  lines.failure = ENOSPC;
  product.line("b");
  CHECK(lines.all == "a\n");
  CHECK(product.error() == ENOSPC);
  CHECK_FALSE(product.reader_gone());
  lines.failure = EPIPE; // `| head -1`
  CHECK(product.error() == 0);
  CHECK(product.reader_gone());
}

TEST_CASE("standard streams: a reader is waited for, until there is a hurry") {
  std::array<int, 2> ends{};
  std::array<int, 2> hurry{};
  REQUIRE(::pipe2(ends.data(), O_NONBLOCK) == 0);
  REQUIRE(::pipe(hurry.data()) == 0);
  const std::string much(200'000, 'x');
  std::string got;
  std::thread reader([&] {
    std::array<char, 30'000> piece;
    while (got.size() < much.size()) {
      const auto count = ::read(ends[0], piece.data(), piece.size());
      got.append(piece.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    }
  });
  CHECK(write_to_reader(ends[1], much, hurry[0]) == 0);
  reader.join();
  CHECK(got == much);
  REQUIRE(::write(hurry[1], "!", 1) == 1);
  CHECK(write_to_reader(ends[1], "fits", hurry[0]) == 0); // that much is always tried
  CHECK(write_to_reader(ends[1], much, hurry[0]) == ECANCELED);
  ::close(ends[0]);
  CHECK(write_to_reader(ends[1], "x", -1) == EPIPE);
  ::close(ends[1]);
  CHECK(write_to_reader(ends[1], "x", -1) != 0);
  ::close(hurry[0]);
  ::close(hurry[1]);
}

TEST_CASE("standard streams: a writer keeps its first error") {
  DirectWriter nowhere(999); // which is not open
  CHECK(nowhere.write("x", LineWriter::Weight::product));
  CHECK(nowhere.error() == EBADF);
  DirectWriter full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  full.write("x", LineWriter::Weight::product);
  CHECK(full.error() == ENOSPC);
}

} // namespace dualcam::standard_streams_test
