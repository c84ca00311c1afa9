// Sets of numbers that were joined two by two (union-find).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <vector>

namespace dualcam {

class DisjointSets {
public:
  /// Of the numbers below `count`, each a set of its own.
  explicit DisjointSets(std::size_t count = 0) : before_(count) {
    std::iota(before_.begin(), before_.end(), std::uint32_t{0});
  }

  void join(std::uint32_t a, std::uint32_t b) {
    const auto first = least_of(a);
    const auto second = least_of(b);
    before_[std::max(first, second)] = std::min(first, second);
  }
  bool are_joined(std::uint32_t a, std::uint32_t b) { return least_of(a) == least_of(b); }

private:
  /// Halves the way for whoever asks next.
  std::uint32_t least_of(std::uint32_t number) {
    while (before_[number] != number) {
      number = before_[number] = before_[before_[number]];
    }
    return number;
  }

  std::vector<std::uint32_t> before_; ///< a lower one of the same set; itself: there is none
};

} // namespace dualcam
