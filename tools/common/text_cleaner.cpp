#include "common/text_cleaner.hpp"

#include <algorithm>
#include <utility>

namespace dualcam::inline tools {
namespace {

constexpr std::string_view no_break_space = "\xC2\xA0";

} // namespace

TextCleaner::TextCleaner(std::string_view sample)
    : has_no_break_(sample.find(no_break_space) != std::string_view::npos) {
  std::size_t quoted = 0;
  std::size_t lines = 0;
  while (!sample.empty()) {
    const auto end = std::min(sample.find('\n'), sample.size());
    const auto first = sample.substr(0, end).find_first_not_of(" \r");
    lines += first != std::string_view::npos ? 1 : 0;
    quoted += first != std::string_view::npos && sample[first] == '>' ? 1 : 0;
    sample.remove_prefix(std::min(end + 1, sample.size()));
  }
  quoted_ = 2 * quoted > lines;
}

std::string TextCleaner::clean(std::string_view text) {
  if (!quoted_ && !has_no_break_) {
    return std::string(text);
  }
  std::string cleaned;
  cleaned.reserve(text.size());
  for (const char c : text) {
    if (std::exchange(behind_c2_, false) && c != no_break_space[1]) {
      cleaned += no_break_space[0];
    }
    if (has_no_break_ && c == no_break_space[0]) {
      behind_c2_ = true;
      continue;
    }
    const char plain = has_no_break_ && c == no_break_space[1] ? ' ' : c; // alone it is nothing
    if (quoted_ && at_start_) {
      const bool is_quote = plain == '>';
      if (is_quote || (plain == ' ' && behind_quote_)) { // one blank belongs to it
        behind_quote_ = is_quote;
        continue;
      }
    }
    at_start_ = plain == '\n';
    behind_quote_ = false;
    cleaned += plain;
  }
  return cleaned;
}

} // namespace dualcam::inline tools
