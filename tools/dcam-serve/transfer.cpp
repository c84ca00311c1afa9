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

void Transfer::pause() {
  bytes_before_ = bytes();
  count_resumption();
}

} // namespace dualcam::serve
