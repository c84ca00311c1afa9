// Which frames of captures have come before: the same bytes at the same time, as where one file was
// appended to another that has its frames, or was named twice.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "common/captured_frame.hpp"

namespace dualcam::inline tools {

/// Memory: some 10 bytes a frame, 16 MiB for `most_remembered`, which are the first ones.
class SeenFrames {
public:
  static constexpr std::size_t most_remembered = 3 << 19;

  SeenFrames();

  /// Whether it has come before. One without a time has not: what is sent again looks the same.
  bool has_seen(const CapturedFrame& frame);

private:
  std::size_t slot_of(std::uint64_t hash) const;
  void grow();

  std::vector<std::uint64_t> slots_; ///< hashes, in any order; 0: nothing
  std::size_t count_ = 0;
  std::uint64_t key_;
};

} // namespace dualcam::inline tools
