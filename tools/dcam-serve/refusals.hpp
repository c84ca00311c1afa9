// Who was turned away and why: anybody can cause that, so only some of a kind are told of.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/line_limit.hpp"

namespace dualcam::serve {

/// What refusals that differ in numbers only have in common: each number, and what is hex, is `#`.
std::string kind_of_refusal(std::string_view why);

class Refusals {
public:
  /// Whether this one is told of, else it is counted.
  bool tells(std::string_view why, TimePoint now);

  /// What was not told of the kinds whose minute is over.
  std::vector<LineLimit::Rest> rest(TimePoint now) { return limit_.rest(now); }
  std::vector<LineLimit::Rest> whole_rest() { return limit_.whole_rest(); }

  /// All of a kind; there are no more than a hundred kinds.
  const std::map<std::string, std::uint64_t>& counts() const { return counts_; }

private:
  LineLimit limit_{60};
  std::map<std::string, std::uint64_t> counts_;
};

} // namespace dualcam::serve
