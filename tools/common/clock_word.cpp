#include "common/clock_word.hpp"

#include <algorithm>
#include <initializer_list>
#include <string>

#include "common/hex_digits.hpp"

namespace dualcam::inline tools {
namespace {

/// Of a date or a clock: each row of digits as one or two 9, without a zone.
std::string shape_of_time(std::string_view word) {
  std::string shape;
  for (const char c : word) {
    const char kind = is_decimal_digit(c) ? '9' : c;
    if (shape.size() < 2 || kind != '9' || !shape.ends_with("99")) {
      shape += kind;
    }
  }
  if (!shape.contains(':')) {
    return shape;
  }
  for (const std::string_view zone : {"Z", "+99:99", "-99:99", "+99", "-99"}) {
    if (shape.ends_with(zone)) {
      shape.resize(shape.size() - zone.size());
      break;
    }
  }
  return shape;
}

} // namespace

bool is_time(std::string_view word) {
  constexpr std::size_t longest = 48;
  if (word.size() > longest) {
    return false;
  }
  const auto shape = shape_of_time(word);
  const auto is_one_of = [&](std::initializer_list<std::string_view> known) {
    return std::ranges::find(known, shape) != known.end();
  };
  return is_one_of({"99:99:99", "99:99:99.99", "99:99:99,99"}) ||
         (word.size() >= 10 && // with the whole year
          is_one_of({"99-99-99", "99/99/99", "99.99.99", "99-99-99T99:99:99",
                     "99-99-99T99:99:99.99", "99-99-99T99:99:99,99"}));
}

bool is_date(std::string_view word) {
  return word.size() == 10 && word[4] == '-' && shape_of_time(word) == "99-99-99";
}

} // namespace dualcam::inline tools
