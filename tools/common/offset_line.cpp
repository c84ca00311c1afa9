#include "common/offset_line.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <span>
#include <string>
#include <utility>

#include "common/hex_digits.hpp"
#include "common/spoilt_hex.hpp"
#include "common/text_lines.hpp"

namespace dualcam::inline tools {
namespace {

constexpr std::string_view ruler_of_emacs = "87654321  0011 2233 4455";

struct Groups {
  ByteBuffer bytes;
  std::string_view rest; ///< the text column
  bool broken = false;   ///< stopped at something that is neither digits nor a text column
};

/// `e1-3c`, `E1 - 3C`: what stands in the middle of 16 bytes, as DOS and OpenSSL have them; 0: it
/// is none.
std::size_t middle_dash(std::string_view text, std::size_t bytes) {
  constexpr std::size_t half = 8;
  const std::size_t size = bytes != half             ? 0
                           : text.starts_with('-')   ? 1
                           : text.starts_with(" - ") ? 3
                                                     : 0;
  return size != 0 && leading_digits(text.substr(size)) == 2 ? size : 0;
}

/// The groups of digits up to the text column: behind `|`, or behind two spaces, which between
/// single bytes (`paired`) also stand in the middle of 16.
Groups parse_groups(std::string_view text, bool paired) {
  Groups groups;
  auto& bytes = groups.bytes;
  bool prefixed = false;
  for (;;) {
    if (text.starts_with("0x") && leading_digits(text.substr(2)) == 2) { // as gdb has them
      text.remove_prefix(2);
      paired = false;
      prefixed = true;
    }
    const auto count = leading_digits(text);
    const bool whole = count == text.size() || text[count] == ' ' || text[count] == '\t' ||
                       (count == 2 && middle_dash(text.substr(count), bytes.size() + 1) != 0);
    if (count == 0 || count % 2 != 0 || !whole || (prefixed && count != 2)) {
      const bool is_text = prefixed && !text.contains("0x") && !has_spoilt_mark(text);
      groups.rest = text;
      groups.broken = !text.empty() && text[0] != '|' && text[0] != '>' && !is_text;
      return groups;
    }
    append_digits(bytes, text.substr(0, count));
    text.remove_prefix(count);
    if (const auto dash = middle_dash(text, bytes.size()); dash != 0) {
      text.remove_prefix(dash);
      paired = true;
      continue;
    }
    const auto spaces = leading_spaces(text);
    const bool has_more = leading_digits(text.substr(spaces)) == 2 && text.size() > spaces + 8;
    const bool middle =
        spaces == 2 && bytes.size() == 8 && (paired || (count == 2 && has_more)); // not their text
    paired = paired || middle;
    const bool goes_on = text.substr(spaces).starts_with("0x");
    const bool ends = spaces == 0 || (spaces > 1 && !middle) || (text[0] == '\t' && !goes_on);
    text.remove_prefix(spaces);
    if (ends || (paired && bytes.size() == 16)) {
      groups.rest = text;
      return groups;
    }
  }
}

/// `.` stands for what cannot be shown, and so do other signs of some programs.
bool is_told(char c) { return c > ' ' && c < 0x7F && c != '.' && c != '?'; }

/// Whether `text` shows what the bytes are; nullopt: it is not as long as they are.
std::optional<bool> agrees(std::string text, Bytes bytes) {
  if (text.size() == bytes.size() + 1 && text.size() > 8 && text[8] == ' ') {
    text.erase(8, 1);
  }
  if (text.size() != bytes.size()) {
    return std::nullopt;
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto value = std::to_integer<unsigned>(bytes[i]);
    if (is_told(text[i]) && value < 0x80 && value != static_cast<unsigned char>(text[i])) {
      return false;
    }
  }
  return true;
}

/// Whether a text column shows other characters than the bytes have: they stand in another order.
/// Blanks that bytes at its ends are have been taken for those between columns.
bool contradicts(std::string_view column, Bytes bytes) {
  for (const auto& [open, close] : {std::pair{'|', '|'}, {'>', '<'}}) {
    if (column.size() == bytes.size() + 2 && column.front() == open && column.back() == close) {
      column = column.substr(1, bytes.size());
    }
  }
  if (std::ranges::any_of(column, [](char c) { return (c & 0x80) != 0; })) {
    return false;
  }
  const auto is_other = [](std::byte byte) { return byte != std::byte{' '}; };
  const auto before =
      static_cast<std::size_t>(std::ranges::find_if(bytes, is_other) - bytes.begin());
  const auto last = std::find_if(bytes.rbegin(), bytes.rend(), is_other);
  const auto behind = static_cast<std::size_t>(last - bytes.rbegin());
  bool wrong = false;
  for (const auto size : {bytes.size(), bytes.size() + 1}) { // with a blank in the middle
    const auto lost = size - std::min(size, column.size());
    for (auto first = lost - std::min(lost, behind); first <= std::min(lost, before); ++first) {
      const auto agreement =
          agrees(std::string(first, ' ').append(column).append(lost - first, ' '), bytes);
      if (agreement.value_or(false)) {
        return false;
      }
      wrong = wrong || agreement;
    }
  }
  return wrong;
}

} // namespace

std::optional<OffsetLine> parse_offset_line(std::string_view text, int base, bool first) {
  OffsetLine line{};
  line.indent = leading_spaces(text);
  text.remove_prefix(line.indent);
  const auto numbers = behind_address(text);
  if (text.starts_with("0x") || text.starts_with("0X")) {
    text.remove_prefix(2);
  }
  const auto count = leading_digits(text);
  const auto [end, error] = std::from_chars(text.data(), text.data() + count, line.offset, base);
  if (error != std::errc{} || count < 3 || count > 16 || end != text.data() + count ||
      text.starts_with(ruler_of_emacs)) {
    return std::nullopt;
  }
  text.remove_prefix(count);
  if (numbers.size() < text.size()) {
    text.remove_prefix(text.size() - numbers.size() - 1); // up to its colon
  }
  const auto before_bar = leading_spaces(text);
  const bool bar = text.substr(before_bar).starts_with("| ");
  const bool dash = text.starts_with(" - ") && leading_digits(text.substr(3)) == 2; // of OpenSSL
  const bool colon = text.starts_with(':') || bar;
  text.remove_prefix(bar ? before_bar + 1 : colon ? 1 : dash ? 2 : 0);
  const auto spaces = leading_spaces(text);
  const auto behind = text.substr(spaces);
  const bool in_pairs = leading_digits(behind) == 2;
  const bool clear =
      colon ? spaces != 0 || behind.empty()
            : (spaces >= 2 && in_pairs) ||
                  ((count >= 6 || dash) && spaces == 1 && in_pairs && (!first || line.offset == 0));
  if (!clear && !(behind.empty() && !first && count >= 6)) {
    return std::nullopt;
  }
  auto groups = parse_groups(behind, !colon && in_pairs);
  groups.rest.remove_prefix(bar && groups.rest.starts_with("| ") ? 2 : 0);
  line.bytes = std::move(groups.bytes);
  if (groups.broken) {
    line.problem = "something between the bytes is no pair of hex digits";
  } else if (contradicts(groups.rest, line.bytes)) {
    line.contradicted = true;
    line.problem = text_contradicts;
  }
  return line;
}

std::optional<ByteBuffer> od_cells(std::string_view line, int numbers) {
  const std::size_t width = numbers < 0 ? 5 : 4;
  const auto digits = leading_digits(line);
  const auto text = line.ends_with('<') ? line.find("  >") : std::string_view::npos;
  auto cells = line.substr(digits, text == std::string_view::npos ? text : text - digits);
  cells = cells.substr(0, cells.find_last_not_of(' ') + 1);
  if (digits < 6 || cells.size() % width != 0) {
    return std::nullopt;
  }
  ByteBuffer bytes;
  for (std::size_t at = 0; at < cells.size(); at += width) {
    const auto cell = cells.substr(at, width);
    const auto blank = leading_spaces(cell);
    int value = 0;
    const auto* end = cell.data() + cell.size();
    const auto parsed = std::from_chars(cell.data() + blank, end, value, std::abs(numbers));
    const bool padded = blank == 1 && (numbers == 8 || cell[1] != '0' || cell.size() == 2);
    if (blank == 0 || parsed.ec != std::errc{} || parsed.ptr != end || (numbers == 8 && !padded) ||
        value > (numbers < 0 ? 127 : 255) || value < (numbers < 0 ? -128 : 0)) {
      return std::nullopt;
    }
    bytes.push_back(static_cast<std::byte>(value & 0xFF));
  }
  return bytes;
}

std::optional<OffsetLine> parse_od_line(std::string_view line, int base, int numbers) {
  auto bytes = od_cells(line, numbers);
  std::uint64_t offset = 0;
  const auto* end = line.data() + leading_digits(line);
  if (!bytes || std::from_chars(line.data(), end, offset, base).ptr != end) {
    return std::nullopt;
  }
  return OffsetLine{offset, 0, std::move(*bytes), {}, false};
}

std::string_view behind_address(std::string_view line) {
  const auto address = line.find_first_not_of(" \t");
  const auto symbol = line.substr(std::min(address, line.size())).starts_with("0x")
                          ? line.find_first_of(" :", address)
                          : std::string_view::npos;
  const auto end = line.find(">:");
  return symbol != std::string_view::npos && line.substr(symbol).starts_with(" <") &&
                 end != std::string_view::npos
             ? line.substr(end + 2)
             : line;
}

bool is_ruler(std::string_view line) {
  constexpr std::size_t least = 8; // columns
  if (line.starts_with(ruler_of_emacs)) {
    return true;
  }
  auto words = words_of(line);
  std::erase(words, "-");                  // in the middle
  const auto first = std::ranges::find_if( // `Offset(h)` may stand before them
      words, [](std::string_view word) { return leading_digits(word) == word.size(); });
  const auto columns = std::span(first, words.end());
  const auto number_in = [&](std::size_t column, int base) -> std::optional<std::size_t> {
    const auto word = columns[column];
    std::size_t number = 0;
    const auto* end = word.data() + word.size();
    const bool is_number = word.size() == columns[0].size() && word.size() <= 3 &&
                           std::from_chars(word.data(), end, number, base).ptr == end;
    return is_number ? std::optional(number) : std::nullopt;
  };
  return std::ranges::any_of(std::array{16, 10, 8}, [&](int base) {
    const auto start = columns.empty() ? std::nullopt : number_in(0, base);
    std::size_t count = 0;
    while (start && count < columns.size() && number_in(count, base) == *start + count) {
      ++count;
    }
    const bool ends = count == columns.size() || columns[count].size() > 2; // or a heading
    return count >= least && ends && *start % 16 == 0;
  });
}

bool is_label_line(std::string_view line) {
  const auto words = words_of(line);
  return !words.empty() && words[0] == "Label:";
}

} // namespace dualcam::inline tools
