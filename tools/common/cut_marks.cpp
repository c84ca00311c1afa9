#include "common/cut_marks.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "common/counted.hpp"
#include "common/hex_digits.hpp"

namespace dualcam::inline tools {
namespace {

constexpr std::size_t context =
    256; ///< characters looked at on either side; strace prints 128 by itself
constexpr std::string_view ellipsis = "\xE2\x80\xA6";

/// Of the dots that `text` begins with; 0: none, or fewer than three.
std::size_t mark_size(std::string_view text) {
  if (text.starts_with(ellipsis)) {
    return ellipsis.size();
  }
  const auto dots = std::min(text.find_first_not_of('.'), text.size());
  return dots >= 3 ? dots : 0;
}

/// `17 more bytes`, `(3 more items)`, `17 bytes more`: what is not there.
std::optional<std::string> told_behind(std::string_view after) {
  after.remove_prefix(std::min(after.find_first_not_of(" ([<+"), after.size()));
  std::uint64_t count = 0;
  const auto parsed = std::from_chars(after.data(), after.data() + after.size(), count);
  if (parsed.ec != std::errc{}) {
    return after.starts_with("truncated") || after.starts_with("more bytes")
               ? std::optional<std::string>("the rest is not there; print all of it as hex")
               : std::nullopt;
  }
  after.remove_prefix(static_cast<std::size_t>(parsed.ptr - after.data()));
  after = after.substr(0, after.find_first_of(">)]}\"'\n"));
  const bool of_list = after.starts_with(" more item") || after.starts_with(" more element");
  if (!of_list && !after.starts_with(" more") && !after.starts_with(" byte")) {
    return std::nullopt;
  }
  return fmt::format("{} not there; {} prints it whole",
                     counted(count, "more byte is", "more bytes are"),
                     of_list ? "Buffer.from(list).toString('hex')" : "buffer.toString('hex')");
}

struct Row {
  std::size_t digits = 0;
  bool decimal = false;  ///< one of them is
  bool attached = false; ///< at least eight digits of it touch the mark, but for one blank
  bool in_list = false;  ///< it begins behind a bracket
  bool listed = true;    ///< nothing but blanks and commas parts them
};

/// Of digits and what parts them, next to the mark: `nearest` is the first character.
template <class Iterator> Row row_of(const Iterator& nearest, const Iterator& end) {
  constexpr std::string_view between = " ,:;-_xX\\u";
  constexpr std::size_t touching = 8;
  Row row;
  std::size_t at_once = 0;
  bool parted = false;
  for (auto i = nearest; i != end; ++i) {
    if (!is_hex_digit(*i)) {
      row.in_list = *i == '[' || *i == '{' || *i == '(' || *i == '<';
      if (between.find(*i) == std::string_view::npos) {
        break;
      }
      parted = parted || i != nearest;
      row.listed = row.listed && (*i == ' ' || *i == ',');
      continue;
    }
    ++row.digits;
    row.decimal = row.decimal || is_decimal_digit(*i);
    at_once += parted ? 0 : 1;
  }
  row.attached = at_once >= touching && row.decimal;
  return row;
}

/// A line of its own between two lines of digits, which a matrix has within brackets.
bool is_between_lines(std::string_view before, std::string_view after) {
  constexpr std::string_view around = " \t\r\n[](){}<>|,;\"'";
  constexpr std::size_t least = 8;
  const auto last = before.find_last_not_of(around) + 1; // npos + 1 is 0
  const auto first = std::min(after.find_first_not_of(around), after.size());
  const auto above = before.substr(0, last);
  const auto below = after.substr(first);
  return after.substr(0, first).contains('\n') &&
         row_of(above.rbegin(), above.rend()).digits >= least &&
         row_of(below.begin(), below.end()).digits >= least;
}

bool ends(std::string_view after) {
  after.remove_prefix(std::min(after.find_first_not_of(' '), after.size()));
  return after.empty() || std::string_view("\r\n>])}\"',;").find(after[0]) != after.npos;
}

/// `0 '\000' <repeats 15 times>`, as gdb has equal bytes: how many.
std::optional<std::uint64_t> repeats(std::string_view text) {
  constexpr std::string_view begin = "<repeats ";
  std::uint64_t count = 0;
  if (!text.starts_with(begin)) {
    return std::nullopt;
  }
  const auto* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data() + begin.size(), end, count);
  return std::string_view(parsed.ptr, end).starts_with(" times>") ? std::optional(count)
                                                                  : std::nullopt;
}

/// What is said of a mark between the two; nullopt: it is none.
std::optional<std::string> cut_between(std::string_view before, std::string_view after,
                                       CutMarks::Beside beside) {
  const auto line = before.substr(before.rfind('\n') + 1);
  const bool alone = line.find_first_not_of(" \t") == std::string_view::npos;
  if (beside == CutMarks::Beside::text && !alone) {
    return std::nullopt;
  }
  if (auto told = told_behind(after)) {
    return told;
  }
  constexpr std::string_view rest = "the rest is not there; print all of it as hex";
  const char last = line.empty() ? '\0' : line.back();
  const bool quoted = last == '"' && line.size() > 1 && line.find('"') != line.size() - 1;
  if (quoted && (after.starts_with(", ") || after.starts_with(')'))) {
    return "the rest is not there; 'strace -s 65536' prints it whole";
  }
  const auto left = row_of(line.rbegin(), line.rend());
  const auto right = row_of(after.begin(), after.end());
  const bool between_groups = left.attached && right.attached;
  const bool clear = beside == CutMarks::Beside::nothing;
  const bool touches = clear && left.attached && is_hex_digit(last) && ends(after);
  const bool of_list = left.in_list || (left.listed && left.digits >= 16);
  const bool in_list = clear && left.decimal && (last == ' ' || last == ',') &&
                       (left.digits >= 8 || left.in_list) &&
                       (after.starts_with(' ') || after.starts_with(", ")
                            ? right.digits >= (after[0] == ',' ? 2U : 3U) && of_list
                            : !after.empty() && std::string_view(">])}").contains(after[0]));
  const bool in_row = clear || (last == ' ' && !line.contains("  ")); // of bytes, without text
  const bool behind_bytes =
      in_row && left.listed && left.decimal && left.digits >= 16 && ends(after);
  const bool between_lines = clear && alone && is_between_lines(before, after);
  const bool behind_escapes = clear && (last == '"' || last == '\'') && line.contains('\\') &&
                              line.find(last) != line.size() - 1 && ends(after);
  return behind_escapes || between_groups || touches || in_list || behind_bytes || between_lines
             ? std::optional<std::string>(rest)
             : std::nullopt;
}

} // namespace

void CutMarks::feed(std::string_view text) {
  kept_ += text;
  if (kept_.size() > 2 * context) {
    search(kept_.size() - context);
    const auto passed = searched_ - std::min(searched_, context);
    kept_.erase(0, passed);
    searched_ -= passed;
  }
}

void CutMarks::finish() { search(kept_.size()); }

void CutMarks::report(const std::string& told) {
  report_(line_, "cut short where it was printed: " + told);
}

void CutMarks::search(std::size_t until) {
  const std::string_view text(kept_);
  while (searched_ < until) {
    const auto at = std::min(text.find_first_of(".\n\xE2<", searched_), until);
    searched_ = at;
    if (at == until) {
      return;
    }
    const auto size = mark_size(text.substr(at));
    if (text[at] == '\n') {
      ++line_;
    } else if (const auto count = repeats(text.substr(at))) {
      report(fmt::format("one byte stands for {}; 'set print repeats 0' and 'set print elements 0' "
                         "make gdb print them all",
                         *count));
    } else if (size != 0) {
      const auto first = at - std::min(at, context);
      const bool touches = text[at] != '.' && at > 0 && is_hex_digit(text[at - 1]);
      const auto beside = touches && beside_ == Beside::maybe_text ? Beside::nothing : beside_;
      const auto told =
          cut_between(text.substr(first, at - first), text.substr(at + size, context), beside);
      if (told) {
        report(*told);
      }
    }
    searched_ = at + std::max<std::size_t>(size, 1);
  }
}

} // namespace dualcam::inline tools
