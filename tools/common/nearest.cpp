#include "common/arguments.hpp"

#include <algorithm>
#include <numeric>

namespace dualcam::inline tools {
namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    auto diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const auto replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, replaced}));
    }
  }
  return row.back();
}

} // namespace

std::string nearest(std::string_view word, const std::vector<std::string>& names) {
  std::string best;
  auto best_distance = std::max<std::size_t>(word.size() / 3, 2) + 1;
  for (const auto& name : names) {
    const auto distance = word.size() > 3 && name.starts_with(word) ? 0 : edit_distance(word, name);
    if (distance < best_distance) {
      best = name;
      best_distance = distance;
    }
  }
  return best;
}

} // namespace dualcam::inline tools
