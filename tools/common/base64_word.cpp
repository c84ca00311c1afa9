#include "common/base64_word.hpp"

#include <algorithm>

#include "common/hex_digits.hpp"

namespace dualcam::inline tools {
namespace {

constexpr std::string_view around_base64 = " \t\r\"'`,;:|()[]{}<>\\"; ///< between words

bool is_base64_digit(char c) {
  return is_letter(c) || is_decimal_digit(c) || std::string_view("+/-_").contains(c);
}

/// `goes_on`: with the word of the line before, which was full.
bool is_base64_word(std::string_view word, bool is_alone, bool goes_on, bool is_whole) {
  constexpr std::size_t least = 16;
  const auto padding = word.find_last_not_of('=') + 1; // npos + 1 is 0
  const bool is_base64 = std::ranges::all_of(word.substr(0, padding), is_base64_digit);
  const auto rest = word.size() - padding;
  const bool is_padded = rest != 0 && word.size() % 4 == 0; // and nothing but base64 is
  const bool is_clear =
      std::ranges::any_of(word, is_upper) &&
      (is_padded  ? is_alone || word.size() >= least / 2
       : is_whole ? word.size() >= least / 2
                  : word.size() >= least && std::ranges::any_of(word, is_decimal_digit));
  const bool is_rest = goes_on && (word.size() % 4 == 0 || word.size() >= least / 2);
  const bool is_ruled = word.ends_with("-----") || word.starts_with("-----"); // around PEM
  return !word.empty() && is_base64 && !is_ruled && rest <= 2 && (is_rest || is_clear);
}

/// The length of what is no base64 in `data=AAQ=`.
std::size_t name_before(std::string_view word) {
  const auto name = word.find_first_not_of("abcdefghijklmnopqrstuvwxyz._");
  return name != 0 && name != word.npos && word[name] == '=' ? name + 1 : 0;
}

/// Many digits with one other character among them that no address or path has.
bool is_spoilt_word(std::string_view word) {
  constexpr std::size_t least = 24;
  constexpr std::string_view of_addresses = "./%&=~@#";
  word = word.substr(0, word.find_last_not_of('=') + 1); // npos + 1 is 0
  const auto* first = std::ranges::find_if_not(word, is_base64_digit);
  const auto* last = std::find_if_not(word.rbegin(), word.rend(), is_base64_digit).base();
  const bool is_one = last - first == 1 && !of_addresses.contains(*first);
  const bool is_mark = first < last && last - first <= 3 &&
                       std::all_of(first, last, [](char c) { return (c & 0x80) != 0; });
  const auto capitals = static_cast<std::size_t>(std::ranges::count_if(word, is_upper));
  const bool is_name = std::ranges::none_of(word, is_decimal_digit) && 4 * capitals < word.size();
  return word.size() >= least && (is_one || is_mark) && word[0] != '/' && capitals != 0 &&
         !is_name && std::ranges::any_of(word, is_lower);
}

} // namespace

std::string_view base64_word(std::string_view line, bool goes_on, bool is_whole) {
  constexpr std::string_view quotes = "\"'`";
  const auto first = line.find_first_not_of(" \t\r");
  bool is_last = true;
  for (auto part = line; !part.empty();) {
    const auto end = part.find_last_not_of(around_base64) + 1; // npos + 1 is 0
    const auto start = part.substr(0, end).find_last_of(around_base64) + 1;
    const auto begin = start + name_before(part.substr(start, end - start));
    const auto word = part.substr(begin, end - begin);
    const bool is_quoted = begin > 0 && end < line.size() &&
                           ((quotes.contains(line[begin - 1]) && line[begin - 1] == line[end]) ||
                            (line[begin - 1] == '>' && line.substr(end).starts_with("</")));
    if ((is_last || is_quoted) &&
        is_base64_word(word, begin == first, goes_on && is_last, is_whole)) {
      const bool is_continued = word.size() % 4 == 1 && word.ends_with('+'); // as psql has it
      return word.substr(0, word.size() - (is_continued ? 1 : 0));
    }
    part = part.substr(0, start);
    is_last = false;
  }
  return {};
}

std::string_view spoilt_base64(std::string_view line) {
  while (!line.empty()) {
    const auto end = std::min(line.find_first_of(around_base64), line.size());
    auto word = line.substr(0, end);
    word.remove_prefix(name_before(word));
    if (is_spoilt_word(word)) {
      return word;
    }
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return {};
}

std::optional<std::string> mended_base64(std::string_view word) {
  constexpr std::size_t group = 4;
  std::string mended(word);
  std::erase_if(mended, [](char c) { return (c & 0xC0) == 0x80; }); // of one character each
  const auto over = mended.size() % group;
  if (over == 0 || mended.size() < group) {
    return std::nullopt;
  }
  const auto middle = mended.size() / 2 / group * group;
  return mended.replace(middle, over == 1 ? group + 1 : 0, over == 1 ? group : group - over, '?');
}

} // namespace dualcam::inline tools
