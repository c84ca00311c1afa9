#include "dcam-serve/exporter.hpp"

#include "common/coroutine.hpp"
#include "quiet.hpp"
#include "test_clock.hpp"

namespace dualcam::serve::exporter_test {
namespace {

using namespace std::chrono_literals;

/// An exporter whose figures are the number of times that they were asked for.
struct Exported {
  explicit Exported(const char* name)
      : exporter(folder / name, io, clock, console, [this] {
          Metrics metrics;
          metrics.connections = ++asked;
          metrics.oldest_unsaved = asked < saved_at ? 1 : 0;
          return metrics;
        }) {}

  void start() { asio::co_spawn(io, exporter.run(), rethrow); }
  /// Goes on until that is so.
  template <class Condition> void until(Condition condition) {
    for (int attempt = 0; attempt < 30'000; ++attempt) {
      if (condition()) {
        return;
      }
      io.run_for(1ms);
    }
    FAIL("it does not come to that");
  }
  /// Whether it goes on to write for the `number`th time.
  void writes(unsigned number) {
    until([&] { return asked >= number; });
    const auto line = "dualcam_connections " + std::to_string(number) + "\n";
    until([&] { return content_of(file).contains(line); });
  }
  void end() {
    exporter.stop();
    io.run();
  }

  Quiet quiet;
  TemporaryFolder folder;
  fs::path file = folder / "metrics";
  asio::io_context io{1};
  TestClock clock;
  CommonOptions options;
  Console console{"dcam-serve", options};
  unsigned asked = 0;
  unsigned saved_at = 0;
  Exporter exporter;
};

} // namespace

TEST_CASE("exporter: the file is written at once, then every 10 s until the end") {
  Exported exported("metrics");
  const auto before = exported.clock.now();
  exported.start();
  exported.writes(1);
  exported.clock.move_on(9900ms);
  exported.io.run_for(20ms);
  CHECK(exported.asked == 1);
  exported.clock.move_on(100ms);
  exported.writes(2);
  exported.clock.move_on(10s);
  exported.writes(3);
  CHECK(exported.clock.now() - before < 25s); // the clock goes on by itself, too
  exported.end();
  CHECK(exported.asked == 3);
  CHECK(exported.quiet.errors().empty());
  exported.exporter.finish();
  CHECK_THAT(content_of(exported.file), ContainsSubstring("dualcam_connections 5\n"));
}

TEST_CASE("exporter: what is wrong is said once, until it works again") {
  Exported exported("new/metrics");
  exported.file = exported.folder / "new/metrics";
  const auto warning = "dcam-serve: cannot write to --metrics " + exported.file.string() +
                       ": No such file or directory; cameras are served all the same\n";
  exported.start();
  exported.until([&] { return exported.quiet.errors() == warning; });
  exported.clock.move_on(10s);
  exported.until([&] { return exported.asked == 2; });
  exported.io.run_for(50ms);
  CHECK(exported.quiet.errors() == warning);
  fs::create_directory(exported.folder / "new");
  exported.clock.move_on(10s);
  exported.writes(3);
  exported.io.run_for(50ms); // it looks again every 10 ms
  fs::remove_all(exported.folder / "new");
  exported.clock.move_on(10s);
  exported.until([&] { return exported.quiet.errors() == warning + warning; });
  exported.end();
  exported.exporter.finish();
  CHECK(exported.quiet.errors() == warning + warning);
}

TEST_CASE("exporter: another file is written at once, and is another one to be told of") {
  Exported exported("no/such/metrics");
  exported.start();
  exported.until([&] { return exported.quiet.errors().contains("no/such/metrics: "); });
  exported.exporter.reopen(exported.folder / "nor/that");
  exported.until([&] { return exported.quiet.errors().contains("nor/that: "); });
  exported.exporter.reopen(exported.file);
  exported.writes(3);
  exported.exporter.reopen(exported.file); // it may have been moved away
  exported.writes(4);
  exported.end();
}

TEST_CASE("exporter: at the end what was stored last is waited for a moment") {
  Exported exported("metrics");
  exported.saved_at = 3;
  exported.exporter.finish();
  CHECK_THAT(content_of(exported.file), ContainsSubstring("dualcam_connections 4\n"));
  CHECK_THAT(content_of(exported.file), ContainsSubstring("dualcam_oldest_unsaved_seconds 0\n"));
  exported.saved_at = ~0U; // never: it is written all the same
  exported.exporter.finish();
  CHECK_THAT(content_of(exported.file), ContainsSubstring("dualcam_oldest_unsaved_seconds 1\n"));
  CHECK(exported.quiet.errors().empty());
  Exported failing("no/such/metrics");
  failing.exporter.finish();
  CHECK_THAT(failing.quiet.errors(), ContainsSubstring("cannot write to --metrics "));
}

} // namespace dualcam::serve::exporter_test
