// Times of one track as they come, and what is seen of those behind them.
#include "dcam-convert/live_clock.hpp"

#include "testing.hpp"

namespace dualcam::convert::live_clock_test {
namespace {

using Stamps = std::vector<LiveClock::Stamp>;

constexpr std::uint64_t period = 50'000;

constexpr std::uint64_t start = 1'000'000'000;

/// Pictures 0 and 1 have come, at their times.
LiveClock started() {
  LiveClock clock;
  clock.take({0, start}, {}, period);
  clock.take({1, start + period}, {}, period);
  return clock;
}

} // namespace

TEST_CASE("live clock: a time is odd if it does not rise, or by more than twice what is due") {
  LiveClock clock;
  CHECK_FALSE(clock.started());
  CHECK_FALSE(clock.is_odd({0, 1'000'000'000}, period));
  CHECK(clock.take({0, 1000}, {}, period) == 1000);
  CHECK(clock.started());
  CHECK(clock.is_odd({1, 1000}, period));
  CHECK_FALSE(clock.is_odd({1, 1001}, period));
  CHECK_FALSE(clock.is_odd({1, 101'000}, period));
  CHECK(clock.is_odd({1, 101'001}, period));
  CHECK_FALSE(clock.is_odd({3, 301'000}, period)); // two are lost
  CHECK(clock.is_odd({3, 301'001}, period));
}

TEST_CASE("live clock: one odd time is put where the number tells, whether too late or too early") {
  for (const auto odd : {std::uint64_t{1}, start - 1, 2 * start}) {
    auto clock = started();
    const Stamps ahead{{3, start + 150'000}, {4, start + 200'000}};
    CHECK(clock.take({2, odd}, ahead, period) == start + 100'000);
    CHECK(clock.mended() == 1);
    CHECK_FALSE(clock.is_odd(ahead[0], period));
    CHECK(clock.take(ahead[0], {}, period) == start + 150'000);
    CHECK(clock.mended() == 1);
  }
}

TEST_CASE("live clock: a jump of the clock is taken out of all that follows") {
  for (const std::uint64_t from : {2 * start, std::uint64_t{10}}) {
    auto clock = started();
    const Stamps ahead{{3, from + 50'000}, {4, from + 100'000}};
    CHECK(clock.take({2, from}, ahead, period) == start + 100'000);
    CHECK(clock.mended() == 1);
    CHECK(clock.take(ahead[0], {}, period) == start + 150'000);
    CHECK_FALSE(clock.is_odd(ahead[1], period));
    CHECK(clock.take(ahead[1], {}, period) == start + 200'000);
    CHECK(clock.mended() == 1);
    clock.restart();
    CHECK_FALSE(clock.started());
    CHECK(clock.mended() == 1); // of all recordings
    CHECK(clock.take({0, from}, {}, period) == from);
  }
}

TEST_CASE("live clock: a pause of ten seconds is one, and no jump") {
  auto clock = started();
  constexpr auto behind = start + 10'000'000;
  CHECK(clock.is_odd({2, behind}, period));
  CHECK(clock.take({2, behind}, {{3, behind + 50'000}, {4, behind + 100'000}}, period) == behind);
  CHECK(clock.mended() == 0);
  CHECK(clock.take({3, behind + 50'000}, {}, period) == behind + 50'000);
}

TEST_CASE("live clock: what is odd, and has nothing behind it, follows the one before") {
  auto clock = started();
  CHECK(clock.take({2, 2 * start}, {}, period) == start + 100'000);
  CHECK(clock.take({3, 0}, {}, period) == start + 150'000);
  CHECK(clock.take({7, 1}, {}, period) == start + 350'000);
  CHECK(clock.mended() == 3);
}

TEST_CASE("live clock: the first time is told to be wrong by those behind it") {
  LiveClock clock;
  CHECK(clock.take({0, 100'000'000}, {{1, 1'050'000}, {2, 1'100'000}}, period) == 1'000'000);
  CHECK(clock.mended() == 1);
  CHECK(clock.first_was_late() == 0); // it has not gone out yet
  LiveClock right;
  CHECK(right.take({0, 1'000'000}, {{1, 1'050'000}, {2, 1'100'000}}, period) == 1'000'000);
  CHECK(right.mended() == 0);
}

TEST_CASE("live clock: a first time that went out is found to have been late, or early") {
  for (const std::uint64_t first : {100'000'000U, 1U}) {
    LiveClock clock;
    CHECK(clock.take({0, first}, {}, period) == first);
    const Stamps ahead{{2, 50'100'000}, {3, 50'150'000}};
    CHECK(clock.take({1, 50'050'000}, ahead, period) == 50'050'000);
    CHECK(clock.mended() == 1);
    CHECK(clock.first_was_late() == first - 50'000'000); // modulo 2^64
    CHECK(clock.first_was_late() == 0);
    CHECK(clock.take(ahead[0], {}, period) == 50'100'000);
  }
}

} // namespace dualcam::convert::live_clock_test
