// Which numbers are one set after joins in any order.
#include "capture/disjoint_sets.hpp"

#include <random>

#include "testing.hpp"

namespace dualcam::disjoint_sets_test {

TEST_CASE("disjoint sets: what was joined over any others is one set, whatever the order") {
  constexpr std::uint32_t count = 200;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> joins; // those of a remainder by 7
  for (std::uint32_t i = 7; i < count; ++i) {
    joins.emplace_back(i, i - 7);
  }
  for (std::uint32_t seed = 0; seed < 10; ++seed) {
    std::ranges::shuffle(joins, std::mt19937(seed));
    DisjointSets sets(count);
    CHECK_FALSE(sets.are_joined(0, 7));
    for (const auto& [a, b] : joins) {
      seed % 2 == 0 ? sets.join(a, b) : sets.join(b, a);
    }
    for (std::uint32_t i = 0; i < count; ++i) {
      REQUIRE(sets.are_joined(i, (i * 31) % count) == (i % 7 == (i * 31) % count % 7));
    }
  }
}

} // namespace dualcam::disjoint_sets_test
