#include "dcam-serve/recent_bytes.hpp"

#include "testing.hpp"

namespace dualcam::serve::recent_bytes_test {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint start{1h};

TEST_CASE("recent bytes are those of about a minute") {
  RecentBytes recent;
  CHECK(recent.value(start) == 0);
  recent.add(100, start);
  recent.add(100, start + 29s);
  CHECK(recent.value(start + 29s) == 200);
  recent.add(7, start + 31s);
  CHECK(recent.value(start + 59s) == 207);
  CHECK(recent.value(start + 62s) == 7);
  CHECK(recent.value(start + 10min) == 0);
  recent.add(1, start + 10min);
  CHECK(recent.value(start + 10min) == 1);
}

} // namespace
} // namespace dualcam::serve::recent_bytes_test
