#include "dcam-serve/refusals.hpp"

#include <algorithm>

namespace dualcam::serve {
namespace {

constexpr std::size_t most_kinds = 100;

bool is_number(std::string_view word) {
  return word.find_first_of("0123456789") != std::string_view::npos ||
         (word.size() % 2 == 0 && word.find_first_not_of("abcdef") == std::string_view::npos);
}

} // namespace

std::string kind_of_refusal(std::string_view why) {
  std::string kind;
  while (!why.empty()) {
    const auto end = std::min(why.find(' '), why.size());
    const auto word = why.substr(0, end);
    kind += kind.empty() ? "" : " ";
    kind += word.empty() || !is_number(word) ? word : "#";
    why.remove_prefix(std::min(end + 1, why.size()));
  }
  return kind;
}

bool Refusals::tells(std::string_view why, TimePoint now) {
  auto kind = kind_of_refusal(why);
  if (counts_.size() >= most_kinds && !counts_.contains(kind)) {
    kind = "others";
  }
  ++counts_[kind];
  return limit_.allows(kind, now);
}

} // namespace dualcam::serve
