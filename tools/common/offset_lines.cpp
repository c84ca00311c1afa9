#include "common/offset_lines.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "common/counted.hpp"
#include "common/digit_line.hpp"
#include "common/hex_digits.hpp"
#include "common/text_lines.hpp"
#include "common/word_rows.hpp"

namespace dualcam::inline tools {
namespace {

/// `    Data: 0004`, or `    Data […]: 0004` where it is cut, as tshark -V has beside a dump what
/// the dump has, too.
bool is_field(std::string_view line) {
  constexpr std::size_t least_indent = 4;
  const auto first = line.find_first_not_of(' ');
  const auto colon = line.find(": ");
  return first != std::string_view::npos && first >= least_indent &&
         colon != std::string_view::npos && colon > first && is_letter(line[first]) &&
         std::ranges::none_of(line.substr(first, colon - first), is_decimal_digit);
}

} // namespace

std::optional<OffsetLine> OffsetLines::parsed(std::string_view text) const {
  return form().numbers == 16 ? parse_offset_line(text, form().base, false)
                              : parse_od_line(text, form().base, form().numbers);
}

/// `[RX] 00000010: 0004`, where only the first line of each dump has something before it.
std::optional<OffsetLine> OffsetLines::behind_prefix(std::string_view text) const {
  constexpr std::size_t longest_prefix = 128;
  for (auto at = text.find(' '); at < longest_prefix; at = text.find(' ', at + 1)) {
    auto line = text[at + 1] == ' ' ? std::nullopt : parsed(text.substr(at + 1));
    const bool goes_on = line && (line->offset == 0 || line->offset == sides_[0].expected);
    if (goes_on && !line->bytes.empty() && line->problem.empty()) {
      line->indent = indent_.value_or(0);
      return line;
    }
  }
  return std::nullopt;
}

/// `rx 00000c36 ok`: where the bytes end, as `hexdump -C` has it last.
bool OffsetLines::is_end(std::string_view text) const {
  const auto words = alphanumeric_words(text);
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto line = parsed(words[i]);
    if (line && line->bytes.empty() && line->offset == sides_[0].expected) {
      return i + 1 == words.size() || !is_whole_hex(words[i + 1]);
    }
  }
  return false;
}

/// Numbers of which one is damaged, or their offset: no other text has so many.
bool OffsetLines::is_damaged(std::string_view text) const {
  constexpr std::size_t least = 4;
  const auto words = words_of(text);
  const auto numbers = static_cast<std::size_t>(std::ranges::count_if(words, [](auto word) {
    return std::ranges::all_of(word.substr(word[0] == '-' ? 1 : 0), is_decimal_digit);
  }));
  return form().numbers != 16 && numbers >= least && 2 * numbers > words.size();
}

void OffsetLines::take(std::string_view text) {
  text.remove_prefix(std::min(form().column, text.size()));
  auto line = parsed(text);
  line = line ? line : behind_prefix(text);
  if (line) {
    if (!line->problem.empty() && (form().text_beside || !line->contradicted)) {
      problem(std::string(line->problem));
      named_ = true;
      return;
    }
    place(*line);
    named_ = false;
    return;
  }
  if (is_star(text)) {
    repeated_ = true;
  } else if (!text.empty() && !is_ruler(text)) {
    // Bytes whose offset is damaged or missing; what packets are headed by has none.
    const auto digits = parse_digit_line(text);
    const bool has_bytes = digits.bytes.size() >= 8 || digits.problem.starts_with("hex with");
    if (has_bytes && !is_label_line(text) && !is_field(text) && !is_end(text)) {
      problem("hex without the offset that the other lines have");
      named_ = true;
    } else if (is_damaged(text)) {
      problem("not an offset and numbers as the other lines have them");
      named_ = true;
    }
    pass_over();
  }
}

bool OffsetLines::is_last(const Side& side, const OffsetLine& line) {
  return line.offset + side.last.size() == side.expected && line.bytes == side.last;
}

void OffsetLines::place(const OffsetLine& line) {
  indent_ = indent_.value_or(line.indent);
  const bool other_side = line.indent != *indent_;
  auto& side = sides_[other_side ? 1 : 0];
  const auto expected = side.expected.value_or(line.offset);
  if (!side.expected) {
    side.first = line.offset;
  }
  // A buffer that is printed again has the same address.
  const bool begins = line.offset == 0 || (line.offset == side.first && !is_last(side, line));
  if (begins && side.expected && expected != line.offset) {
    next_block();
    repeated_ = false;
  } else if (line.offset > expected) {
    if (std::exchange(repeated_, false) && !side.last.empty()) {
      repeat_last(side, line.offset, other_side);
    } else {
      report_gap(side, line.offset - expected);
      missing(line.offset - expected, other_side);
    }
  } else if (line.offset < expected) {
    go_back(side, line);
    return;
  }
  if (!line.bytes.empty()) {
    emit(line.bytes, other_side);
    side.last = line.bytes;
    side.width = std::max(side.width, line.bytes.size());
    side.line = line_number();
  }
  side.expected = line.offset + line.bytes.size();
}

/// What is missing of a line that was named, of the end of the last one, or of one that was lost.
void OffsetLines::report_gap(const Side& side, std::uint64_t count) {
  if (std::exchange(named_, false)) {
  } else if (side.last.size() + count == side.width) {
    problem_at(side.line, fmt::format("{} at its end: is something between them?",
                                      counted(count, "byte is missing", "bytes are missing")));
  } else {
    problem(fmt::format("{} before it: its offset jumps ahead",
                        counted(count, "byte is missing", "bytes are missing")));
  }
}

/// The line before, pasted twice, changes nothing; what else stands before its place cannot be
/// compared any more.
void OffsetLines::go_back(const Side& side, const OffsetLine& line) {
  if (!is_last(side, line) && !line.bytes.empty()) {
    problem("its offset goes back: pasted twice, or another dump?");
  }
}

/// hexdump and xxd -a write `*` for lines that are the same as the one before.
void OffsetLines::repeat_last(Side& side, std::uint64_t until, bool other_side) {
  const auto all = until - *side.expected;
  auto count = std::min(all, most_repeated_ - repeated_bytes_);
  repeated_bytes_ += count;
  if (count < all) {
    problem("'*' stands for more than 64 MiB in all: the rest is taken as missing");
  }
  const auto left_out = all - count;
  for (; count != 0; count -= std::min<std::uint64_t>(count, side.last.size())) {
    emit(Bytes(side.last).first(std::min<std::uint64_t>(count, side.last.size())), other_side);
  }
  if (left_out != 0) {
    missing(left_out, other_side);
  }
}

} // namespace dualcam::inline tools
