#include "common/hex_words.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

#include "common/hex_line.hpp"

namespace dualcam::inline tools {
namespace {

constexpr std::size_t least_digits = 8; ///< of a line by itself

using Words = std::vector<std::string_view>;

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }

/// Letters and digits in a row.
Words alphanumeric_words(std::string_view text) {
  Words words;
  const auto is_part = [](char c) {
    return is_lower(c) || is_upper(c) || is_decimal_digit(c) || c == '_';
  };
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

/// Without `0x`, or the `x` that databases put before bytes.
std::string_view digits_of(std::string_view word) {
  const bool is_marked = word.starts_with("0x") || word.starts_with("0X");
  word.remove_prefix(is_marked ? 2 : word.starts_with('x') ? 1 : 0);
  return word;
}

bool is_whole_hex(std::string_view word) {
  word = digits_of(word);
  return !word.empty() && word.size() % 2 == 0 && std::ranges::all_of(word, is_hex_digit);
}

/// More than a number or a word that happens to be made of these letters.
bool has_hex_beside(const Words& words) {
  std::size_t pairs = 0;
  for (const auto& word : words) {
    pairs = word.size() == 2 && is_whole_hex(word) ? pairs + 1 : 0;
    if (pairs >= 8 || (word.size() >= 32 && is_whole_hex(word))) {
      return true;
    }
  }
  return false;
}

void append_hex(ByteBuffer& bytes, std::string_view digits) {
  for (; !digits.empty(); digits.remove_prefix(2)) {
    bytes.push_back(static_cast<std::byte>(hex_value(digits[0]) << 4 | hex_value(digits[1])));
  }
}

/// A number that is a byte, with its sign if that stands before it.
std::optional<std::byte> number_in(std::string_view area, std::string_view word, int base) {
  const auto at = static_cast<std::size_t>(word.data() - area.data());
  const bool negative = at > 0 && area[at - 1] == '-' &&
                        (at == 1 || std::string_view(" \t,[({").find(area[at - 2]) != area.npos);
  int value = 0;
  const auto* end = word.data() + word.size();
  const auto parsed = std::from_chars(word.data(), end, value, base);
  if (parsed.ec != std::errc{} || parsed.ptr != end || value > (negative ? 128 : 255)) {
    return std::nullopt;
  }
  return static_cast<std::byte>((negative ? -value : value) & 0xFF);
}

/// A line of numbers and nothing else behind what is skipped.
FoundLine parse_numbers(std::string_view area, const Words& words, const HexForm& form) {
  constexpr std::size_t few = 4;
  FoundLine found;
  const auto count = words.size() - std::min(form.skipped, words.size());
  for (auto i = form.skipped; i < words.size(); ++i) {
    if (const auto number = number_in(area, words[i], form.numbers)) {
      found.bytes.push_back(*number);
    }
  }
  if (found.bytes.size() != count) {
    found.has_other_hex = found.bytes.size() >= few && 2 * found.bytes.size() > count;
    found.bytes.clear();
  }
  return found;
}

/// [first, end) of the words that are bytes; nothing where others are among them.
std::span<const std::string_view> chosen(const Words& words, const HexForm& form) {
  if (words.size() < form.skipped + form.behind) {
    return {};
  }
  auto all = std::span(words).first(words.size() - form.behind);
  std::size_t begin = 0;
  if (form.from_end) {
    begin = all.size();
    while (begin > 0 && is_whole_hex(all[begin - 1])) {
      --begin;
    }
  }
  all = all.subspan(std::min(begin + form.skipped, all.size()));
  const auto other = std::ranges::find_if_not(all, is_whole_hex);
  const auto count = static_cast<std::size_t>(other - all.begin());
  return form.most != 0 ? all.first(count) : count == all.size() ? all : all.first(0);
}

/// The row of words of one size, parted in one way, that has most digits.
std::span<const std::string_view> longest_row(const Words& words) {
  const auto behind = [](std::string_view word) { return word.data() + word.size(); };
  const auto between = [&](std::size_t i) { // words[i] and the one before it
    return std::string_view(behind(words[i - 1]),
                            static_cast<std::size_t>(words[i].data() - behind(words[i - 1])));
  };
  std::size_t best = 0;
  std::span<const std::string_view> row;
  for (std::size_t first = 0; first < words.size();) {
    auto end = first + 1;
    if (is_whole_hex(words[first])) {
      while (end < words.size() && is_whole_hex(words[end]) &&
             words[end].size() == words[first].size() &&
             (end == first + 1 || between(end) == between(end - 1))) {
        ++end;
      }
      const auto digits = (end - first) * words[first].size();
      if (digits > best) {
        best = digits;
        row = std::span(words).subspan(first, end - first);
      }
    }
    first = end;
  }
  return row;
}

} // namespace

FoundLine parse_words_line(std::string_view line, const HexForm& form, bool goes_on) {
  const auto area = line.substr(std::min(form.column, line.size()),
                                form.end_column - std::min(form.column, form.end_column));
  const auto words = alphanumeric_words(area);
  FoundLine found;
  if (form.numbers != 16) {
    found = parse_numbers(area, words, form);
    if (found.bytes.size() < 4 && !goes_on) {
      found.bytes.clear();
    }
    return found;
  }
  for (const auto word : form.longest ? longest_row(words) : chosen(words, form)) {
    append_hex(found.bytes, digits_of(word));
  }
  if (form.most != 0) {
    found.bytes.resize(std::min(found.bytes.size(), form.most));
  }
  if (2 * found.bytes.size() < least_digits && !goes_on) {
    found.bytes.clear();
  }
  found.has_other_hex = found.bytes.empty() && has_hex_beside(alphanumeric_words(line));
  return found;
}

std::string_view base64_word(std::string_view line, bool goes_on) {
  constexpr std::string_view others = " \t\r\"'`,;:|()[]{}<>\\";
  constexpr std::size_t least = 16;
  const auto last = line.find_last_not_of(others);
  if (last == std::string_view::npos) {
    return {};
  }
  const auto before = line.substr(0, last + 1).find_last_of(others);
  const auto word = line.substr(before + 1, last - before); // npos + 1 is 0
  const auto padding = word.find_last_not_of('=') + 1;
  const bool is_base64 = std::ranges::all_of(word.substr(0, padding), [](char c) {
    return is_lower(c) || is_upper(c) || is_decimal_digit(c) || c == '+' || c == '/' || c == '-' ||
           c == '_';
  });
  const bool is_clear = word.size() >= least && std::ranges::any_of(word, is_upper) &&
                        std::ranges::any_of(word, is_decimal_digit);
  const bool is_ruled = word.ends_with("-----") || word.starts_with("-----"); // around PEM
  return is_base64 && !is_ruled && word.size() - padding <= 2 && (goes_on || is_clear)
             ? word
             : std::string_view();
}

} // namespace dualcam::inline tools
