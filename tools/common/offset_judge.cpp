#include "common/offset_judge.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "common/digit_line.hpp"
#include "common/hex_digits.hpp"
#include "common/offset_line.hpp"
#include "common/text_lines.hpp"

namespace dualcam::inline tools {
namespace {

/// hexdump, od and od -x put words, octal or decimal numbers behind an offset of seven digits; in
/// hex it has six, as other programs' do, and what tells od is a line of 16 bytes.
bool has_words(std::string_view line) {
  const auto tokens = words_of(line);
  if (tokens.size() < 2 || !is_all_hex(tokens[0])) {
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
    return token.size() != 2 && token.size() == tokens[1].size() && is_all_hex(token);
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
  const auto tokens = words_of(line.substr(colon + 1));
  return !tokens.empty() && std::ranges::all_of(tokens, [&](std::string_view token) {
    const auto size = token.size();
    return token.starts_with("0x") && (size == 6 || size == 10 || size == 18) &&
           size == tokens[0].size() && is_all_hex(token.substr(2));
  });
}

/// `od -c`, `od -a`, `xxd -b` and gdb's words: what to print instead.
std::string_view other_printer(std::string_view line) {
  if (has_gdb_words(line)) {
    return "words, whose bytes may stand in another order: print it with 'x/xb'";
  }
  const auto tokens = words_of(line);
  if (tokens.size() < 4 || !is_all_hex(tokens[0].substr(0, 7))) {
    return {};
  }
  const auto is_bits = [](std::string_view token) {
    return token.size() == 8 && token.find_first_not_of("01") == std::string_view::npos;
  };
  if (tokens[0].size() == 9 && std::ranges::count_if(tokens, is_bits) >= 3) {
    return "bits: print it with 'xxd', without -b";
  }
  const auto has = [&](std::string_view token) {
    return tokens[0].size() == 7 && std::ranges::find(tokens, token) != tokens.end();
  };
  if (has("nul")) {
    return "names of characters, as 'od -a' has them, of seven bits each: print it with 'xxd' or "
           "'od -t x1'";
  }
  return has("\\0")
             ? "characters and escapes, as 'od -c' has them: print it with 'xxd' or 'od -t x1'"
             : std::string_view();
}

} // namespace

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
      seven_digits = words_of(line).front().size() == 7;
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

} // namespace dualcam::inline tools
