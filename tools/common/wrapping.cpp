#include "common/wrapping.hpp"

#include <algorithm>
#include <map>

#include "common/blanks.hpp"
#include "common/text_lines.hpp"

namespace dualcam::inline tools {

namespace {

bool announces_base64(std::string_view line) {
  constexpr std::string_view name = "ontent-Transfer-Encoding: base64";
  return std::ranges::equal(line.substr(std::min<std::size_t>(line.size(), 1), name.size()), name,
                            [](char a, char b) { return a == b || (a | 0x20) == (b | 0x20); });
}

} // namespace

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
  bool is_mail = false;
  for_each_line(sample, [&](std::string_view line, std::uint64_t) {
    is_mail = announces_base64(line);
    return !is_mail;
  });
  if (is_mail) {
    wrappings.push_back({.kind = Wrapping::Kind::mail});
  }
  return wrappings;
}

std::string Unwrapper::text(std::string_view wrapped) {
  std::string text;
  text.reserve(wrapped.size());
  for (const char c : wrapped) {
    switch (wrapping_.kind) {
    case Wrapping::Kind::json:
      take_json(c, text);
      break;
    case Wrapping::Kind::mail:
      take_mail(c, text);
      break;
    case Wrapping::Kind::cells:
    case Wrapping::Kind::none:
      take_cell(c, text);
      break;
    }
  }
  return text;
}

std::uint64_t Unwrapper::source_of(std::uint64_t line) const {
  if (wrapping_.kind == Wrapping::Kind::cells) {
    return line;
  }
  const auto index = line - std::min(line, forgotten_ + 1);
  return index < lines_.size() ? lines_[index] : line_;
}

void Unwrapper::take_json(char c, std::string& text) {
  const auto step = strings_.take(c);
  if (strings_.name() == wrapping_.name) {
    text += step.text;
    if (step.ends_line) {
      add_line(text);
    }
  }
  line_ += c == '\n' ? 1 : 0;
}

void Unwrapper::add_line(std::string& text) {
  constexpr std::size_t most_lines = 65536;
  text += '\n';
  lines_.push_back(line_);
  if (lines_.size() > most_lines) {
    lines_.pop_front();
    ++forgotten_;
  }
}

/// What stands in other parts stays.
void Unwrapper::take_mail(char c, std::string& text) {
  const auto add = [&](std::optional<std::byte> byte) {
    const char value = byte ? static_cast<char>(*byte) : '?';
    value == '\n' ? add_line(text) : text.push_back(value);
  };
  const bool ends = in_part_ && c == '-'; // of the boundary
  if (ends && !text.ends_with('\n')) {
    add_line(text);
  }
  in_part_ = in_part_ && !ends;
  if (!in_part_ && c == '\n') {
    end_heading_line(text);
  } else if (!in_part_) {
    heading_ += c;
  } else if (c == '=') {
    base64_.restart();
  } else if (!base64_.digit(c, add) && c > ' ') {
    base64_.lost_digit(add);
  }
  line_ += c == '\n' ? 1 : 0;
}

void Unwrapper::end_heading_line(std::string& text) {
  const auto line = without_blanks(heading_);
  if (line.empty()) {
    in_part_ = std::exchange(announced_, false);
    base64_.restart();
  }
  announced_ = announced_ || announces_base64(line);
  text += std::exchange(heading_, {});
  add_line(text);
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
