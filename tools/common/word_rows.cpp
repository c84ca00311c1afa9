#include "common/word_rows.hpp"

#include <algorithm>

#include "common/hex_digits.hpp"
#include "common/spoilt_hex.hpp"

namespace dualcam::inline tools {
namespace {

std::string_view between(const LineWords& words, std::size_t i) { // words[i] and the one before it
  const auto* end = words[i - 1].data() + words[i - 1].size();
  return {end, static_cast<std::size_t>(words[i].data() - end)};
}

/// Of a clock, a date or a number behind bytes that other characters part; a dash stands in the
/// middle of WinDbg's 16.
bool is_joined_otherwise(const LineWords& words, std::size_t i, std::string_view parting) {
  const auto behind = i + 1 < words.size() ? between(words, i + 1) : std::string_view();
  return (behind == ":" || behind == "." || behind == "/") && behind != parting;
}

/// [first, end) of the words that are bytes; nothing where others are among them.
WordRow chosen(const LineWords& words, const HexForm& form) {
  if (words.size() < form.skipped + form.behind) {
    return {};
  }
  if (form.single) {
    const bool is_byte =
        !words.empty() && is_whole_hex(words.back()) && digits_of(words.back()).size() == 2;
    return std::span(words).last(is_byte ? 1 : 0);
  }
  auto all = std::span(words).first(words.size() - form.behind);
  std::size_t begin = 0;
  if (form.from_end) {
    begin = all.size();
    while (begin > 0 && is_whole_hex(all[begin - 1])) {
      --begin;
    }
  }
  const auto first = std::min(begin + form.skipped, all.size());
  all = all.subspan(first);
  const auto other = std::ranges::find_if_not(all, is_whole_hex);
  auto count = static_cast<std::size_t>(other - all.begin());
  for (std::size_t i = 1; i < count; ++i) {
    count = is_joined_otherwise(words, first + i, between(words, first + 1)) ? i : count;
  }
  return form.most != 0 || count == all.size() ? all.first(count) : all.first(0);
}

/// The row of words of one size, parted in one way, that has most digits; the last one may be
/// shorter. `group`: their size, behind one of which a shorter one belongs to it, too. `skipped`:
/// words before it, if not 0.
WordRow longest_row(const LineWords& words, std::size_t group, std::size_t skipped) {
  std::size_t best = 0;
  WordRow row;
  for (auto first = skipped; first < words.size() && (skipped == 0 || first == skipped);) {
    auto end = first + 1;
    if (is_whole_hex(words[first])) {
      const auto goes_on = [&](std::size_t i) { // with two blanks in the middle of 16 bytes
        const bool middle =
            i - first == 8 && between(words, first + 1) == " " && between(words, i) == "  ";
        return words[i].size() == words[first].size() && words[first].size() % 2 == 0 &&
               is_whole_hex(words[i]) &&
               !is_joined_otherwise(words, i, between(words, first + 1)) &&
               (between(words, i) == between(words, first + 1) ||
                (middle && words[first].size() == 2));
      };
      while (end < words.size() && goes_on(end)) {
        ++end;
      }
      auto digits = (end - first) * words[first].size();
      const bool has_rest =
          end < words.size() && is_whole_hex(words[end]) &&
          words[end].size() < words[first].size() &&
          (end > first + 1 ? between(words, end) == between(words, first + 1)
                           : words[first].size() == group && between(words, end) == " ");
      if (has_rest) {
        digits += words[end++].size();
      }
      if (digits > best) {
        best = digits;
        row = std::span(words).subspan(first, end - first);
      }
    }
    first = end;
  }
  return row;
}

/// What stands beside a row, from it on.
class Side {
public:
  Side(const LineWords& words, std::size_t edge, bool is_behind)
      : words_(words), edge_(edge), is_behind_(is_behind) {}

  bool has(std::size_t n) const { return is_behind_ ? edge_ + n < words_.size() : n <= edge_; }
  std::string_view word(std::size_t n) const { return words_[is_behind_ ? edge_ + n : edge_ - n]; }
  /// Between that word and the one nearer to the row.
  std::string_view gap(std::size_t n) const {
    return between(words_, is_behind_ ? edge_ + n : edge_ - n + 1);
  }

private:
  const LineWords& words_;
  std::size_t edge_;
  bool is_behind_;
};

/// What parts words, rather than stands for a digit.
constexpr std::string_view usual = " \t,;:=|/+-.@#'\"`()[]{}<>";

std::string_view digits_behind_mark(std::string_view word) {
  return has_spoilt_mark(word) ? word.substr(2) : digits_of(word);
}

/// A part of a word of `width` digits, or one of them with one digit too many or something else.
bool is_damaged(std::string_view word, std::size_t width) {
  const auto digits = digits_behind_mark(word);
  return digits.size() <= width + 1 && std::ranges::any_of(digits, is_hex_digit) &&
         !(digits.size() == width && is_whole_hex(word));
}

/// Words of `width` digits that `parting` parts go on behind a damaged one, or its two parts.
bool goes_on_behind_damage(const Side& side, std::size_t width, std::string_view parting) {
  constexpr std::size_t most_parts = 2;
  constexpr std::size_t enough_digits = 8;
  const auto is_alike = [&](std::size_t n) {
    return side.has(n) && is_whole_hex(side.word(n)) && digits_of(side.word(n)).size() == width;
  };
  const auto is_near = [&](std::size_t n) {
    const auto gap = side.gap(n);
    return (gap.contains(parting) && gap.size() <= parting.size() + 2) ||
           gap.find_first_of(usual) == std::string_view::npos;
  };
  std::size_t first = 1;
  while (is_alike(first) && side.gap(first) == parting) { // skipped
    ++first;
  }
  auto n = first;
  std::size_t left = 0; // digits of the damaged one
  while (n < first + most_parts && side.has(n) && is_near(n) && is_damaged(side.word(n), width)) {
    left += digits_behind_mark(side.word(n++)).size();
  }
  const auto behind = n;
  while (is_alike(n) && (side.gap(n) == parting || (n == behind && is_near(n)))) {
    ++n;
  }
  return left + 1 >= width && left <= width + 1 && behind != first &&
         (n - behind) * width >= enough_digits;
}

/// The other half of many digits in a row: `0004?0`.
bool is_other_half(std::string_view word, std::string_view gap) {
  constexpr std::size_t most = 3; // bytes of a character
  const bool is_odd = word.size() % 2 != 0 && is_all_hex(word);
  return is_odd && gap.size() <= most &&
         (is_spoilt_hex(word) || gap.find_first_of(usual) == std::string_view::npos);
}

} // namespace

LineWords alphanumeric_words(std::string_view text) {
  LineWords words;
  const auto is_part = [](char c) { return is_letter(c) || is_decimal_digit(c) || c == '_'; };
  while (!text.empty()) {
    const auto begin = std::ranges::find_if(text, is_part) - text.begin();
    text.remove_prefix(static_cast<std::size_t>(begin));
    const auto end = std::ranges::find_if_not(text, is_part) - text.begin();
    if (end != 0) {
      words.push_back(text.substr(0, static_cast<std::size_t>(end)));
    }
    text.remove_prefix(static_cast<std::size_t>(end));
  }
  return words;
}

std::string_view digits_of(std::string_view word) {
  const bool is_marked = word.starts_with("0x") || word.starts_with("0X");
  word.remove_prefix(is_marked ? 2 : word.starts_with('x') ? 1 : 0);
  return word;
}

bool is_whole_hex(std::string_view word) {
  word = digits_of(word);
  return !word.empty() && word.size() % 2 == 0 && std::ranges::all_of(word, is_hex_digit);
}

WordRow row_of_bytes(const LineWords& words, const HexForm& form) {
  return form.longest ? longest_row(words, form.group, form.skipped) : chosen(words, form);
}

bool is_broken_off(const LineWords& words, WordRow row) {
  constexpr std::size_t many = 24; // digits
  if (row.empty()) {
    return false;
  }
  const auto first = static_cast<std::size_t>(row.data() - words.data());
  const auto width = digits_of(row.front()).size();
  const auto is_broken = [&](const Side& side) {
    return row.size() > 1
               ? goes_on_behind_damage(side, width, between(words, first + 1))
               : width >= many && side.has(1) && is_other_half(side.word(1), side.gap(1));
  };
  return is_broken(Side(words, first, false)) ||
         is_broken(Side(words, first + row.size() - 1, true));
}

} // namespace dualcam::inline tools
