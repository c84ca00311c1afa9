#include "common/text_cleaner.hpp"

#include <algorithm>
#include <utility>

namespace dualcam::inline tools {
namespace {

constexpr std::string_view no_break_space = "\xC2\xA0";
constexpr char escape = '\x1B';

} // namespace

TextCleaner::TextCleaner(std::string_view sample)
    : cr_ends_(sample.contains('\r') && !sample.contains('\n')),
      has_no_break_(sample.find(no_break_space) != std::string_view::npos),
      coloured_(sample.find(escape) != std::string_view::npos) {
  std::size_t quoted = 0;
  std::size_t lines = 0;
  while (!sample.empty()) {
    const auto end = std::min(sample.find(cr_ends_ ? '\r' : '\n'), sample.size());
    auto line = sample.substr(0, end);
    while (line.starts_with(' ') || line.starts_with('\r') || line.starts_with(no_break_space)) {
      line.remove_prefix(line.starts_with(no_break_space) ? 2 : 1);
    }
    lines += line.empty() ? 0 : 1;
    quoted += line.starts_with('>') ? 1 : 0;
    sample.remove_prefix(std::min(end + 1, sample.size()));
  }
  quoted_ = 2 * quoted > lines;
}

/// Part of what switches colours: ESC, `[`, digits, a letter.
bool TextCleaner::is_colour(char c) {
  if (escape_ == 0) {
    escape_ = c == escape ? 1 : 0;
    return escape_ != 0;
  }
  if (escape_ == 1) {
    escape_ = c == '[' ? 2 : 0;
    return true;
  }
  escape_ = c >= '@' && c <= '~' ? 0 : 2;
  return true;
}

std::string TextCleaner::clean(std::string_view text) {
  if (!quoted_ && !cr_ends_ && !has_no_break_ && !coloured_) {
    return std::string(text);
  }
  std::string cleaned;
  cleaned.reserve(text.size());
  for (const char each : text) {
    const char c = cr_ends_ && each == '\r' ? '\n' : each;
    if (coloured_ && is_colour(c)) {
      continue;
    }
    if (std::exchange(behind_c2_, false) && c != no_break_space[1]) {
      plain(no_break_space[0], cleaned);
    }
    if (has_no_break_ && c == no_break_space[0]) {
      behind_c2_ = true;
      continue;
    }
    plain(has_no_break_ && c == no_break_space[1] ? ' ' : c, cleaned); // alone it is nothing
  }
  return cleaned;
}

void TextCleaner::plain(char c, std::string& cleaned) {
  if (quoted_ && at_start_) {
    if (c == '>') {
      behind_quote_ = true;
      blanks_ = 0;
      return;
    }
    if (c == ' ') { // one blank belongs to the quote
      blanks_ += std::exchange(behind_quote_, false) ? 0 : 1;
      return;
    }
    cleaned.append(std::exchange(blanks_, 0), ' ');
  }
  at_start_ = c == '\n';
  behind_quote_ = false;
  cleaned += c;
}

} // namespace dualcam::inline tools
