#include "common/hex_style.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <vector>

#include "common/hex_line.hpp"
#include "common/mended_json.hpp"
#include "common/yaml_bytes.hpp"

namespace dualcam::inline tools {
namespace {

constexpr std::string_view list_punctuation = " \t\r\n,;[](){}";

template <class Take> void for_each_line(std::string_view text, const Take& take) {
  for (std::uint64_t number = 1; !text.empty(); ++number) {
    const auto end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) {
      line.remove_suffix(1);
    }
    if (!take(line, number)) {
      return;
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

std::vector<std::string_view> tokens_of(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> tokens;
  for (;;) {
    const auto start = text.find_first_not_of(separators);
    if (start == std::string_view::npos) {
      return tokens;
    }
    text.remove_prefix(start);
    const auto end = std::min(text.find_first_of(separators), text.size());
    tokens.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

bool all_hex(std::string_view text) { return std::ranges::all_of(text, is_hex_digit); }

// --- offsets ---

/// hexdump, od and od -x put words, octal or decimal numbers behind an offset of seven digits; in
/// hex it has six, as other programs' do, and what tells od is a line of 16 bytes.
bool has_words(std::string_view line) {
  const auto tokens = tokens_of(line, " \t");
  if (tokens.size() < 2 || !all_hex(tokens[0])) {
    return false;
  }
  const bool by_hex = tokens[0].size() == 6 && (tokens.size() - 1) * tokens[1].size() == 32;
  if (tokens[0].size() != 7 && !by_hex) {
    return false;
  }
  const bool decimal = std::ranges::all_of(tokens.begin() + 1, tokens.end(), [](auto token) {
    return token.size() <= 5 && std::ranges::all_of(token, is_decimal_digit);
  });
  const bool above_255 = std::ranges::any_of(tokens.begin() + 1, tokens.end(), [](auto token) {
    return token.size() > 3 || (token.size() == 3 && token > "255");
  });
  if (decimal && above_255) {
    return true;
  }
  return std::ranges::all_of(tokens.begin() + 1, tokens.end(), [&](std::string_view token) {
    return token.size() != 2 && token.size() == tokens[1].size() && all_hex(token);
  });
}

/// How well an offset's step from line to line agrees with the bytes between, in each base.
class OffsetJudge {
public:
  void line(std::string_view text) {
    starred_ = starred_ || is_star(text);
    bool is_line = false;
    for (auto& candidate : candidates_) {
      const auto line = parse_offset_line(text, candidate.base, false);
      if (!line || (line->bytes.empty() && !candidate.next)) {
        continue;
      }
      is_line = true;
      if (candidate.next && line->offset != 0 && line->indent == candidate.indent) {
        step(candidate, line->offset);
      }
      candidate.next = line->offset + line->bytes.size();
      candidate.size = line->bytes.empty() ? candidate.size : line->bytes.size();
      candidate.indent = line->indent;
    }
    starred_ = starred_ && !is_line;
  }
  /// nullopt: in none, or it may be one or the other. `doubtful`: hex is not the rule.
  std::optional<int> base(bool doubtful) const {
    const auto value = [](const Candidate& each) { return std::pair(each.fits, each.aligned); };
    const auto& best = *std::ranges::max_element(candidates_, {}, value);
    const auto equals = std::ranges::count(candidates_, value(best), value);
    const bool open = doubtful && best.aligned != 0 && equals > 1;
    return open || (best.fits + best.aligned == 0 && best.misses > 1) ? std::nullopt
                                                                      : std::optional(best.base);
  }
  bool fits() const {
    return std::ranges::any_of(candidates_, [](const auto& each) { return each.fits != 0; });
  }

private:
  struct Candidate {
    int base;
    std::optional<std::uint64_t> next{};
    std::size_t size = 0;
    std::size_t indent = 0;
    std::uint64_t fits = 0;
    std::uint64_t aligned = 0; ///< steps over lines left out
    std::uint64_t misses = 0;
  };

  void step(Candidate& candidate, std::uint64_t offset) const {
    if (offset == *candidate.next) {
      ++candidate.fits;
    } else if (!starred_) {
      ++candidate.misses;
    } else if (candidate.size != 0 && offset > *candidate.next) {
      candidate.aligned += (offset - *candidate.next) % candidate.size == 0;
    }
  }

  std::array<Candidate, 3> candidates_{Candidate{16}, Candidate{8}, Candidate{10}};
  bool starred_ = false; ///< the line before was `*`
};

/// `0x7ffe08:	0x05000000	0xe13e0100`: what `x/xh`, `x/xw` and `x/xg` of gdb print.
bool has_gdb_words(std::string_view line) {
  const auto colon = line.find(':');
  if (!line.starts_with("0x") || colon == std::string_view::npos) {
    return false;
  }
  const auto tokens = tokens_of(line.substr(colon + 1), " \t");
  return !tokens.empty() && std::ranges::all_of(tokens, [&](std::string_view token) {
    const auto size = token.size();
    return token.starts_with("0x") && (size == 6 || size == 10 || size == 18) &&
           size == tokens[0].size() && all_hex(token.substr(2));
  });
}

/// `od -c`, `xxd -b` and gdb's words: what to print instead.
std::string_view other_printer(std::string_view line) {
  if (has_gdb_words(line)) {
    return "words, whose bytes may stand in another order: print it with 'x/xb'";
  }
  const auto tokens = tokens_of(line, " \t");
  if (tokens.size() < 4 || !all_hex(tokens[0].substr(0, 7))) {
    return {};
  }
  const auto is_bits = [](std::string_view token) {
    return token.size() == 8 && token.find_first_not_of("01") == std::string_view::npos;
  };
  if (tokens[0].size() == 9 && std::ranges::count_if(tokens, is_bits) >= 3) {
    return "bits: print it with 'xxd', without -b";
  }
  const bool has_escape = std::ranges::find(tokens, std::string_view("\\0")) != tokens.end();
  return tokens[0].size() == 7 && has_escape
             ? "characters and escapes, as 'od -c' has them: print it with 'xxd' or 'od -t x1'"
             : std::string_view();
}

std::expected<std::optional<HexForm>, HexProblem> judge_offsets(std::string_view sample) {
  OffsetJudge judge;
  std::uint64_t first = 0;
  std::uint64_t words = 0;
  std::string_view other;
  std::int64_t contradicted = 0; // more than not, if above 0
  bool decided = false;
  bool begins_clearly = false;
  bool seven_digits = false; ///< as od has them, in octal or decimal
  for_each_line(sample, [&](std::string_view line, std::uint64_t number) {
    other = decided ? other : other_printer(line);
    if (!decided && (!other.empty() || has_words(line))) {
      words = number;
      return false;
    }
    if (!decided && !is_ruler(line) && parse_offset_line(line, 16, false)) {
      begins_clearly = parse_offset_line(line, 16, true).has_value();
      first = number;
      seven_digits = tokens_of(line, " \t").front().size() == 7;
      decided = true;
    } else if (!decided && !is_ruler(line) && !is_label_line(line) &&
               parse_digit_line(line).has_hex()) {
      return false;
    }
    judge.line(line);
    if (const auto parsed = parse_offset_line(line, 16, false); parsed && !parsed->bytes.empty()) {
      contradicted += parsed->contradicted ? 1 : -1;
    }
    return true;
  });
  if (contradicted > 0) {
    return std::unexpected(HexProblem{first, std::string(text_contradicts)});
  }
  if (!other.empty()) {
    return std::unexpected(HexProblem{words, std::string(other)});
  }
  if (words != 0) {
    return std::unexpected(HexProblem{
        words, "16-bit words or octal numbers, whose bytes stand in another order: print it with "
               "'xxd', 'hexdump -C' or 'od -A x -t x1'"});
  }
  if (!decided || (!begins_clearly && !judge.fits())) {
    return std::nullopt;
  }
  const auto base = judge.base(seven_digits);
  if (!base) {
    return std::unexpected(HexProblem{
        first, "the numbers before the bytes are no offsets for certain: in hex, octal "
               "or decimal they would grow by the bytes between; print it with 'xxd', or "
               "cut them off"});
  }
  return HexForm{HexStyle::offsets, *base};
}

// --- numbers in lists ---

struct NumberTally {
  std::uint64_t all = 0;
  std::uint64_t single = 0;   ///< one digit
  std::uint64_t padded = 0;   ///< two, the first 0
  std::uint64_t three = 0;    ///< three digits, up to 255
  std::uint64_t zeroed = 0;   ///< of these with 0 before them
  std::uint64_t negative = 0; ///< down to -128
  std::uint64_t lettered = 0; ///< one or two hex digits with a letter
  std::uint64_t other = 0;    ///< longer groups
};

NumberTally tally_numbers(std::string_view text) {
  NumberTally tally;
  for (auto token : tokens_of(text, list_punctuation)) {
    const bool negative = token.starts_with('-');
    token.remove_prefix(negative ? 1 : 0);
    if (token.empty() || !all_hex(token)) {
      continue;
    }
    const bool decimal = std::ranges::all_of(token, is_decimal_digit);
    int value = 0;
    std::from_chars(token.data(), token.data() + token.size(), value);
    ++tally.all;
    if (!decimal) {
      ++(token.size() <= 2 ? tally.lettered : tally.other);
    } else if (token.size() > 3 || (token.size() == 3 && value > 255)) {
      ++tally.other;
    } else {
      tally.negative += negative;
      tally.single += token.size() == 1;
      tally.padded += token.size() == 2 && token[0] == '0';
      tally.three += token.size() == 3;
      tally.zeroed += token.size() == 3 && token[0] == '0';
    }
  }
  return tally;
}

std::uint64_t first_line_with_digits(std::string_view sample) {
  const auto at = std::min(sample.find_first_of("0123456789"), sample.size());
  return 1 + static_cast<std::uint64_t>(std::ranges::count(sample.substr(0, at), '\n'));
}

/// Where the list opens that the first number with a comma behind it is in.
std::optional<std::size_t> list_in(std::string_view text) {
  for (auto at = text.find(','); at != std::string_view::npos; at = text.find(',', at + 1)) {
    const auto last = text.substr(0, at).find_last_not_of(" \t");
    const auto start = text.substr(0, at).find_last_not_of("0123456789- \t\r\n");
    if (last != std::string_view::npos && is_decimal_digit(text[last])) {
      const bool opens = start != std::string_view::npos &&
                         std::string_view("[{(").find(text[start]) != std::string_view::npos;
      return opens ? std::optional(start) : std::nullopt;
    }
  }
  return std::nullopt;
}

std::expected<std::optional<HexForm>, HexProblem> judge_numbers(std::string_view sample) {
  const auto end = sample.find_last_of(list_punctuation); // the last number may be cut
  const auto text = sample.size() < 256 ? sample : sample.substr(0, end);
  const auto list = list_in(text);
  const auto tally = tally_numbers(text.substr(list.value_or(0)));
  const auto refuse = [&](std::string what) {
    return std::unexpected(HexProblem{first_line_with_digits(sample), std::move(what)});
  };
  if (tally.all < 2 || tally.lettered != 0 || tally.other != 0) {
    return std::nullopt;
  }
  if (tally.three != 0 && tally.zeroed != 0) {
    return refuse("three digits a byte may be octal or decimal: print it with 'xxd'");
  }
  if (tally.three != 0 || tally.negative != 0) {
    return HexForm{HexStyle::decimal, 10, list ? text[*list] : '\0'};
  }
  const bool two_digits_all = tally.single == 0 && tally.padded == 0;
  if ((tally.single != 0 && tally.padded == 0) || (two_digits_all && tally.all >= 4)) {
    return refuse("these numbers may be decimal or hex: write hex with two digits a byte, 0 before "
                  "those below 10");
  }
  return std::nullopt;
}

// --- the rest ---

bool is_base64_text(std::string_view text) {
  const auto end = text.find_last_not_of('=') + 1;
  return text.size() - end <= 2 && std::ranges::all_of(text.substr(0, end), [](char c) {
           return is_letter(c) || is_decimal_digit(c) || c == '+' || c == '/' || c == '-' ||
                  c == '_';
         });
}

bool is_base64(std::string_view sample) {
  if (sample.starts_with("data:")) {
    return sample.substr(0, 256).find(";base64,") != std::string_view::npos;
  }
  std::size_t upper = 0;
  std::size_t beyond_hex = 0;
  std::size_t lines = 0;
  bool all = true;
  for_each_line(sample, [&](std::string_view line, std::uint64_t) {
    if (line.empty()) {
      return true;
    }
    ++lines;
    all = all && (line.size() >= 16 || lines > 1) && std::ranges::all_of(line, [](char c) {
            return is_letter(c) || is_decimal_digit(c) || c == '+' || c == '/' || c == '=';
          });
    upper += static_cast<std::size_t>(
        std::ranges::count_if(line, [](char c) { return c >= 'A' && c <= 'Z'; }));
    beyond_hex += static_cast<std::size_t>(
        std::ranges::count_if(line, [](char c) { return is_letter(c) && !is_hex_digit(c); }));
    return all;
  });
  return all && upper != 0 && beyond_hex != 0;
}

/// At least four escapes that are bytes: `\x04`, `\u0004`, `\004`.
bool has_escapes(std::string_view text) {
  int count = 0;
  for (auto at = text.find('\\'); at != std::string_view::npos; at = text.find('\\', at + 1)) {
    if (at + 3 >= text.size()) {
      break;
    }
    const char letter = text[at + 1];
    count += (letter == 'x' || letter == 'u') && is_hex_digit(text[at + 2]);
    count +=
        std::ranges::all_of(text.substr(at + 1, 3), [](char c) { return c >= '0' && c < '8'; });
  }
  return count >= 4;
}

/// Whether the first escape stands in a string of Python's bytes: `{'from': '10.0.0.5', b'\x00'}`.
bool is_marked(std::string_view text) {
  const auto before = text.substr(0, std::min(text.find("\\x"), text.size()));
  const auto open = std::max(before.rfind("b'") + 1, before.rfind("b\"") + 1); // npos + 1 is 0
  return open != 0 && open < before.size() && !before.substr(open + 1).contains(before[open]) &&
         (open == 1 || !(is_letter(before[open - 2]) || is_decimal_digit(before[open - 2])));
}

/// What `od -t o1`, `-t u1` and `-t d1` print: the first lines tell the base of the offsets.
std::optional<HexForm> judge_od(std::string_view sample) {
  struct Line {
    std::string_view offset;
    std::size_t bytes;
  };
  for (const int numbers : {8, 10, -10}) {
    std::vector<Line> lines;
    bool left_out = false; // a `*` between them
    for_each_line(sample, [&](std::string_view line, std::uint64_t) {
      left_out = left_out || (is_star(line) && lines.size() == 1);
      const auto cells = od_cells(line, numbers);
      if (cells) {
        lines.push_back({line.substr(0, line.find(' ')), cells->size()});
      }
      return (cells || is_star(line)) && lines.size() < 2;
    });
    if (lines.size() < 2 || lines[0].bytes == 0) {
      continue;
    }
    for (const int base : {8, 10, 16}) {
      const auto first = parse_od_line(lines[0].offset, base, numbers);
      const auto second = parse_od_line(lines[1].offset, base, numbers);
      const auto step = first && second ? second->offset - first->offset : 0;
      if (left_out ? step != 0 && step % lines[0].bytes == 0 : step == lines[0].bytes) {
        return HexForm{.style = HexStyle::offsets, .base = base, .numbers = numbers};
      }
    }
  }
  return std::nullopt;
}

bool has_padded(std::string_view text) {
  return std::ranges::any_of(tokens_of(text, list_punctuation), [](std::string_view token) {
    return token.size() == 2 && token[0] == '0' && is_hex_digit(token[1]);
  });
}

bool has_0x(std::string_view text) {
  for (auto at = text.find('0'); at != std::string_view::npos; at = text.find('0', at + 1)) {
    if (at + 2 < text.size() && (text[at + 1] == 'x' || text[at + 1] == 'X') &&
        is_hex_digit(text[at + 2]) &&
        (at == 0 || !(is_letter(text[at - 1]) || is_decimal_digit(text[at - 1])))) {
      return true;
    }
  }
  return false;
}

bool is_json(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && (text[first] == '{' || text[first] == '[') &&
         text.find('"') != std::string_view::npos;
}

/// The name of the first string in JSON that has bytes as characters, `\u0004`.
std::optional<std::string> key_of_characters(std::string_view text) {
  std::string_view key;
  for (auto at = text.find('"'); at != std::string_view::npos; at = text.find('"', at)) {
    const auto end = behind_json_string(text, at);
    const auto string = text.substr(at, end - at);
    const auto next = std::min(text.find_first_not_of(" \t\r\n", end), text.size());
    if (next < text.size() && text[next] == ':') {
      key = string.size() > 2 ? string.substr(1, string.size() - 2) : std::string_view();
    } else if (!key.empty() && string.contains("\\u00")) {
      return std::string(key);
    }
    at = end;
  }
  return std::nullopt;
}

/// JSON whose first string or list under a name of bytes is such.
std::optional<HexForm> judge_json(std::string_view text) {
  if (!is_json(text)) {
    return std::nullopt;
  }
  for (const auto name : json_names_of_bytes) {
    const auto key = '"' + std::string(name) + '"';
    const auto at = text.find(key);
    auto open =
        at == std::string_view::npos ? at : text.find_first_not_of(" \t\r\n:", at + key.size());
    if (open == std::string_view::npos) {
      continue;
    }
    const auto first = text.find_first_not_of(" \t\r\n", open + 1);
    if (text[open] == '[' && first != std::string_view::npos) {
      if (is_decimal_digit(text[first])) {
        return HexForm{
            .style = HexStyle::json, .base = 10, .numbers = 10, .key = std::string(name)};
      }
      open = first;
    }
    if (text[open] != '"') {
      continue;
    }
    const auto end = text.find('"', open + 1);
    const auto value = text.substr(open + 1, end - open - 1);
    const bool hex = value.find_first_not_of("0123456789abcdefABCDEF ,:;-") == value.npos;
    const bool is_whole = end == std::string_view::npos || value.size() % 4 == 0; // or goes on
    const bool base64 = value.size() >= 8 && is_whole && is_base64_text(value);
    if (hex || base64) { // tshark has the same bytes under other names, too
      return HexForm{.style = HexStyle::json,
                     .numbers = hex ? 16 : 64,
                     .key = name.starts_with("tcp") ? std::string(name) : std::string()};
    }
  }
  return std::nullopt;
}

/// YAML that holds bytes in another way than on the line of their name.
bool is_yaml(std::string_view text) {
  constexpr std::size_t longest = 16 << 10;
  bool found = false;
  bool awaits_items = false;
  bool has_long = false;
  for_each_line(text, [&](std::string_view line, std::uint64_t) {
    has_long = has_long || line.size() > longest;
    const auto rest = line.substr(std::min(line.find_first_not_of(' '), line.size()));
    found = found || (awaits_items && rest.starts_with("- ") && rest.size() > 2 &&
                      (is_decimal_digit(rest[2]) || rest[2] == '-'));
    awaits_items = false;
    if (const auto value = yaml_bytes_value(line)) {
      awaits_items = value->empty();
      found = found || (!value->empty() && std::string_view("|>[!").contains(value->front()));
    }
    return true;
  });
  return found && !has_long;
}

} // namespace

bool is_star(std::string_view line) {
  const auto at = line.find_first_not_of(" \t");
  return at != std::string_view::npos && line[at] == '*' &&
         line.find_first_not_of(" \t\r", at + 1) == std::string_view::npos;
}

std::optional<std::uint64_t> line_with_star(std::string_view text) {
  std::optional<std::uint64_t> found;
  for_each_line(text, [&](std::string_view line, std::uint64_t number) {
    found = is_star(line) ? std::optional(number) : found;
    return !found;
  });
  return found;
}

std::expected<HexForm, HexProblem> judge_hex(std::string_view sample) {
  if (!is_json(sample) && is_yaml(sample)) {
    return HexForm{HexStyle::yaml};
  }
  if (is_base64(sample)) {
    return HexForm{.style = HexStyle::base64, .bracket = sample.starts_with("data:") ? ',' : '\0'};
  }
  if (sample.find("<Buffer ") != std::string_view::npos) {
    return HexForm{HexStyle::node};
  }
  if (has_escapes(sample)) {
    if (auto key = is_json(sample) ? key_of_characters(sample) : std::nullopt) {
      return HexForm{.style = HexStyle::json, .numbers = 1, .key = std::move(*key)};
    }
    return HexForm{.style = HexStyle::escapes,
                   .quoted = sample.find_first_of("\"'") != std::string_view::npos,
                   .marked = is_marked(sample)};
  }
  if (const auto od = judge_od(sample)) {
    return *od;
  }
  const auto offsets = judge_offsets(sample);
  if (!offsets || *offsets) {
    return offsets ? std::expected<HexForm, HexProblem>(**offsets)
                   : std::unexpected(offsets.error());
  }
  if (const auto json = judge_json(sample)) { // in which other values may have 0x
    return *json;
  }
  if (has_0x(sample)) {
    const bool braces = sample.find('{') != std::string_view::npos;
    return HexForm{HexStyle::c_array, 16, braces ? '{' : '\0'};
  }
  if (const auto line = line_with_star(sample); line && !is_json(sample)) {
    return std::unexpected(HexProblem{*line, std::string(star_without_offsets)});
  }
  const auto numbers = judge_numbers(sample);
  if (!numbers || *numbers) {
    return numbers ? std::expected<HexForm, HexProblem>(**numbers)
                   : std::unexpected(numbers.error());
  }
  if (is_json(sample)) {
    return HexForm{HexStyle::json};
  }
  return HexForm{.style = HexStyle::lines, .padded = has_padded(sample)};
}

} // namespace dualcam::inline tools
