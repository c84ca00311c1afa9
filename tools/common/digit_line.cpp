#include "common/digit_line.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "common/clock_word.hpp"
#include "common/hex_digits.hpp"
#include "common/spoilt_hex.hpp"
#include "common/text_lines.hpp"

namespace dualcam::inline tools {
namespace {

constexpr std::string_view joints = ",:;-_"; ///< between the bytes of one word
constexpr std::string_view around_words = "\"'[](){}<>|,;=";
constexpr std::string_view among_others =
    "hex with something else after or between it: leave nothing but the bytes";
constexpr std::size_t least_behind_words = 4; ///< bytes: fewer may be a number in a sentence

/// Databases write `\x0004` and `x'0004'`.
std::string_view without_mark(std::string_view word) {
  for (const std::string_view mark : {"\\x", "x'", "X'"}) {
    const auto digits = word.starts_with(mark) ? word.substr(mark.size()) : std::string_view();
    if (digits.size() >= 4 && leading_digits(digits) == digits.size()) {
      return digits;
    }
  }
  return word;
}

std::string_view unwrapped(std::string_view word) {
  const auto first = word.find_first_not_of(around_words);
  return first == std::string_view::npos
             ? std::string_view()
             : without_mark(word.substr(first, word.find_last_not_of(around_words) + 1 - first));
}

/// `->`, `<--`, `=>`.
bool is_arrow(std::string_view word) {
  constexpr std::array<std::string_view, 4> signs{"\xE2\x86\x90", "\xE2\x86\x92", "\xE2\x87\x90",
                                                  "\xE2\x87\x92"};
  return std::ranges::find(signs, word) != signs.end() ||
         (word.size() >= 2 && word.find_first_not_of("<>-=") == std::string_view::npos &&
          word.find_first_of("<>") != std::string_view::npos);
}

/// What logs call the bytes that follow.
bool is_label(std::string_view word) {
  constexpr std::array<std::string_view, 18> labels{
      "rx",  "tx",   "recv", "received", "read", "in",      "send", "sent",  "out",
      "raw", "data", "hex",  "payload",  "body", "message", "msg",  "frame", "packet"};
  std::string lower(word);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return std::ranges::find(labels, lower) != labels.end();
}

/// Pairs of digits, joined by one kind of joint or none.
struct Word {
  bool is_hex = false;
  bool odd = false; ///< would be hex, but has an odd group
  char joint = 0;
  std::size_t digits = 0;
};

Word parse_word(std::string_view word) {
  word = unwrapped(word);
  Word result;
  std::size_t group = 0;
  for (const char c : word) {
    if (is_hex_digit(c)) {
      ++group;
      ++result.digits;
      continue;
    }
    if (joints.find(c) == std::string_view::npos || group == 0 ||
        (result.joint != 0 && c != result.joint)) {
      return {};
    }
    result.odd = result.odd || group % 2 != 0;
    result.joint = c;
    group = 0;
  }
  result.odd = result.odd || group % 2 != 0;
  result.is_hex = result.digits != 0 && !result.odd;
  return result;
}

bool is_only_wrapping(std::string_view word) { return unwrapped(word).empty(); }

/// What separates a prefix from the hex behind it beyond doubt.
bool ends_prefix(std::string_view word) {
  return is_clock(word) || word.ends_with(']') || is_only_wrapping(word) || is_arrow(word);
}

bool may_end_prefix(std::string_view word) {
  return word.ends_with(':') || word.ends_with('=') || word.ends_with('>') || word.ends_with('<') ||
         is_label(word);
}

std::string joined_problem(const Words& words, std::size_t first) {
  char joint = 0;
  bool alone = false;
  for (auto i = first; i < words.size(); ++i) {
    const auto word = parse_word(words[i]);
    if (word.joint != 0 && joint != 0 && word.joint != joint) {
      return "bytes are separated in different ways";
    }
    joint = word.joint != 0 ? word.joint : joint;
    alone = alone || (word.joint == 0 && word.digits > 0 && i + 1 < words.size());
  }
  if (joint != 0 && (alone || (words.size() > first + 1 && is_clock(words[first])))) {
    return "bytes are separated in different ways: is there a time or an address before them?";
  }
  return {};
}

/// `0 4 O4 2 a ff 10 7`: bytes without a 0 before them, and one that is none.
bool is_spoilt_unpadded(const Words& words) {
  constexpr std::size_t least = 8;
  const auto bytes = static_cast<std::size_t>(std::ranges::count_if(words, [](auto each) {
    const auto word = unwrapped(each);
    return !word.empty() && word.size() <= 2 && is_all_hex(word);
  }));
  return words.size() >= least && bytes + 1 == words.size();
}

bool has_much_hex(const Words& words) {
  constexpr std::size_t few = 4;
  std::size_t row = 0;         // of words of one size
  std::size_t with_letter = 0; // at the row's end: without it, numbers
  std::size_t size = 0;
  for (const auto& each : words) {
    const auto word = parse_word(each);
    const bool letters =
        std::ranges::any_of(each, [](char c) { return is_hex_digit(c) && !is_decimal_digit(c); });
    if (is_spoilt_hex(unwrapped(each)) || is_spoilt_row(unwrapped(each))) {
      return true;
    }
    if (word.is_hex && word.digits >= 8 && (letters || word.digits >= 16) && !is_clock(each)) {
      return true;
    }
    const bool goes_on = word.is_hex && word.digits == size;
    row = goes_on ? row + 1 : 1;
    with_letter = (goes_on ? with_letter : 0) + (letters ? 1 : 0);
    size = word.is_hex ? word.digits : 0;
    if (size != 0 && row >= few && (size == 2 || with_letter != 0)) {
      return true;
    }
  }
  return false;
}

/// `9:` and `10:` number lines.
std::string without_digits(std::string_view word) {
  std::string rest(word);
  std::erase_if(rest, is_decimal_digit);
  return rest;
}

/// Where a line's hex begins; words.size() if there is none. `before`: what the hex of the line
/// before stood behind.
std::size_t hex_start(const Words& words, std::string_view before) {
  auto first = words.size();
  std::size_t digits = 0;
  while (first > 0) {
    const auto word = parse_word(words[first - 1]);
    const bool clock = is_clock(words[first - 1]) && digits != 0 &&
                       (words[first - 1].starts_with('[') || parse_word(words[first]).joint == 0);
    if (clock || is_date(unwrapped(words[first - 1])) ||
        (!word.is_hex && !is_only_wrapping(words[first - 1]))) {
      break;
    }
    digits += word.digits;
    --first;
  }
  if (digits == 0) {
    return words.size();
  }
  const bool alone = first == 0;
  while (is_only_wrapping(words[first])) { // an arrow, a dash
    ++first;
  }
  if (alone || ends_prefix(words[first - 1])) {
    return first;
  }
  const bool enough = digits >= 2 * least_behind_words ||
                      without_digits(words[first - 1]) == without_digits(before);
  return may_end_prefix(words[first - 1]) && enough ? first : words.size();
}

/// `hexdump -e` goes on with what parts bytes where a line has fewer of them.
std::string_view without_padding(std::string_view line) {
  const auto end = line.find_last_not_of(" \t,:;-") + 1; // npos + 1 is 0
  return line.substr(end).contains("  ") ? line.substr(0, end) : line;
}

/// C comments count their packets in digits.
std::string without_comments(std::string_view line) {
  std::string text(line);
  for (auto start = text.find("/*"); start != std::string::npos; start = text.find("/*", start)) {
    const auto end = text.find("*/", start + 2);
    text.replace(start, end == std::string::npos ? end : end + 2 - start, " ");
  }
  return text;
}

/// Digits in columns between tabs: which of them are the bytes?
bool has_columns(std::string_view line, const Words& words) {
  const auto tab = line.find('\t', leading_spaces(line));
  if (tab == std::string_view::npos) {
    return false;
  }
  const auto size = parse_word(words.front()).digits;
  return std::ranges::any_of(words, [&](auto word) { return parse_word(word).digits != size; });
}

/// `0 4 ff`: no byte has a 0 before it.
bool is_unpadded(const Words& words) {
  bool single = false;
  for (const auto& each : words) {
    const auto word = unwrapped(each);
    single = single || word.size() == 1;
    if (word.empty() || word.size() > 2 || leading_digits(word) != word.size() ||
        (word.size() == 2 && word[0] == '0')) {
      return false;
    }
  }
  return single;
}

/// `%00%04`; of ascii85 few of the signs stand before digits.
bool is_percent_encoded(std::string_view word) {
  constexpr std::size_t least = 8;
  std::size_t signs = 0;
  std::size_t bytes = 0;
  for (auto at = word.find('%'); at != std::string_view::npos; at = word.find('%', at + 1)) {
    ++signs;
    bytes += leading_digits(word.substr(at + 1, 2)) == 2 ? 1 : 0;
  }
  return signs >= least && 2 * bytes > signs;
}

/// `container 4bf92f35..`: all its hex is the name of what a word says that is no label of bytes.
bool names_something(const Words& words) {
  const auto has_long_row = [](std::string_view word) {
    return (parse_word(word).digits >= 8 && !is_clock(word)) || is_spoilt_hex(unwrapped(word));
  };
  const auto name = std::ranges::find_if(words, has_long_row);
  if (name == words.begin() || name == words.end() ||
      std::any_of(name + 1, words.end(), has_long_row)) {
    return false;
  }
  const auto before = *(name - 1);
  return may_be_name(unwrapped(*name)) && std::ranges::all_of(before, is_letter) &&
         !std::ranges::all_of(before, is_hex_digit) && !is_label(before);
}

/// Whether pairs stand before the first of these, behind something that is none: `00, 04, 0 , 02`.
bool is_broken_before(const Words& words, std::size_t first) {
  constexpr std::size_t few = 4;
  while (first > 0 && is_only_wrapping(words[first - 1])) {
    --first;
  }
  const auto broken = first == 0 ? std::string_view() : unwrapped(words[first - 1]);
  std::size_t pairs = 0;
  while (pairs + 1 < first && parse_word(words[first - 2 - pairs]).is_hex &&
         unwrapped(words[first - 2 - pairs]).size() == 2) {
    ++pairs;
  }
  return broken.size() <= 3 && std::ranges::any_of(broken, is_hex_digit) && pairs >= few;
}

std::string problem_without_hex(const Words& words) {
  const bool odd = std::ranges::all_of(words, [](auto each) {
    const auto word = parse_word(each);
    return word.is_hex || word.odd || is_only_wrapping(each);
  });
  if (odd) {
    return "an odd number of hex digits: one is missing, or one too many";
  }
  if (std::ranges::any_of(words, is_percent_encoded)) {
    return "percent-encoded bytes: decode them, and print them as hex";
  }
  return (has_much_hex(words) || is_spoilt_unpadded(words)) && !names_something(words)
             ? std::string(among_others)
             : "";
}

std::string problem_with_hex(std::string_view line, std::string_view whole, const Words& words,
                             std::size_t first) {
  auto problem = joined_problem(words, first);
  if (problem.empty() && is_broken_before(words, first)) {
    return std::string(among_others);
  }
  if (problem.empty() && has_columns(line, words)) {
    return "columns of digits: leave only the bytes, as 'tshark -T fields -e tcp.payload' has them";
  }
  const bool in_words = std::ranges::all_of(
      words, [](auto word) { return word.size() == 4 && leading_digits(word) == 4; });
  if (problem.empty() && whole.starts_with(' ') && words.size() > 1 && in_words) {
    return "16-bit words, whose bytes may stand in another order: print it with 'xxd' or "
           "'od -t x1'";
  }
  return problem;
}

void append_word(ByteBuffer& bytes, std::string_view word) {
  word = unwrapped(word);
  if (word.size() == 1) {
    bytes.push_back(static_cast<std::byte>(hex_value(word[0])));
    return;
  }
  while (!word.empty()) {
    const auto count = leading_digits(word);
    append_digits(bytes, word.substr(0, count));
    word.remove_prefix(std::min(count + 1, word.size()));
  }
}

/// Columns that tabs part, as of `tshark -T fields`, of which the last one is bytes.
std::optional<std::string_view> last_column(std::string_view line) {
  constexpr std::size_t least = 8;
  constexpr std::size_t longest_other = 64;
  auto tab = line.rfind('\t');
  if (tab == std::string_view::npos) { // or commas, if no list of bytes can be meant
    tab = line.find_last_of(",;");
    const bool are_cells = tab != std::string_view::npos && line.size() - tab > 2 * least &&
                           line.find_first_of(" []{}()<\"'") == std::string_view::npos &&
                           std::ranges::any_of(line.substr(0, tab), [](char c) {
                             return !is_hex_digit(c) && c != ',' && c != ';' && c != ':';
                           });
    tab = are_cells ? tab : std::string_view::npos;
  }
  if (tab == std::string_view::npos || tab == 0 || tab > 4 * longest_other) {
    return std::nullopt;
  }
  const auto column = line.substr(tab + 1);
  const auto digits = std::ranges::count_if(column, is_hex_digit);
  const bool is_bytes =
      std::ranges::all_of(column, [](char c) { return is_hex_digit(c) || c == ':' || c == '\r'; });
  return is_bytes && static_cast<std::size_t>(digits) >= least ? std::optional(column)
                                                               : std::nullopt;
}

} // namespace

bool is_clock(std::string_view word) { return is_time(unwrapped(word)); }

bool may_be_name(std::string_view digits) {
  constexpr std::size_t shortest = 24;
  constexpr std::size_t longest = 64;
  return digits.size() >= shortest && digits.size() <= longest && is_all_hex(digits) &&
         !digits.starts_with("00");
}

DigitLine parse_digit_line(std::string_view text, std::string_view before, bool padded) {
  const auto column = last_column(text);
  const auto line = without_comments(without_padding(column.value_or(text)));
  const auto words = words_of(line);
  DigitLine result;
  result.blank = std::ranges::all_of(words, is_only_wrapping);
  if (result.blank) {
    return result;
  }
  if (words.size() == 1 && words[0].size() % 2 != 0 && words[0].size() > 1 &&
      leading_digits(words[0]) == words[0].size()) {
    result.run = words[0];
    return result;
  }
  const bool unpadded = is_unpadded(words) && (!padded || words.size() == 1);
  const auto first = unpadded ? 0 : hex_start(words, before);
  result.problem = first == words.size() ? problem_without_hex(words)
                                         : problem_with_hex(line, text, words, first);
  for (auto i = first; i < words.size() && result.problem.empty(); ++i) {
    append_word(result.bytes, words[i]);
  }
  if (first != 0 && !result.bytes.empty()) {
    result.before = words[first - 1];
  }
  return result;
}

} // namespace dualcam::inline tools
