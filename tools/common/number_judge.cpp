#include "common/number_judge.hpp"

#include <algorithm>
#include <charconv>
#include <string>
#include <utility>

#include "common/hex_digits.hpp"
#include "common/text_lines.hpp"

namespace dualcam::inline tools {
namespace {

constexpr std::string_view list_punctuation = " \t\r\n,;[](){}";

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
    if (token.empty() || !is_all_hex(token)) {
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

} // namespace

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

bool has_padded(std::string_view text) {
  return std::ranges::any_of(tokens_of(text, list_punctuation), [](std::string_view token) {
    return token.size() == 2 && token[0] == '0' && is_hex_digit(token[1]);
  });
}

} // namespace dualcam::inline tools
