#include "common/word_lines.hpp"

#include <algorithm>
#include <charconv>

#include "common/mended_digits.hpp"
#include "common/spoilt_hex.hpp"

namespace dualcam::inline tools {
namespace {

constexpr std::string_view other_place = "hex in another place than in the other lines";

} // namespace

/// Digits alone, which say where the line before them ends, if a word in front of its bytes says
/// where it begins: the last line of `hexdump -C`.
bool WordLines::is_next_offset(const FoundLine& found) const {
  const auto digits = 2 * found.bytes.size();
  if (!before_ || digits < 6 || digits > 16) {
    return false;
  }
  const std::string_view before = *before_;
  const auto end = before.find_last_not_of(" \t:|") + 1; // npos + 1 is 0
  const auto word = before.substr(end - std::min(end, digits), std::min(end, digits));
  std::uint64_t offset = 0;
  const auto parsed = std::from_chars(word.data(), word.data() + word.size(), offset, 16);
  std::uint64_t here = 0;
  for (const auto byte : found.bytes) {
    here = here << 8 | std::to_integer<std::uint64_t>(byte);
  }
  return word.size() == digits && parsed.ptr == word.data() + word.size() && here == offset + size_;
}

void WordLines::take(std::string_view text) {
  if (is_star(text)) {
    refuse(std::string(star_without_offsets));
    return;
  }
  auto found = parse_words_line(text, form(), before_);
  if ((found.is_spoilt || found.has_other_hex) && take_mended(text)) {
    return;
  }
  if (is_next_offset(found)) {
    found = {};
  }
  look_at_other_hex(found);
  if (short_line_ != 0 && !found.bytes.empty()) {
    problem_at(std::exchange(short_line_, 0), "fewer bytes than in the other lines");
  }
  if (!found.bytes.empty() && found.bytes.size() < form().most) {
    short_line_ = line_number(); // the last one may be that
  }
  const bool is_blank = text.find_first_not_of(" \t") == std::string_view::npos;
  if (found.bytes.empty() && !found.has_other_hex && !found.is_spoilt && !is_blank) {
    short_line_ = 0; // the last one of a dump
    pass_over();
  }
  if (found.has_more) {
    problem(std::string(other_place));
  }
  before_ = found.bytes.empty() ? std::nullopt : std::optional(std::string(found.before));
  size_ = found.bytes.size();
  emit(found.bytes);
}

/// What is whole of a line of which little is damaged, as in DigitLines.
bool WordLines::take_mended(std::string_view text) {
  const auto damaged = damaged_digits(text);
  if (damaged.empty()) {
    return false;
  }
  const auto line = with_digits(text, damaged, '0');
  const auto other_line = with_digits(text, damaged, '1');
  const auto found = parse_words_line(line, form(), before_);
  const auto other = parse_words_line(other_line, form(), before_);
  if (found.bytes.empty() || found.bytes.size() != other.bytes.size() || found.has_more) {
    return false;
  }
  emit_alike(line_number(), found.bytes, other.bytes);
  problem(damage_of(text, damaged));
  before_ = found.before;
  size_ = found.bytes.size();
  return true;
}

void WordLines::look_at_other_hex(const FoundLine& found) {
  constexpr std::size_t most = 64;
  if (!found.bytes.empty()) {
    beside_.assign(found.before).append(found.behind);
    end();
    return;
  }
  const auto is_beside = [this](auto word) { return beside_.contains(word); };
  if (found.is_spoilt) {
    problem(std::string(spoilt_digits));
    return;
  }
  if (!found.has_other_hex ||
      (!found.other_hex.empty() && std::ranges::all_of(found.other_hex, is_beside))) {
    return;
  }
  if (found.other_hex.empty() || !beside_.empty() || other_hex_.size() >= most) {
    problem(std::string(other_place));
    return;
  }
  for (const auto word : found.other_hex) {
    other_hex_.emplace_back(line_number(), word);
  }
}

void WordLines::end() {
  std::uint64_t last = 0;
  for (const auto& [line, word] : std::exchange(other_hex_, {})) {
    if (line != last && !beside_.contains(word)) {
      problem_at(last = line, std::string(other_place));
    }
  }
}

} // namespace dualcam::inline tools
