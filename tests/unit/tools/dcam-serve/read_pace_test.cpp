#include "dcam-serve/read_pace.hpp"

#include "testing.hpp"

namespace dualcam::serve::read_pace_test {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint start{1h};

TEST_CASE("read pace: few connections are looked at when something comes") {
  ReadPace pace;
  pace.fetched(1024);
  CHECK(pace.next(999, start) == start);
}

TEST_CASE("read pace: all together are read twenty thousand times a second") {
  ReadPace pace;
  CHECK(pace.next(1000, start) == start + 50ms);
  CHECK(pace.next(4000, start) == start + 200ms);
  CHECK(pace.next(10'000, start) == start + 500ms);
  CHECK(pace.next(50'000, start) == start + 500ms);
}

TEST_CASE("read pace: who has sent much in a pause is not kept waiting in the next") {
  ReadPace pace;
  CHECK(pace.next(8000, start) == start + 400ms);
  pace.fetched(32'768);
  CHECK(pace.next(8000, start + 400ms) == start + 800ms); // as much as the kernel holds for it
  pace.fetched(32'769);
  const auto much = start + 800ms;
  CHECK(pace.next(8000, much) == much);
  pace.fetched(10);
  CHECK(pace.next(8000, much + 399ms) == much + 399ms);
  CHECK(pace.next(8000, much + 400ms) == much + 800ms); // only those 10 bytes
  pace.fetched(20'000);
  pace.fetched(20'000);
  CHECK(pace.next(8000, much + 800ms) == much + 800ms);
}

} // namespace
} // namespace dualcam::serve::read_pace_test
