#include "dcam-serve/read_pace.hpp"

#include <algorithm>
#include <utility>

namespace dualcam::serve {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t fewest_connections = 1000;
constexpr std::chrono::nanoseconds pause_per_connection = 50us; // 20,000 reads a second
constexpr std::chrono::nanoseconds longest_pause = 500ms;
// What the kernel holds for a connection meanwhile, without slowing its camera down.
constexpr std::size_t little = 32'768;

} // namespace

TimePoint ReadPace::next(std::size_t connections, TimePoint now) {
  if (connections < fewest_connections) {
    return now;
  }
  const auto pause = std::min<std::chrono::nanoseconds>(
      pause_per_connection * static_cast<std::int64_t>(connections), longest_pause);
  if (!much_ || now >= since_ + pause) {
    much_ = std::exchange(bytes_, 0) > little;
    since_ = now;
  }
  return much_ ? now : now + std::chrono::duration_cast<TimePoint::duration>(pause);
}

} // namespace dualcam::serve
