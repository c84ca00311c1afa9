#include "common/hex_lines.hpp"

#include <algorithm>
#include <utility>

#include "common/digit_lines.hpp"
#include "common/offset_lines.hpp"
#include "common/word_lines.hpp"
#include "common/yaml_bytes.hpp"

namespace dualcam::inline tools {
namespace {

class YamlLines : public HexLines {
public:
  using HexLines::HexLines;

private:
  void take(std::string_view text) override {
    const auto line = yaml_.line(text);
    if (!line.before.empty()) {
      problem(line.before);
    }
    if (!line.problem.empty()) {
      problem(line.problem);
    }
    emit_alike(line_number(), line.bytes, line.other);
  }
  void end() override {
    if (const auto cut = yaml_.finish(); !cut.empty()) {
      problem(cut);
    }
  }

  YamlBytes yaml_;
};

} // namespace

std::unique_ptr<HexLines> HexLines::make(const HexForm& form, Output output,
                                         std::uint64_t repeated) {
  switch (form.style) {
  case HexStyle::offsets:
    return std::make_unique<OffsetLines>(form, std::move(output), repeated);
  case HexStyle::words:
    return std::make_unique<WordLines>(form, std::move(output));
  case HexStyle::yaml:
    return std::make_unique<YamlLines>(form, std::move(output));
  default:
    return std::make_unique<DigitLines>(form, std::move(output));
  }
}

void HexLines::feed(std::string_view text) {
  constexpr std::size_t longest_line = 1 << 20; // longer ones are digits and nothing else
  while (!text.empty() && !refused_) {
    const auto size = text.find('\n');
    const auto room = longest_line - std::min(longest_line, pending_.size());
    const auto part = text.substr(0, std::min(size, room + 1));
    pending_ += part;
    text.remove_prefix(part.size());
    const bool ends = !text.empty() && text.front() == '\n';
    if (pending_.size() > longest_line || (ends && long_line_)) {
      line_number_ += long_line_ ? 0 : 1;
      long_line_ = true;
      take_part(std::exchange(pending_, {}));
    } else if (ends) {
      ++line_number_;
      end_line();
    }
    if (ends) {
      text.remove_prefix(1);
      if (std::exchange(long_line_, false)) {
        end();
      }
    }
  }
}

void HexLines::end_line() {
  const auto whole = std::exchange(pending_, {});
  auto line = std::string_view(whole);
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) {
    line.remove_suffix(1);
  }
  take(line);
  const bool is_plain = std::ranges::all_of(line, may_be_in_row);
  rows_.end_of_line(line_number_, is_plain ? line.size() : 0);
}

void HexLines::finish() {
  if (!pending_.empty() || long_line_) {
    feed("\n");
  }
  if (!refused_) {
    end();
    rows_.finish();
  }
}

void HexLines::take_part(std::string_view) {
  refuse("a line of more than 1 MiB: break it into lines");
}

void HexLines::emit_of(std::uint64_t line, Bytes bytes, bool other_side) {
  if (form_.style != HexStyle::offsets) { // which tell what is missing
    for (const auto byte : bytes) {
      rows_.byte(line, std::to_integer<unsigned>(byte));
    }
  }
  constexpr std::size_t largest_piece = 65536;
  for (; !bytes.empty(); bytes = bytes.subspan(std::min(largest_piece, bytes.size()))) {
    output_.bytes(bytes.first(std::min(largest_piece, bytes.size())), other_side);
  }
}

void HexLines::emit_alike(std::uint64_t line, Bytes one, Bytes other) {
  while (!one.empty()) {
    const auto [end, _] = std::ranges::mismatch(one, other);
    const auto count = static_cast<std::size_t>(end - one.begin());
    emit_of(line, one.first(count));
    if (count < one.size()) {
      missing(1, false);
    }
    const auto taken = std::min(count + 1, one.size());
    one = one.subspan(taken);
    other = other.subspan(taken);
  }
}

void HexLines::refuse(std::string what) {
  problem(std::move(what));
  refused_ = true;
}

} // namespace dualcam::inline tools
