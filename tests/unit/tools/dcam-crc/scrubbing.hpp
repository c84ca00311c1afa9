// What the tests of --scrub share: how bytes differ, and the two ends of a connection.
#pragma once

#include <algorithm>
#include <string_view>
#include <vector>

#include "tools/capture_testing.hpp"

namespace dualcam::crc::scrubbing {

using namespace capture_testing;

using Numbers = std::vector<std::size_t>;

/// Where the bytes of two differ.
inline Numbers differences(Bytes one, Bytes other) {
  Numbers places;
  for (std::size_t i = 0; i < std::min(one.size(), other.size()); ++i) {
    if (one[i] != other[i]) {
      places.push_back(i);
    }
  }
  return places;
}

inline bool is_within(Bytes whole, Bytes part) {
  return std::ranges::search(whole, part).begin() != whole.end();
}

inline ByteBuffer bytes_of(std::string_view text) {
  return {as_bytes(text).begin(), as_bytes(text).end()};
}

inline const auto camera = Endpoint::v4(0x0A000002, 40000);
inline const auto server = Endpoint::v4(0x0A000001, 7050);

} // namespace dualcam::crc::scrubbing
