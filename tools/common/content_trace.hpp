// What a stream has said, to be compared with what it says again.
#pragma once

#include <cstdint>
#include <vector>

#include "dualcam/wire/bytes.hpp"

namespace dualcam::inline tools {

/// Keeps sums of what came up to some places: where pieces end, and every 512 bytes; of those the
/// first and the last ones, 4 KiB in all. For streams of less than 4 GiB.
class ContentTrace {
public:
  static constexpr std::size_t most_points = 512;

  /// It goes on with these.
  void add(Bytes bytes);
  /// It goes on with so many that nobody knows: what was before is not compared any more.
  void skip(std::uint32_t count);

  /// Whether bytes from `place` on, all of which it has said, are other ones than then. False where
  /// too little is kept to tell.
  bool differs(std::uint32_t place, Bytes again) const;

  /// How many bytes it has said.
  std::uint32_t size() const { return end_.place; }

private:
  struct Point {
    std::uint32_t place;
    std::uint32_t sum; ///< of all before
  };

  void keep();

  Point end_{};
  std::vector<Point> points_; ///< in order
};

} // namespace dualcam::inline tools
