#include "common/hex_candidates.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <set>
#include <string>
#include <utility>

#include "common/hex_digits.hpp"
#include "common/hex_words.hpp"
#include "common/offset_line.hpp"

namespace dualcam::inline tools {
namespace {

using Lines = std::vector<std::string_view>;

Lines lines_of(std::string_view sample) {
  Lines lines;
  while (!sample.empty()) {
    const auto end = std::min(sample.find('\n'), sample.size());
    lines.push_back(sample.substr(0, end));
    sample.remove_prefix(std::min(end + 1, sample.size()));
  }
  return lines;
}

Lines first_lines(std::string_view sample, std::size_t most) {
  constexpr std::size_t longest = 4096;
  auto lines = lines_of(sample);
  lines.resize(std::min(most, lines.size()));
  for (auto& line : lines) {
    line = line.substr(0, longest);
  }
  return lines;
}

/// Where words begin that may be offsets.
std::set<std::size_t> offset_columns(std::string_view sample) {
  std::set<std::size_t> columns{0};
  for (const auto line : first_lines(sample, 4)) {
    for (std::size_t at = 0; at < line.size() && columns.size() < 8; ++at) {
      const bool begins = at == 0 || !is_hex_digit(line[at - 1]);
      const auto digits = std::ranges::find_if_not(line.substr(at), is_hex_digit) - line.begin();
      if (begins && digits - static_cast<std::ptrdiff_t>(at) >= 3) {
        columns.insert(at);
      }
    }
  }
  return columns;
}

/// Whether a line, or what stands in it behind a prefix, has an offset of any base, and bytes.
bool has_offset(std::string_view line, int numbers) {
  constexpr std::size_t longest_prefix = 128;
  const auto has = [&](std::string_view text) {
    const auto parsed =
        numbers == 16 ? parse_offset_line(text, 16, false) : parse_od_line(text, 16, numbers);
    return parsed && !parsed->bytes.empty();
  };
  bool found = has(line);
  for (auto at = line.find(' '); !found && at < longest_prefix; at = line.find(' ', at + 1)) {
    found = has(line.substr(at + 1));
  }
  return found;
}

void add_offsets(Forms& forms, std::string_view sample) {
  const auto lines = lines_of(sample);
  for (const auto column : offset_columns(sample)) {
    for (const int numbers : {16, 8, 10, -10}) {
      const bool is_there = std::ranges::any_of(lines, [&](std::string_view line) {
        return has_offset(line.substr(std::min(column, line.size())), numbers);
      });
      if (!is_there) {
        continue;
      }
      for (const int base : {16, 8, 10}) {
        HexForm form{HexStyle::offsets, base};
        form.numbers = numbers;
        form.column = column;
        form.text_beside = false;
        forms.push_back(form);
      }
    }
  }
}

/// Where four pairs of digits in a row begin, and where they may end.
void add_columns(Forms& forms, std::string_view sample) {
  std::set<std::pair<std::size_t, std::size_t>> columns;
  for (const auto line : first_lines(sample, 8)) {
    const auto is_pair = [&](std::size_t at) {
      return at + 2 <= line.size() && is_hex_digit(line[at]) && is_hex_digit(line[at + 1]) &&
             (at == 0 || !is_hex_digit(line[at - 1])) &&
             (at + 2 == line.size() || !is_hex_digit(line[at + 2]));
    };
    std::size_t begin = 0;
    std::size_t pairs = 0;
    std::size_t end = 0;
    for (std::size_t at = 0; at < line.size() && columns.size() < 32; ++at) {
      if (!is_pair(at)) {
        continue;
      }
      const bool goes_on = pairs != 0 && at - end <= 6;
      if (goes_on && at - end > 1 && pairs >= 4) {
        columns.emplace(begin, end);
      }
      begin = goes_on ? begin : at;
      pairs = goes_on ? pairs + 1 : 1;
      end = at + 2;
      if (pairs >= 4 && pairs % 4 == 0) {
        columns.emplace(begin, end);
      }
    }
  }
  for (const auto& [begin, end] : columns) {
    HexForm form{HexStyle::words};
    form.column = begin;
    form.end_column = end;
    forms.push_back(form);
  }
}

/// So many words stand before the bytes, or behind them.
Forms forms_of_words() {
  constexpr std::size_t most_before = 20;
  Forms forms;
  for (const int base : {10, 8}) {
    for (std::size_t before = 0; before <= 10; ++before) {
      HexForm form{HexStyle::words};
      form.numbers = base;
      form.skipped = before;
      forms.push_back(form);
    }
  }
  for (std::size_t behind = 0; behind <= 2; ++behind) {
    for (const bool from_end : {false, true}) {
      for (std::size_t before = 0; before <= (from_end ? 6 : most_before); ++before) {
        HexForm form{HexStyle::words};
        form.skipped = before;
        form.behind = behind;
        form.from_end = from_end;
        forms.push_back(form);
      }
    }
  }
  for (std::size_t before = 0; before <= 10; ++before) {
    HexForm form{HexStyle::words};
    form.unpadded = true;
    form.skipped = before;
    forms.push_back(form);
  }
  HexForm watched{HexStyle::words}; // `[0]  4  byte`
  watched.numbers = 10;
  watched.single = true;
  watched.skipped = watched.behind = 1;
  forms.push_back(watched);
  HexForm longest{HexStyle::words};
  longest.longest = true;
  for (const std::size_t group : {0U, 4U, 8U, 16U, 32U}) {
    longest.group = group;
    forms.push_back(longest);
  }
  longest.group = 0;
  for (longest.skipped = 1; longest.skipped <= most_before; ++longest.skipped) {
    forms.push_back(longest);
  }
  HexForm single{HexStyle::words};
  single.single = true;
  forms.push_back(single);
  for (const std::size_t most : {16U, 8U, 32U}) { // and a text of so many bytes behind
    for (std::size_t before = 0; before <= (most == 16 ? 10U : 4U); ++before) {
      HexForm form{HexStyle::words};
      form.skipped = before;
      form.most = most;
      forms.push_back(form);
    }
  }
  return forms;
}

/// Those that find bytes in any line.
void add_words(Forms& forms, std::string_view sample) {
  std::vector<LineWords> lines;
  std::ranges::transform(lines_of(sample), std::back_inserter(lines), alphanumeric_words);
  for (auto& form : forms_of_words()) {
    if (std::ranges::any_of(lines,
                            [&](const LineWords& words) { return may_begin_bytes(words, form); })) {
      forms.push_back(std::move(form));
    }
  }
}

void add_numbers(Forms& forms, std::string_view sample) {
  for (const char bracket : {'\0', '[', '{', '(', '<'}) {
    for (const int base : {10, 8, 16}) { // hex as Rust has it: `[0, 4, ff]`
      const bool may_be = base == 16 ? bracket == '[' && sample.contains("[0, ") : true;
      if (!may_be || (bracket != '\0' && !sample.contains(bracket))) {
        continue;
      }
      HexForm form{HexStyle::decimal, base, bracket};
      form.numbers = base;
      form.whole_groups = true;
      forms.push_back(form);
    }
  }
}

/// Without one nothing is a byte of 0, which each message has.
void add_escapes(Forms& forms, std::string_view sample) {
  if (!sample.contains('\\')) {
    return;
  }
  constexpr std::array all_digits{Escape::Digits::decimal, Escape::Digits::octal,
                                  Escape::Digits::zero};
  for (const auto digits : all_digits) {
    HexForm escapes{HexStyle::escapes};
    escapes.escaped = digits;
    forms.push_back(escapes);
    escapes.whole_groups = true;
    forms.push_back(escapes);
  }
  const bool has_nested = std::ranges::any_of(std::array{"\"'", "'\"", "\"\"", "''"},
                                              [&](auto quotes) { return sample.contains(quotes); });
  for (const auto digits : all_digits) {
    if (has_nested) {
      forms.push_back({.style = HexStyle::escapes, .nested = true, .escaped = digits});
    }
  }
  for (std::size_t before = 0; before <= 12; ++before) {
    HexForm line{HexStyle::escapes};
    line.quoted = false;
    line.whole_lines = true;
    line.skipped = before;
    forms.push_back(line);
  }
}

/// Each message begins with a byte of 0.
void add_codes(Forms& forms, std::string_view sample) {
  for (const std::string_view zero : {"<00>", "<NUL>", "{00}", "[00]"}) {
    if (sample.contains(zero)) {
      forms.push_back(HexForm{.style = HexStyle::codes, .bracket = zero[0]});
    }
  }
}

/// Where the longest row of digits begins.
void add_digits(Forms& forms, std::string_view sample) {
  constexpr std::string_view between = " \t\r\n,:;.-'\"&#$xXhHuU";
  std::size_t best = 0;
  std::size_t most = 0;
  for (std::size_t at = 0; at < sample.size();) {
    if (!is_hex_digit(sample[at])) {
      ++at;
      continue;
    }
    const auto begin = at;
    std::size_t digits = 0;
    for (; at < sample.size() &&
           (is_hex_digit(sample[at]) || between.find(sample[at]) != std::string_view::npos);
         ++at) {
      digits += is_hex_digit(sample[at]);
    }
    if (digits > most) {
      most = digits;
      best = begin;
    }
  }
  for (const auto column : std::set<std::size_t>{best, sample.find_first_of("0123456789"), 0}) {
    HexForm form{HexStyle::digits};
    form.column = column;
    if (column < sample.size()) {
      forms.push_back(form);
    }
  }
  HexForm marked{HexStyle::digits};
  marked.marked = true;
  forms.push_back(marked);
}

/// Whether a value of JSON may be bytes: a list, or a string that begins with four of them or so.
bool may_be_bytes(std::string_view value) {
  constexpr std::size_t clear = 8;
  if (value.starts_with('[')) {
    return true;
  }
  const auto text = value.substr(1, value.substr(1).find('"'));
  std::size_t digits = 0;
  for (const char c : text.substr(0, 4 * clear)) {
    digits += is_hex_digit(c) ? 1 : 0;
  }
  return digits >= clear || (text.size() >= clear && text.size() % 4 == 0 && !text.contains(' ')) ||
         text.contains("\\u00");
}

/// The names that stand before strings and lists.
void add_json(Forms& forms, std::string_view sample) {
  constexpr std::size_t most = 24;
  std::set<std::string> keys;
  for (auto at = sample.find("\":"); at != std::string_view::npos && keys.size() < most;
       at = sample.find("\":", at + 1)) {
    const auto open = at == 0 ? std::string_view::npos : sample.rfind('"', at - 1);
    const auto value = sample.find_first_not_of(" \t\r\n", at + 2);
    if (open != std::string_view::npos && value != std::string_view::npos &&
        (sample[value] == '[' || (sample[value] == '"' && may_be_bytes(sample.substr(value))))) {
      keys.emplace(sample.substr(open + 1, at - open - 1));
    }
  }
  for (const auto& key : keys) {
    for (const auto value :
         {JsonValue::hex, JsonValue::base64, JsonValue::numbers, JsonValue::characters}) {
      HexForm form{HexStyle::json};
      form.value = value;
      form.base = value == JsonValue::numbers ? 10 : form.base;
      form.key = key;
      forms.push_back(form);
    }
  }
}

} // namespace

Forms other_forms(std::string_view sample) {
  Forms forms;
  add_offsets(forms, sample);
  if (line_with_star(sample)) { // without offsets nothing tells how much it stands for
    return forms;
  }
  add_json(forms, sample);
  forms.push_back(HexForm{HexStyle::yaml});
  add_numbers(forms, sample);
  add_escapes(forms, sample);
  add_words(forms, sample);
  add_columns(forms, sample); // behind words: numbers of lines grow, and shift the columns
  for (const bool whole_lines : {false, true}) {
    HexForm form{HexStyle::base64_words};
    form.whole_lines = whole_lines;
    forms.push_back(form);
  }
  add_codes(forms, sample);
  if (sample.contains('%')) {
    forms.push_back(HexForm{HexStyle::percent});
  }
  add_digits(forms, sample);
  return forms;
}

} // namespace dualcam::inline tools
