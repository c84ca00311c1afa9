// What the tests of --scrub share that look at values.
#pragma once

#include <string>
#include <string_view>

#include "dcam-crc/scrub_values.hpp"

namespace dualcam::crc {

/// As 'a', 'A' and '9': what stands for what.
inline std::string shape_of(std::string_view text) {
  std::string shape(text);
  for (auto& c : shape) {
    c = c >= 'a' && c <= 'z' ? 'a' : c >= 'A' && c <= 'Z' ? 'A' : c >= '0' && c <= '9' ? '9' : c;
  }
  return shape;
}

/// How many characters stand where they stood.
inline std::size_t same(std::string_view one, std::string_view other) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < one.size(); ++i) {
    count += one[i] == other[i];
  }
  return count;
}

/// Values by a key of their own.
struct Values : ScrubKey, ScrubValues {
  Values() : ScrubValues(static_cast<const ScrubKey&>(*this)) {}
};

} // namespace dualcam::crc
