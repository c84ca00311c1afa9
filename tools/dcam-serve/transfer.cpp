#include "dcam-serve/transfer.hpp"

#include <algorithm>

#include "dualcam/files/geometry.hpp"

namespace dualcam::serve {

std::uint64_t Transfer::expected_bytes() const {
  return std::max(bytes(), Geometry(facts_.file, announced_).expected_size());
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
