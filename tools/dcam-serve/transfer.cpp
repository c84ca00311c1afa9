#include "dcam-serve/transfer.hpp"

namespace dualcam::serve {

void Transfer::counts_as(const Geometry& geometry) {
  facts_.in_packets = geometry.in_packets();
  counts_packets_ = geometry.announces_packets();
  expected_ = geometry.expected_size();
}

std::chrono::milliseconds Transfer::duration() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(clock_.now() - started_);
}

double Transfer::rate() const {
  const auto milliseconds = static_cast<double>(duration().count());
  return milliseconds > 0 ? static_cast<double>(new_bytes()) * 1000 / milliseconds : 0;
}

void Transfer::pause() {
  bytes_before_ = bytes();
  count_resumption();
}

} // namespace dualcam::serve
