#include "dcam-sim/line_rate.hpp"

#include "testing.hpp"

namespace dualcam::sim::line_rate_test {

using std::chrono::milliseconds;

TEST_CASE("line rate: each byte takes its time, and none at no rate") {
  const LineRate::TimePoint start{};
  LineRate rate(1000);
  CHECK(rate.wait_for(100, start) == milliseconds(100));
  CHECK(rate.wait_for(50, start) == milliseconds(150)); // behind the others
  CHECK(LineRate(0).wait_for(1'000'000, start) == milliseconds(0));
}

TEST_CASE("line rate: sleeps that end late do not make a line slower") {
  LineRate rate(200 * 1024);
  const LineRate::TimePoint start{};
  auto now = start;
  for (int packet = 0; packet < 2000; ++packet) {
    now += rate.wait_for(1024, now) + milliseconds(2);
  }
  CHECK(now - start >= milliseconds(10'000));
  CHECK(now - start <= milliseconds(10'010));
}

TEST_CASE("line rate: what was not sent in a longer silence is not made up for") {
  LineRate rate(1000);
  const LineRate::TimePoint start{};
  CHECK(rate.wait_for(100, start) == milliseconds(100));
  CHECK(rate.wait_for(100, start + milliseconds(201)) == milliseconds(100));
}

} // namespace dualcam::sim::line_rate_test
