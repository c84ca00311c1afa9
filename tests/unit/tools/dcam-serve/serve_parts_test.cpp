// dcam-serve's small parts: the exit status, the folder's spelling, what is told once, the
// deadline.
#include "dcam-serve/outcome.hpp"

#include <array>
#include <csignal>

#include <sys/resource.h>

#include "dcam-serve/sha256.hpp"
#include "dcam-serve/stop_deadline.hpp"
#include "dcam-serve/told_metadata.hpp"
#include "tools/dcam-serve/reporting.hpp"
#include "tools/dcam-serve/server_run.hpp"

namespace dualcam::serve::serve_parts_test {
namespace {

using reporting::imei;
using namespace std::chrono_literals;

const FileRef photo = FileKind::front_photo;
const FileRef video = FileKind::front_video;

} // namespace

TEST_CASE("outcome: the exit status is the worst of what happened, a part is incomplete") {
  const ServeOptions options;
  Outcome outcome(options);
  CHECK(outcome.exit_status() == 0);
  outcome.failed(ExitCode::io);
  outcome.failed(ExitCode::bad_data);
  CHECK(outcome.exit_status() == 3);
  outcome.incomplete(imei, photo, 0);
  CHECK(outcome.exit_status() == 5);
  outcome.failed(ExitCode::device_failed);
  CHECK(outcome.exit_status() == 6);
  outcome.failed(ExitCode::child_failed);
  CHECK(outcome.exit_status() == 7);
}

TEST_CASE("outcome: a signal is the exit status, but for SIGTERM to a server that goes on") {
  ServeOptions options;
  for (const bool goes_on : {false, true}) {
    options.keep_listening = goes_on;
    for (const int signal : {SIGINT, SIGHUP, SIGTERM}) {
      Outcome outcome(options);
      outcome.failed(ExitCode::io);
      outcome.stopped_by(signal);
      CHECK(outcome.exit_status() == (goes_on && signal == SIGTERM ? 0 : 128 + signal));
    }
  }
}

TEST_CASE("outcome: a part counts until its file is dealt with, or nobody wants it") {
  const ServeOptions options;
  Outcome outcome(options);
  CHECK(outcome.resumptions(imei, photo) == 0);
  outcome.incomplete(imei, photo, 2);
  outcome.incomplete(imei, photo, 3);
  outcome.incomplete(imei, video, 1);
  outcome.incomplete(imei + 1, photo, 7);
  CHECK(outcome.incomplete_files() == 3);
  CHECK(outcome.resumptions(imei, photo) == 3);
  CHECK(outcome.resumptions(imei, video) == 1);
  CHECK(outcome.resumptions(imei + 1, photo) == 7);
  CHECK_FALSE(outcome.stored(imei, photo, true));
  CHECK(outcome.incomplete_files() == 2);
  CHECK(outcome.resumptions(imei, photo) == 0);
  outcome.forget_incomplete();
  CHECK(outcome.exit_status() == 0);
}

TEST_CASE("outcome: --count counts files that were kept") {
  ServeOptions options;
  options.count = 2;
  Outcome outcome(options);
  CHECK_FALSE(outcome.stored(imei, photo, true));
  CHECK_FALSE(outcome.stored(imei, video, false));
  CHECK(outcome.stored(imei, video, true));
  CHECK(outcome.stored(imei, photo, false));
}

TEST_CASE("SHA-256: of bytes in pieces, and of a file") {
  constexpr auto of_abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  Sha256 sum;
  sum.add(as_bytes("a"));
  sum.add({});
  sum.add(as_bytes("bc"));
  CHECK(sum.hex() == of_abc);
  const TemporaryFolder folder;
  write_file(folder / "a", "abc");
  CHECK(sha256_of(folder / "a") == of_abc);
  write_file(folder / "empty", "");
  CHECK(sha256_of(folder / "empty") ==
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  const auto none = sha256_of(folder / "none");
  REQUIRE_FALSE(none);
  CHECK(none.error().message ==
        "cannot open " + (folder / "none").string() + ": No such file or directory");
}

TEST_CASE("told metadata: what a camera says again is no news, a hundred changes a minute are") {
  ToldMetadata told;
  auto facts = reporting::photo_facts();
  const auto is_news = [&](std::string_view payload, TimePoint now) {
    facts.metadata_payload = from_hex(payload);
    return told.is_news(facts, now);
  };
  const TimePoint start{1h};
  CHECK(is_news("", start)); // nothing is something, once
  CHECK_FALSE(is_news("", start));
  CHECK(is_news("01", start));
  CHECK_FALSE(is_news("01", start + 10min));
  CHECK(is_news("02", start + 1s));
  facts.file = FileKind::rear_photo;
  CHECK(is_news("02", start + 1s));
  facts.imei += 1;
  CHECK(is_news("02", start + 1s));
  facts.imei += 1;
  int news = 0;
  for (int change = 0; change < 150; ++change) {
    news += is_news(change % 2 == 0 ? "03" : "04", start) ? 1 : 0;
  }
  CHECK(news == 100);
  CHECK_FALSE(is_news("05", start + 1min - 1ms));
  CHECK(is_news("06", start + 1min));
  CHECK(is_news("07", start + 1min));
}

namespace {

/// What is waited for on it is known.
struct WatchedClock : TestClock {
  std::atomic<TimePoint> until;
  asio::awaitable<void> wait(asio::steady_timer& timer, TimePoint time) override {
    until = time;
    return TestClock::wait(timer, time);
  }
};

} // namespace

TEST_CASE("stop deadline: who is not done in time is told, each second from then on") {
  WatchedClock clock;
  auto latest = clock.now();
  std::array<TimePoint, 3> told{};
  std::atomic<std::size_t> times = 0;
  StopDeadline deadline(clock, [&] {
    if (times < told.size()) {
      told[times] = clock.now();
    }
    ++times;
  });
  deadline.begin(5s);
  deadline.begin(0ms); // the first time counts
  for (std::size_t i = 0; i < told.size(); ++i) {
    wait_until([&] { return clock.until.load() > latest; });
    const auto pause = clock.until.load() - latest;
    const auto wanted = i == 0 ? 5s : 1s;
    CHECK(pause >= wanted);
    CHECK(pause < wanted + 2s); // a slow machine takes its time
    clock.move_on(std::chrono::ceil<std::chrono::milliseconds>(pause));
    wait_until([&] { return times > i; });
    CHECK(told[i] - latest >= wanted);
    latest = told[i];
  }
  deadline.end();
  deadline.end();
  const std::size_t in_time = times;
  clock.move_on(1h);
  CHECK(times == in_time);
}

TEST_CASE("stop deadline: it does not pass where everything is done, or none was set") {
  TestClock clock;
  int passed = 0;
  {
    StopDeadline deadline(clock, [&] { ++passed; });
    deadline.end();
    deadline.begin(1h);
    deadline.end();
    const StopDeadline unused(clock, [&] { ++passed; });
  }
  CHECK(passed == 0);
}

TEST_CASE(
    "stop deadline: where descriptors have run out there is none, and it ends like any other") {
  TestClock clock;
  int passed = 0;
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  const rlimit none{0, before.rlim_max};
  StopDeadline deadline(clock, [&] { ++passed; });
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  CHECK_NOTHROW(deadline.begin(0ms));
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
  deadline.end();
  CHECK(passed == 0);
}

TEST_CASE("transfer: it holds at least what has come, and what is new is counted from its start") {
  TestClock clock;
  reporting::TestTransfer transfer(clock, reporting::facts_by_path(), 1000, {1, 600, 0, 0});
  CHECK(transfer.bytes() == 600);
  CHECK(transfer.packets() == 1);
  CHECK(transfer.expected_bytes() == 1000);
  CHECK(transfer.new_bytes() == 600);
  transfer.pause();
  CHECK(transfer.new_bytes() == 0);
  CHECK(transfer.resumptions() == 1);
  transfer.count_resumptions(2);
  transfer.count_resumption();
  CHECK(transfer.resumptions() == 4);
  CHECK(transfer.duration() < 1h);
  clock.move_on(1h);
  CHECK(transfer.duration() >= 1h);
  const reporting::TestTransfer more(clock, reporting::facts_by_path(), 1000, {1, 1600, 0, 0});
  CHECK(more.expected_bytes() == 1600);
}

} // namespace dualcam::serve::serve_parts_test
