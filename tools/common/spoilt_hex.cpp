#include "common/spoilt_hex.hpp"

#include <algorithm>

#include "common/hex_digits.hpp"

namespace dualcam::inline tools {

std::string_view unmarked_digits(std::string_view word) {
  for (const std::string_view mark : {"\\\\x", "0x", "0X", "\\x", "x'", "X'", "x"}) {
    if (word.starts_with(mark)) {
      return word.substr(mark.size());
    }
  }
  return word;
}

bool is_spoilt_hex(std::string_view word) {
  constexpr std::size_t least = 24;
  constexpr std::size_t least_of_message = 12; // which begins with 00
  word = unmarked_digits(word);
  const bool may_be_message = word.starts_with("00") && is_all_hex(word);
  if (word.size() < (may_be_message ? least_of_message : least) ||
      std::ranges::none_of(word, is_decimal_digit)) {
    return false;
  }
  if (std::ranges::all_of(word, [](char c) { return is_decimal_digit(c) || c == '.'; })) {
    return false; // a number, of seconds most likely
  }
  const auto digits = static_cast<std::size_t>(std::ranges::count_if(word, is_hex_digit));
  return digits + 1 == word.size() || (digits == word.size() && digits % 2 != 0);
}

bool is_spoilt_row(std::string_view word) {
  constexpr std::size_t least = 8;
  const auto at = word.find_first_of(",:;-_");
  const char joint = at == std::string_view::npos ? '\0' : word[at];
  std::size_t pairs = 0;
  std::size_t others = 0;
  while (joint != '\0' && others <= 1 && !word.empty()) {
    const auto end = std::min(word.find(joint), word.size());
    const bool is_pair = end == 2 && leading_digits(word) >= 2;
    pairs += is_pair ? 1 : 0;
    others += is_pair ? 0 : 1;
    word.remove_prefix(std::min(end + 1, word.size()));
  }
  return pairs >= least && others == 1;
}

bool has_spoilt_mark(std::string_view word) {
  return word.size() == 4 && !is_decimal_digit(word[0]) && (word[1] == 'x' || word[1] == 'X') &&
         is_all_hex(word.substr(2));
}

} // namespace dualcam::inline tools
