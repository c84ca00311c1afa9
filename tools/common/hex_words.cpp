#include "common/hex_words.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

#include "common/digit_line.hpp"
#include "common/hex_digits.hpp"
#include "common/offset_line.hpp"
#include "common/spoilt_hex.hpp"
#include "common/text_conversion.hpp"
#include "common/word_rows.hpp"

namespace dualcam::inline tools {
namespace {

constexpr std::size_t least_digits = 8; ///< of a line by itself

/// A pair with a digit that is none, or with one too few or too many.
bool is_damaged_pair(std::string_view word) {
  return word.size() <= 3 && std::ranges::any_of(word, is_hex_digit);
}

/// `_MACHINE_ID=4bf92f35..`
bool is_value_of_name(std::string_view line, std::string_view word) {
  const auto at = static_cast<std::size_t>(word.data() - line.data());
  return at > 1 && line[at - 1] == '=' && is_letter(line[at - 2]) && may_be_name(word);
}

/// A number or a word that happens to be made of these letters is none.
void find_other_hex(std::string_view line, const LineWords& words, FoundLine& found) {
  std::size_t pairs = 0;
  bool in_pairs = false;
  bool is_broken = false;
  for (const auto& word : words) {
    const bool is_pair = word.size() == 2 && is_whole_hex(word);
    const bool goes_on = is_pair || (pairs != 0 && !is_broken && is_damaged_pair(word));
    is_broken = goes_on && (is_broken || !is_pair);
    pairs = is_pair ? pairs + 1 : goes_on ? pairs : 0;
    in_pairs = in_pairs || pairs >= 8;
    const bool is_name = is_value_of_name(line, word);
    found.is_spoilt =
        found.is_spoilt || (is_broken && pairs >= 8) || (!is_name && is_spoilt_hex(word));
    if (word.size() >= 32 && is_whole_hex(word) && !is_name) {
      found.other_hex.push_back(word);
    }
  }
  found.has_other_hex = in_pairs || !found.other_hex.empty();
  if (in_pairs) {
    found.other_hex.clear();
  }
}

/// Those of a START at least; a trace that has no name is zeros.
bool has_other_command(const LineWords& words, WordRow row) {
  constexpr std::size_t least = 20;
  return std::ranges::any_of(words, [&](const std::string_view& word) {
    const bool is_outside = &word < row.data() || &word >= row.data() + row.size();
    const auto digits = digits_of(word);
    return is_outside && digits.size() >= least && digits.starts_with("00") && is_whole_hex(word) &&
           digits.find_first_not_of('0') != std::string_view::npos;
  });
}

/// A mark that stands for a digit: `?91`, or U+FFFD.
bool is_next_to_mark(std::string_view area, std::string_view word) {
  constexpr auto lost = replacement_character;
  const auto at = static_cast<std::size_t>(word.data() - area.data());
  const auto before = area.substr(0, at);
  const auto behind = area.substr(at + word.size());
  return before.ends_with('?') || before.ends_with('*') || before.ends_with(lost) ||
         behind.starts_with('?') || behind.starts_with('*') || behind.starts_with(lost);
}

/// A number that is a byte, with its sign if that stands before it.
std::optional<std::byte> number_in(std::string_view area, std::string_view word, int base) {
  const auto at = static_cast<std::size_t>(word.data() - area.data());
  const bool negative = at > 0 && area[at - 1] == '-' &&
                        (at == 1 || std::string_view(" \t,[({").find(area[at - 2]) != area.npos);
  int value = 0;
  const auto* end = word.data() + word.size();
  const auto parsed = std::from_chars(word.data(), end, value, base);
  if (parsed.ec != std::errc{} || parsed.ptr != end || value > (negative ? 128 : 255) ||
      is_next_to_mark(area, word)) {
    return std::nullopt;
  }
  return static_cast<std::byte>((negative ? -value : value) & 0xFF);
}

/// Whether `word` is a part of a date or a clock in `area`.
bool is_in_clock(std::string_view area, std::string_view word) {
  constexpr std::size_t longest = 40; // characters looked at on either side
  const auto at = static_cast<std::size_t>(word.data() - area.data());
  const auto begin = at - std::min(at, longest);
  const auto near = area.substr(begin, at - begin + longest);
  const auto first = near.substr(0, at - begin).find_last_of(" \t") + 1; // npos + 1 is 0
  return is_clock(near.substr(first, near.find_first_of(" \t", at - begin) - first));
}

/// Told quickly, of most words. Behind a comma, too, seconds have a fraction.
bool may_end_clock(std::string_view area, std::string_view word) {
  const auto at = static_cast<std::size_t>(word.data() - area.data());
  return at != 0 && (std::string_view(":-./+").contains(area[at - 1]) ||
                     (area[at - 1] == ',' && at > 3 && area[at - 4] == ':'));
}

/// Whether lines have numbers, not pairs of hex digits.
bool has_numbers(const HexForm& form) { return form.numbers != 16 || form.unpadded; }

/// `04`, where a byte below 10 has no 0 before it.
bool is_padded(std::string_view word) { return word.size() > 1 && word[0] == '0'; }

/// Those between what is skipped and what is left behind: words, and a clock or a date.
std::span<const std::string_view> number_words(std::string_view area, const LineWords& words,
                                               const HexForm& form) {
  if (words.size() < form.skipped + form.behind) {
    return {};
  }
  auto numbers = std::span(words).subspan(form.skipped, words.size() - form.skipped - form.behind);
  const bool may_be_clock = !numbers.empty() && may_end_clock(area, numbers.back());
  while (may_be_clock && !numbers.empty() && is_in_clock(area, numbers.back())) {
    numbers = numbers.first(numbers.size() - 1);
  }
  return form.single && numbers.size() != 1 ? std::span<const std::string_view>() : numbers;
}

/// A line of numbers and nothing else beside what is skipped.
FoundLine parse_numbers(std::string_view area, const LineWords& words, const HexForm& form) {
  constexpr std::size_t few = 4;
  FoundLine found;
  const auto numbers = number_words(area, words, form);
  const auto count = numbers.size();
  for (const auto word : numbers) {
    const bool may_be = !form.unpadded || !is_padded(word);
    if (const auto number = may_be ? number_in(area, word, form.numbers) : std::nullopt) {
      found.bytes.push_back(*number);
    }
  }
  if (found.bytes.size() != count) {
    const auto of_time = static_cast<std::size_t>(
        std::ranges::count_if(words, [&](auto word) { return is_in_clock(area, word); }));
    found.has_other_hex =
        found.bytes.size() >= few + of_time && 2 * found.bytes.size() > count + of_time;
    found.bytes.clear();
  }
  return found;
}

/// A word that is much longer than the row is hex, too, but for one digit.
bool is_beside_spoilt(const LineWords& words, WordRow row) {
  std::size_t digits = 0;
  for (const auto word : row) {
    digits += word.size();
  }
  return std::ranges::any_of(
      words, [&](auto word) { return word.size() > 2 * digits && is_spoilt_hex(word); });
}

/// Whether two lines have the same right before their bytes, but for digits.
bool is_alike(std::string_view before, std::string_view other) {
  constexpr std::size_t most = 4;
  before.remove_prefix(before.size() - std::min(before.size(), most));
  other.remove_prefix(other.size() - std::min(other.size(), most));
  return std::ranges::equal(before, other, [](char a, char b) {
    return a == b || (is_decimal_digit(a) && is_decimal_digit(b));
  });
}

} // namespace

bool may_begin_bytes(const LineWords& words, const HexForm& form) {
  constexpr std::size_t few = 4;
  if (form.unpadded) {
    return words.size() >= form.skipped + few &&
           std::all_of(
               words.begin() + static_cast<std::ptrdiff_t>(form.skipped), words.end(),
               [](auto word) { return word.size() <= 2 && is_all_hex(word) && !is_padded(word); });
  }
  if (form.numbers != 16) {
    return words.size() > form.skipped + form.behind &&
           is_decimal_digit(words[words.size() - 1 - form.behind].front());
  }
  std::size_t digits = 0;
  for (const auto word : row_of_bytes(words, form)) {
    digits += digits_of(word).size();
  }
  return digits >= least_digits || (form.single && digits != 0);
}

FoundLine parse_words_line(std::string_view line, const HexForm& form,
                           const std::optional<std::string>& before) {
  auto area = line.substr(std::min(form.column, line.size()),
                          form.end_column - std::min(form.column, form.end_column));
  area = has_numbers(form) ? behind_address(area) : area;
  const auto words = alphanumeric_words(area);
  FoundLine found;
  if (has_numbers(form)) {
    found = parse_numbers(area, words, form);
    // MATLAB puts a heading before each row.
    const bool is_row = form.skipped == 0 && area.starts_with(' ') &&
                        area.find_first_not_of("0123456789 -") == std::string_view::npos;
    if (found.bytes.size() < 4 && !before && !is_row && !form.single) {
      found.bytes.clear();
    }
    return found;
  }
  const auto row = row_of_bytes(words, form);
  if (is_broken_off(words, row) || (form.longest && is_beside_spoilt(words, row))) {
    found.is_spoilt = true;
    return found;
  }
  found.has_more = has_other_command(words, row);
  for (const auto word : row) {
    append_digits(found.bytes, digits_of(word));
  }
  if (form.most != 0) {
    found.bytes.resize(std::min(found.bytes.size(), form.most));
  }
  if (!row.empty()) {
    found.before = line.substr(0, static_cast<std::size_t>(row.front().data() - line.data()));
    found.behind =
        line.substr(static_cast<std::size_t>(row.back().data() + row.back().size() - line.data()));
  }
  // A row of few may be anywhere.
  const bool goes_on =
      form.single || (before && (!form.longest || is_alike(*before, found.before)));
  if (2 * found.bytes.size() < least_digits && !goes_on) {
    found.bytes.clear();
  }
  if (found.bytes.empty()) {
    find_other_hex(line, area.size() == line.size() ? words : alphanumeric_words(line), found);
  }
  return found;
}

} // namespace dualcam::inline tools
