// What a stream has said, to be compared with what it says again.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "dualcam/wire/bytes.hpp"

namespace dualcam::inline tools {

/// Keeps sums of what came up to some places: where pieces end, and every 512 bytes, of the first
/// ones all and behind them ever fewer, 4 KiB in all. For streams of less than 4 GiB.
class ContentTrace {
public:
  static constexpr std::size_t most_points = 512;

  /// It goes on with these.
  void add(Bytes bytes);
  /// It goes on with so many that nobody knows: what was before is not compared any more.
  void skip(std::uint32_t count);

  /// Whether bytes from `place` on, all of which it has said, are other ones than then; those that
  /// were asked about just before are known, so that many small pieces are compared as one large
  /// one is. False where too little is kept to tell.
  bool differs(std::uint32_t place, Bytes again);

  /// How many bytes it has said.
  std::uint32_t size() const { return end_.place; }

private:
  struct Point {
    std::uint32_t place;
    std::uint32_t sum; ///< of all before
  };

  bool is_due(std::uint32_t least) const;
  void keep();
  void thin();
  void repeat(Bytes bytes);

  static constexpr std::uint32_t least_step = 64; ///< where pieces are small

  Point end_{};
  std::vector<Point> points_;          ///< in order
  std::uint32_t spacing_ = least_step; ///< of those behind the first ones
  Point again_{};                      ///< up to where it was asked, with a sum of its own
  std::optional<std::uint32_t> lead_;  ///< how far that sum is behind
};

} // namespace dualcam::inline tools
