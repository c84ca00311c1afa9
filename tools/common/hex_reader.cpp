#include "common/hex_reader.hpp"

#include <algorithm>
#include <charconv>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "common/blanks.hpp"
#include "common/counted.hpp"
#include "common/hex_tokens.hpp"
#include "common/other_encoding.hpp"

namespace dualcam::inline tools {
namespace {

constexpr std::size_t longest_line = 1 << 20; ///< longer ones are digits and nothing else
constexpr std::size_t largest_piece = 65536;
constexpr std::string_view other_place = "hex in another place than in the other lines";
constexpr std::string_view spoilt = "among its hex digits is something else, or one is missing";

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

/// The line of this number, from 1.
std::string_view line_of(std::string_view text, std::uint64_t number) {
  for (; number > 1 && !text.empty(); --number) {
    text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  }
  return text.substr(0, text.find('\n'));
}

/// As much as a sample, from the start of a line if these are no long ones.
std::string_view last_part(std::string_view text) {
  constexpr std::size_t longest = 4096;
  const auto from = text.size() - std::min(text.size(), HexReader::sample_size);
  const auto line = from == 0 ? 0 : text.find('\n', from) + 1; // npos + 1 is 0
  return text.substr(line > from && line - from < longest ? line : from);
}

} // namespace

bool is_hex_text(Bytes first_bytes) {
  const auto text = as_text(first_bytes);
  return !text.empty() && std::ranges::all_of(text, [](char character) {
    const auto value = static_cast<unsigned char>(character);
    return value >= 0x20 || (value >= '\t' && value <= '\r') || value == 0x1B; // colours
  });
}

HexReader::HexReader(Listener& listener, Vouch vouch)
    : listener_(listener), vouch_(std::move(vouch)) {}
HexReader::HexReader(Listener& listener, const HexForm& form, std::uint64_t repeated)
    : listener_(listener), is_cleaned_(true), most_repeated_(repeated) {
  set_form(form);
}
HexReader::~HexReader() = default;

// --- the text ---

void HexReader::feed(std::string_view text) {
  while (!form_ && !refused_) {
    const auto count = std::min(text.size(), sample_size - sample_.size() % sample_size);
    sample_ += text.substr(0, count);
    text.remove_prefix(count);
    if (count == 0 || sample_.size() % sample_size != 0) {
      return;
    }
    sample(true);
  }
  if (!refused_ && !text.empty()) {
    is_cleaned_ ? cleaned(text) : cleaned(cleaner_.clean(text));
  }
}

void HexReader::finish() {
  if (!form_ && !refused_) {
    sample(false);
  }
  if (cut_marks_) {
    cut_marks_->finish();
  }
  if (!refused_) {
    finish_text();
  }
  std::ranges::sort(problems_, {},
                    [](const HexProblem& each) { return std::tie(each.line, each.what); });
}

void HexReader::finish_text() {
  if (const auto cut = yaml_.finish(); !cut.empty()) {
    problem(cut);
  }
  if (tokens_) {
    tokens_->finish();
    return;
  }
  if (!pending_.empty() || long_line_) {
    text("\n");
  }
  end_run();
  end_other_hex();
}

/// Of a long text the last part of what came is looked at: a log may stand before what is looked
/// for.
void HexReader::sample(bool goes_on) {
  const auto raw = without_byte_order_mark(sample_);
  cleaner_ = TextCleaner(raw);
  const auto text = cleaner_.clean(raw);
  const bool is_first = sample_.size() <= sample_size;
  const HexSample part{goes_on ? without_cut_end(last_part(text)) : last_part(text), goes_on};
  const auto judged = judge_hex(part.text);
  auto problem = is_first ? known_print(part.text) : std::nullopt;
  problem = is_first && !problem ? known_print(raw) : problem;
  auto form = vouch_ && !problem ? proven_form(part, judged, vouch_) : std::nullopt;
  if (vouch_ && is_first && !form && !problem) {
    problem = known_otherwise(part, judged, vouch_);
  }
  if (!form && !problem) {
    if (vouch_ && goes_on && sample_.size() < most_sampled) {
      return;
    }
    const auto looks = is_first ? judged : judge_hex(without_cut_end(text.substr(0, sample_size)));
    if (looks) {
      form = *looks;
    } else {
      problem = looks.error();
    }
  }
  sample_ = {};
  first_line_ += static_cast<std::uint64_t>(
      std::ranges::count(text.substr(0, text.find_first_not_of(" \t\r\n")), '\n'));
  problem ? end_in_refusal(*problem, text) : begin(*form, text);
}

void HexReader::end_in_refusal(const HexProblem& problem, std::string_view text) {
  line_number_ = problem.line;
  refuse(problem.what);
  const bool has_offsets = parse_offset_line(line_of(text, line_number_), 16, false).has_value();
  CutMarks marks(
      has_offsets ? CutMarks::Beside::text : CutMarks::Beside::nothing,
      [this](std::uint64_t line, std::string what) { problem_at(line, std::move(what)); });
  marks.feed(text);
  marks.finish();
}

void HexReader::begin(const HexForm& form, std::string_view text) {
  set_form(form);
  const auto beside = form.style == HexStyle::offsets ? CutMarks::Beside::text
                      : form.style == HexStyle::words ? CutMarks::Beside::maybe_text
                                                      : CutMarks::Beside::nothing;
  cut_marks_.emplace(
      beside, [this](std::uint64_t line, std::string what) { problem_at(line, std::move(what)); });
  cleaned(text);
}

void HexReader::cleaned(std::string_view text) {
  std::string unwrapped;
  if (unwrapper_) {
    unwrapped = unwrapper_->text(text);
    text = unwrapped;
  }
  if (cut_marks_) {
    cut_marks_->feed(text);
  }
  this->text(text);
}

void HexReader::set_form(const HexForm& form) {
  form_ = form;
  if (form.wrapping.kind != Wrapping::Kind::none) {
    unwrapper_.emplace(form.wrapping);
  }
  tokens_ = HexTokens::make(
      form, HexTokens::Output{[this](Bytes bytes) { listener_.bytes(bytes, false); },
                              [this](std::uint64_t count) { listener_.missing(count, false); },
                              [this](std::uint64_t line, std::string what) {
                                problem_at(line, std::move(what));
                              }});
}

void HexReader::text(std::string_view text) {
  if (tokens_) {
    tokens_->feed(text);
    return;
  }
  while (!text.empty() && !refused_) {
    const auto end = text.find('\n');
    const auto room = longest_line - std::min(longest_line, pending_.size());
    const auto part = text.substr(0, std::min(end, room + 1));
    pending_ += part;
    text.remove_prefix(part.size());
    const bool ends = !text.empty() && text.front() == '\n';
    if (pending_.size() > longest_line || (ends && long_line_)) {
      line_number_ += long_line_ ? 0 : 1;
      long_line_ = true;
      long_line(std::exchange(pending_, {}));
    } else if (ends) {
      ++line_number_;
      line(std::exchange(pending_, {}));
    }
    if (ends) {
      text.remove_prefix(1);
      if (std::exchange(long_line_, false)) {
        end_run();
      }
    }
  }
}

void HexReader::line(std::string_view text) {
  while (!text.empty() && (text.back() == '\r' || text.back() == ' ')) {
    text.remove_suffix(1);
  }
  switch (form_->style) {
  case HexStyle::offsets:
    offset_line(text);
    break;
  case HexStyle::words:
    words_line(text);
    break;
  case HexStyle::yaml:
    yaml_line(text);
    break;
  default:
    digit_line(text);
    break;
  }
}

void HexReader::problem(std::string what) { problem_at(line_number_, std::move(what)); }

void HexReader::problem_at(std::uint64_t line, std::string what) {
  ++problem_count_;
  if (problems_.size() < most_problems) {
    problems_.push_back({unwrapper_ ? unwrapper_->source_of(line) : line, std::move(what)});
  }
}

void HexReader::refuse(std::string what) {
  problem(std::move(what));
  refused_ = true;
}

// --- lines with offsets ---

std::optional<OffsetLine> HexReader::parsed_offset_line(std::string_view text) const {
  return form_->numbers == 16 ? parse_offset_line(text, form_->base, false)
                              : parse_od_line(text, form_->base, form_->numbers);
}

/// `[RX] 00000010: 0004`, where only the first line of each dump has something before it.
std::optional<OffsetLine> HexReader::offset_behind_prefix(std::string_view text) const {
  constexpr std::size_t longest = 128;
  for (auto at = text.find(' '); at < longest; at = text.find(' ', at + 1)) {
    auto line = text[at + 1] == ' ' ? std::nullopt : parsed_offset_line(text.substr(at + 1));
    const bool goes_on = line && (line->offset == 0 || line->offset == sides_[0].expected);
    if (goes_on && !line->bytes.empty() && line->problem.empty()) {
      line->indent = indent_.value_or(0);
      return line;
    }
  }
  return std::nullopt;
}

void HexReader::offset_line(std::string_view text) {
  text.remove_prefix(std::min(form_->column, text.size()));
  auto parsed = parsed_offset_line(text);
  parsed = parsed ? parsed : offset_behind_prefix(text);
  if (parsed) {
    if (!parsed->problem.empty() && (form_->text_beside || !parsed->contradicted)) {
      problem(std::string(parsed->problem));
      named_ = true;
      return;
    }
    place(*parsed);
    named_ = false;
    return;
  }
  if (is_star(text)) {
    repeated_ = true;
  } else if (!text.empty() && !is_ruler(text)) {
    // Bytes whose offset is damaged or missing; what packets are headed by has none.
    const auto digits = parse_digit_line(text);
    const bool has_bytes = digits.bytes.size() >= 8 || digits.problem.starts_with("hex with");
    if (has_bytes && !is_label_line(text) && !is_field(text)) {
      problem("hex without the offset that the other lines have");
      named_ = true;
    }
    ++passed_over_;
  }
}

bool HexReader::is_last(const Side& side, const OffsetLine& line) {
  return line.offset + side.last.size() == side.expected && line.bytes == side.last;
}

void HexReader::place(const OffsetLine& line) {
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
    listener_.next_block();
    repeated_ = false;
  } else if (line.offset > expected) {
    if (std::exchange(repeated_, false) && !side.last.empty()) {
      repeat_last(side, line.offset, other_side);
    } else {
      report_gap(line.offset - expected);
      listener_.missing(line.offset - expected, other_side);
    }
  } else if (line.offset < expected && !go_back(side, line)) {
    return;
  }
  if (!line.bytes.empty()) {
    listener_.bytes(line.bytes, other_side);
    side.last = line.bytes;
  }
  side.expected = line.offset + line.bytes.size();
}

/// What is missing of a line that was named, or of one that was lost.
void HexReader::report_gap(std::uint64_t count) {
  if (!std::exchange(named_, false)) {
    problem(fmt::format("{} before it: its offset jumps ahead",
                        counted(count, "byte is missing", "bytes are missing")));
  }
}

/// The line before, pasted twice, changes nothing; what else stands before its place cannot be
/// compared any more.
bool HexReader::go_back(Side& side, const OffsetLine& line) {
  if (!is_last(side, line) && !line.bytes.empty()) {
    problem("its offset goes back: pasted twice, or another dump?");
  }
  return false;
}

/// hexdump and xxd -a write `*` for lines that are the same as the one before.
void HexReader::repeat_last(Side& side, std::uint64_t until, bool other_side) {
  const auto all = until - *side.expected;
  auto count = std::min(all, most_repeated_ - repeated_bytes_);
  repeated_bytes_ += count;
  if (count < all) {
    problem("'*' stands for more than 64 MiB in all: the rest is taken as missing");
  }
  const auto missing = all - count;
  for (; count != 0; count -= std::min<std::uint64_t>(count, side.last.size())) {
    listener_.bytes(Bytes(side.last).first(std::min<std::uint64_t>(count, side.last.size())),
                    other_side);
  }
  if (missing != 0) {
    listener_.missing(missing, other_side);
  }
}

// --- lines of digits ---

void HexReader::digit_line(std::string_view text) {
  if (is_star(text)) {
    refuse(std::string(star_without_offsets));
    return;
  }
  const auto line = parse_digit_line(text, before_, form_->padded);
  before_ = line.bytes.empty() ? before_ : line.before; // others may stand between them
  if (!line.run.empty() || (digit_ && line.has_hex() && text.size() <= run_length_)) {
    run(line.run.empty() ? text : line.run);
    return;
  }
  end_run();
  if (!line.problem.empty()) {
    problem(line.problem);
  } else if (!line.bytes.empty()) {
    emit(line.bytes);
  } else {
    passed_over_ += line.blank ? 0 : 1;
  }
}

/// Digits alone, which say where the line before them ends, if a word in front of its bytes says
/// where it begins: the last line of `hexdump -C`.
bool HexReader::is_next_offset(const FoundLine& found) const {
  const auto digits = 2 * found.bytes.size();
  if (!before_words_ || digits < 6 || digits > 16) {
    return false;
  }
  const std::string_view before = *before_words_;
  const auto end = before.find_last_not_of(" \t:|") + 1; // npos + 1 is 0
  const auto word = before.substr(end - std::min(end, digits), std::min(end, digits));
  std::uint64_t offset = 0;
  const auto parsed = std::from_chars(word.data(), word.data() + word.size(), offset, 16);
  std::uint64_t here = 0;
  for (const auto byte : found.bytes) {
    here = here << 8 | std::to_integer<std::uint64_t>(byte);
  }
  return word.size() == digits && parsed.ptr == word.data() + word.size() &&
         here == offset + words_size_;
}

void HexReader::words_line(std::string_view text) {
  if (is_star(text)) {
    refuse(std::string(star_without_offsets));
    return;
  }
  auto found = parse_words_line(text, *form_, before_words_);
  if (is_next_offset(found)) {
    found = {};
  }
  look_at_other_hex(found);
  if (short_line_ != 0 && !found.bytes.empty()) {
    problem_at(std::exchange(short_line_, 0), "fewer bytes than in the other lines");
  }
  if (!found.bytes.empty() && found.bytes.size() < form_->most) {
    short_line_ = line_number_; // the last one may be that
  }
  const bool is_blank = text.find_first_not_of(" \t") == std::string_view::npos;
  passed_over_ +=
      found.bytes.empty() && !found.has_other_hex && !found.is_spoilt && !is_blank ? 1 : 0;
  before_words_ = found.bytes.empty() ? std::nullopt : std::optional(std::string(found.before));
  words_size_ = found.bytes.size();
  emit(found.bytes);
}

void HexReader::look_at_other_hex(const FoundLine& found) {
  constexpr std::size_t most = 64;
  if (!found.bytes.empty()) {
    beside_.assign(found.before).append(found.behind);
    end_other_hex();
    return;
  }
  const auto is_beside = [this](auto word) { return beside_.contains(word); };
  if (found.is_spoilt) {
    problem(std::string(spoilt));
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
    other_hex_.emplace_back(line_number_, word);
  }
}

void HexReader::end_other_hex() {
  std::uint64_t last = 0;
  for (const auto& [line, word] : std::exchange(other_hex_, {})) {
    if (line != last && !beside_.contains(word)) {
      problem_at(last = line, std::string(other_place));
    }
  }
}

// --- YAML ---

void HexReader::yaml_line(std::string_view text) {
  const auto line = yaml_.line(text);
  if (!line.before.empty()) {
    problem(line.before);
  }
  if (!line.problem.empty()) {
    problem(line.problem);
    return;
  }
  emit(line.bytes);
}

// --- digits ---

/// Digits broken into lines of an odd length: the last one goes on in the next line.
void HexReader::run(std::string_view digits) {
  if (!std::ranges::all_of(digits, is_hex_digit) ||
      (run_length_ != 0 && digits.size() > run_length_)) {
    end_run();
    if (!std::ranges::all_of(digits, is_hex_digit) || digits.size() % 2 == 0) {
      digit_line(digits);
      return;
    }
  }
  const bool last = run_length_ != 0 && digits.size() < run_length_;
  run_length_ = run_length_ == 0 ? digits.size() : run_length_;
  long_line(digits);
  if (last) {
    end_run();
  }
}

void HexReader::end_run() {
  run_length_ = 0;
  if (std::exchange(digit_, std::nullopt)) {
    problem("an odd number of hex digits: one is missing, or one too many");
  }
}

/// A part of a line of nothing but digits and separators.
void HexReader::long_line(std::string_view part) {
  constexpr std::string_view separators = " \t\r,;:-\"'";
  if (form_->style != HexStyle::lines) {
    refuse("a line of more than 1 MiB: break it into lines");
    return;
  }
  ByteBuffer bytes;
  for (const char c : part) {
    if (is_hex_digit(c)) {
      const auto value = hex_value(c);
      if (digit_) {
        bytes.push_back(static_cast<std::byte>(*std::exchange(digit_, std::nullopt) << 4 | value));
      } else {
        digit_ = value;
      }
    } else if (digit_) {
      refuse("an odd number of hex digits");
      return;
    } else if (separators.find(c) == std::string_view::npos) {
      refuse("a line of more than 1 MiB has more in it than hex digits: break it into lines");
      return;
    }
  }
  emit(bytes);
}

void HexReader::emit(Bytes bytes) {
  for (; !bytes.empty(); bytes = bytes.subspan(std::min(largest_piece, bytes.size()))) {
    listener_.bytes(bytes.first(std::min(largest_piece, bytes.size())), false);
  }
}

} // namespace dualcam::inline tools
