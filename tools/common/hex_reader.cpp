#include "common/hex_reader.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "common/blanks.hpp"
#include "common/hex_lines.hpp"
#include "common/hex_tokens.hpp"
#include "common/offset_line.hpp"
#include "common/other_encoding.hpp"

namespace dualcam::inline tools {
namespace {

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

std::uint64_t HexReader::lines_passed_over() const { return lines_ ? lines_->passed_over() : 0; }

bool HexReader::has_refused() const { return refused_ || (lines_ && lines_->has_refused()); }

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
    tokens_ ? tokens_->finish() : lines_->finish();
  }
  std::ranges::sort(problems_, {},
                    [](const HexProblem& each) { return std::tie(each.line, each.what); });
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
  problem_at(problem.line, problem.what);
  refused_ = true;
  const bool has_offsets = parse_offset_line(line_of(text, problem.line), 16, false).has_value();
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
  tokens_ ? tokens_->feed(text) : lines_->feed(text);
}

void HexReader::set_form(const HexForm& form) {
  form_ = form;
  if (form.wrapping.kind != Wrapping::Kind::none) {
    unwrapper_.emplace(form.wrapping);
  }
  const auto report = [this](std::uint64_t line, std::string what) {
    problem_at(line, std::move(what));
  };
  tokens_ = HexTokens::make(
      form, {.bytes = [this](Bytes bytes) { listener_.bytes(bytes, false); },
             .missing = [this](std::uint64_t count) { listener_.missing(count, false); },
             .problem = report});
  if (tokens_) {
    return;
  }
  lines_ = HexLines::make(
      form,
      {.bytes = [this](Bytes bytes, bool other_side) { listener_.bytes(bytes, other_side); },
       .missing = [this](std::uint64_t count,
                         bool other_side) { listener_.missing(count, other_side); },
       .next_block = [this] { listener_.next_block(); },
       .problem = report},
      most_repeated_);
}

void HexReader::problem_at(std::uint64_t line, std::string what) {
  ++problem_count_;
  if (problems_.size() < most_problems) {
    problems_.push_back({unwrapper_ ? unwrapper_->source_of(line) : line, std::move(what)});
  }
}

} // namespace dualcam::inline tools
