// How much has come of late.
#pragma once

#include <cstddef>
#include <cstdint>

#include "dualcam/session/deadlines.hpp"

namespace dualcam::serve {

/// How many bytes came in about the last minute.
class RecentBytes {
public:
  void add(std::size_t bytes, TimePoint now);
  std::uint64_t value(TimePoint now) const;

private:
  void turn(TimePoint now);

  TimePoint since_; ///< of `current_`
  std::uint64_t current_ = 0;
  std::uint64_t previous_ = 0;
};

} // namespace dualcam::serve
