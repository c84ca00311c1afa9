#include "common/wrapping.hpp"

#include <algorithm>
#include <map>

namespace dualcam::inline tools {

std::vector<Wrapping> wrappings_in(std::string_view sample) {
  constexpr std::size_t least_part = 16;
  std::map<std::string, std::size_t, std::less<>> sizes;
  JsonStrings strings;
  bool is_json = true;
  for (const char c : sample) {
    is_json = is_json && !(c == '\\' && strings.is_outside()); // what is there would be lost
    if (const auto size = strings.take(c).text.size(); size != 0) {
      sizes[std::string(strings.name())] += size;
    }
  }
  std::vector<Wrapping> wrappings;
  for (const auto& [name, size] : sizes) {
    if (is_json && least_part * size >= sample.size()) {
      wrappings.push_back({.kind = Wrapping::Kind::json, .name = name});
    }
  }
  for (const char quote : {'"', '\''}) {
    if (sample.contains(std::string(2, quote))) {
      wrappings.push_back({.kind = Wrapping::Kind::cells, .quote = quote});
    }
  }
  return wrappings;
}

std::string Unwrapper::text(std::string_view wrapped) {
  std::string text;
  text.reserve(wrapped.size());
  for (const char c : wrapped) {
    wrapping_.kind == Wrapping::Kind::json ? take_json(c, text) : take_cell(c, text);
  }
  return text;
}

std::uint64_t Unwrapper::source_of(std::uint64_t line) const {
  if (wrapping_.kind != Wrapping::Kind::json) {
    return line;
  }
  const auto index = line - std::min(line, forgotten_ + 1);
  return index < lines_.size() ? lines_[index] : line_;
}

void Unwrapper::take_json(char c, std::string& text) {
  constexpr std::size_t most_lines = 65536;
  const auto step = strings_.take(c);
  if (strings_.name() == wrapping_.name) {
    text += step.text;
    if (step.ends_line) {
      text += '\n';
      lines_.push_back(line_);
    }
  }
  if (lines_.size() > most_lines) {
    lines_.pop_front();
    ++forgotten_;
  }
  line_ += c == '\n' ? 1 : 0;
}

/// A damaged cell costs its line only.
void Unwrapper::take_cell(char c, std::string& text) {
  const bool is_quote = c == wrapping_.quote;
  if (std::exchange(behind_quote_, false)) {
    inside_ = is_quote;
    text += is_quote ? c : ' ';
    if (is_quote) {
      return;
    }
  }
  inside_ = inside_ && c != '\n';
  if (!is_quote) {
    text += c;
  } else if (inside_) {
    behind_quote_ = true;
  } else {
    inside_ = true;
    text += ' ';
  }
}

} // namespace dualcam::inline tools
