#include "dualcam/session/deadlines.hpp"

#include "testing.hpp"

namespace dualcam::deadlines_test {
namespace {

constexpr std::array every_timer{Timer::idle,          Timer::path,  Timer::metadata,
                                 Timer::metadata_byte, Timer::start, Timer::sync,
                                 Timer::packet,        Timer::more,  Timer::repeat_init};

constexpr TimePoint at_second(int seconds) { return TimePoint(std::chrono::seconds(seconds)); }

} // namespace

TEST_CASE("deadlines: nothing runs at first, and nothing is ever due") {
  const Deadlines deadlines;
  CHECK(deadlines.next() == TimePoint::max());
  CHECK_FALSE(deadlines.due(TimePoint::max()));
  for (const auto timer : every_timer) {
    CHECK(deadlines.at(timer) == TimePoint::max());
  }
}

TEST_CASE("deadlines: every timer is due at its time, not before, and is found by its name") {
  for (const auto timer : every_timer) {
    Deadlines deadlines;
    deadlines.start(timer, at_second(5));
    CHECK(deadlines.at(timer) == at_second(5));
    CHECK(deadlines.next() == at_second(5));
    CHECK_FALSE(deadlines.due(at_second(5) - std::chrono::nanoseconds(1)));
    CHECK(deadlines.due(at_second(5)) == timer);
    CHECK(deadlines.due(at_second(50)) == timer);
    for (const auto other : every_timer) {
      CHECK((other == timer || deadlines.at(other) == TimePoint::max()));
    }
  }
}

TEST_CASE("deadlines: a wait ends when it is over, and one that is too long never") {
  CHECK(after(at_second(5), Milliseconds(0)) == at_second(5));
  CHECK(after(at_second(5), Milliseconds(1'500)) == at_second(5) + Milliseconds(1'500));
  for (const auto wait : {Milliseconds::max(), Milliseconds(std::chrono::years(300))}) {
    CHECK(after(at_second(5), wait) == TimePoint::max());
    CHECK(after(TimePoint::max(), wait) == TimePoint::max());
  }
  CHECK(after(TimePoint::max(), Milliseconds(0)) == TimePoint::max());
  CHECK(after(at_second(5), Milliseconds(std::chrono::years(250))) > at_second(5));
}

TEST_CASE("deadlines: the next is the earliest, wherever it stands in the list") {
  for (const auto earliest : every_timer) {
    Deadlines deadlines;
    for (const auto timer : every_timer) {
      deadlines.start(timer, at_second(timer == earliest ? 3 : 7));
    }
    CHECK(deadlines.next() == at_second(3));
    CHECK(deadlines.due(at_second(4)) == earliest);
    CHECK(deadlines.due(at_second(7)) == Timer::idle);
  }
}

TEST_CASE("deadlines: a timer that is started again is due at the later call's time only") {
  Deadlines deadlines;
  deadlines.start(Timer::packet, at_second(5));
  deadlines.start(Timer::packet, at_second(9));
  CHECK(deadlines.next() == at_second(9));
  CHECK_FALSE(deadlines.due(at_second(8)));
  deadlines.start(Timer::packet, at_second(2));
  CHECK(deadlines.due(at_second(2)) == Timer::packet);
}

TEST_CASE("deadlines: all stop, or all but one, which goes on only if it ran") {
  Deadlines deadlines;
  deadlines.start(Timer::idle, at_second(5));
  deadlines.start(Timer::sync, at_second(2));
  deadlines.stop_all_but(Timer::idle);
  CHECK(deadlines.at(Timer::sync) == TimePoint::max());
  CHECK(deadlines.next() == at_second(5));
  deadlines.stop_all_but(Timer::packet);
  CHECK(deadlines.next() == TimePoint::max());
  deadlines.start(Timer::sync, at_second(2));
  deadlines.stop_all();
  CHECK(deadlines.next() == TimePoint::max());
}

} // namespace dualcam::deadlines_test
