#include "common/seen_frames.hpp"

#include "tools/capture_testing.hpp"

namespace dualcam::seen_frames_test {

using namespace capture_testing;
namespace {

CapturedFrame frame(std::string_view bytes, std::uint64_t time) {
  return {LinkType::raw, as_bytes(bytes), bytes.size(), time};
}

} // namespace

TEST_CASE("seen frames: the same bytes at the same time have come before") {
  SeenFrames seen;
  CHECK(!seen.has_seen(frame("one", 1000)));
  CHECK(!seen.has_seen(frame("two", 1000)));
  CHECK(!seen.has_seen(frame("one", 1001)));
  CHECK(!seen.has_seen(frame("", 1000)));
  CHECK(seen.has_seen(frame("one", 1000)));
  CHECK(seen.has_seen(frame("one", 1001)));
  CHECK(seen.has_seen(frame("two", 1000)));
  CHECK(seen.has_seen(frame("", 1000)));
  auto cut = frame("one", 1000); // by another snapshot length: more was sent than is here
  cut.length = 4;
  CHECK(!seen.has_seen(cut));
}

TEST_CASE("seen frames: without times nothing tells one that was sent again") {
  SeenFrames seen;
  CHECK(!seen.has_seen(frame("one", 0)));
  CHECK(!seen.has_seen(frame("one", 0)));
}

TEST_CASE("seen frames: of very many the first ones are remembered") {
  SeenFrames seen;
  constexpr std::uint64_t many = SeenFrames::most_remembered + 1000;
  std::uint64_t before = 0;
  for (const int round : {1, 2}) {
    for (std::uint64_t time = 1; time <= many; ++time) {
      before += seen.has_seen(frame("one", time)) ? 1 : 0;
    }
    CHECK(before == (round == 1 ? 0 : SeenFrames::most_remembered));
  }
}

} // namespace dualcam::seen_frames_test
