#include "dcam-serve/recent_bytes.hpp"

namespace dualcam::serve {
namespace {

constexpr std::chrono::seconds half_of_it{30};

} // namespace

void RecentBytes::add(std::size_t bytes, TimePoint now) {
  turn(now);
  current_ += bytes;
}

std::uint64_t RecentBytes::value(TimePoint now) const {
  auto turned = *this;
  turned.turn(now);
  return turned.previous_ + turned.current_;
}

void RecentBytes::turn(TimePoint now) {
  if (now - since_ < half_of_it) {
    return;
  }
  previous_ = now - since_ < 2 * half_of_it ? current_ : 0;
  current_ = 0;
  since_ = now;
}

} // namespace dualcam::serve
