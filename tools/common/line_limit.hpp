// Lines that anybody may cause: of each kind some a minute, and a count of the rest.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "dualcam/session/deadlines.hpp"

namespace dualcam::inline tools {

class LineLimit {
public:
  /// Lines that were not said.
  struct Rest {
    std::string kind;
    std::uint64_t lines;
  };

  /// So many lines of a kind from its first one on for a minute, then for the next.
  explicit LineLimit(std::uint64_t most) : most_(most) {}

  /// Whether a line of this kind is to be said; else it is counted. There are few kinds: beyond a
  /// hundred all others are one.
  bool allows(std::string_view kind, TimePoint now);

  /// What was not said of the kinds whose minute is over; each is told of once.
  std::vector<Rest> rest(TimePoint now);
  /// The same of all kinds, at the end.
  std::vector<Rest> whole_rest() { return rest(TimePoint::max()); }

private:
  struct Kind {
    TimePoint began;
    std::uint64_t lines = 0;
  };

  std::uint64_t most_;
  std::map<std::string, Kind, std::less<>> kinds_;
};

} // namespace dualcam::inline tools
