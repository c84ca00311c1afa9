#include "common/hex_trial.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "common/hex_line.hpp"
#include "common/hex_reader.hpp"
#include "common/other_encoding.hpp"

namespace dualcam::inline tools {
namespace {

using Forms = std::vector<HexForm>;

/// How many lines hold something.
std::uint64_t filled_lines(std::string_view text) {
  std::uint64_t lines = 0;
  bool filled = false;
  for (const char c : text) {
    lines += !filled && c > ' ' ? 1 : 0;
    filled = c != '\n' && (filled || c > ' ');
  }
  return lines;
}

/// The bytes of a sample, and what was wrong with them.
class Trial : private HexReader::Listener {
public:
  /// `word`: bytes that are turned round.
  Trial(const HexSample& sample, const HexForm& form, const Vouch& vouch, std::size_t word = 1) {
    constexpr std::uint64_t most_repeated = 64 << 10;
    HexReader reader(*this, form, most_repeated);
    reader.feed(sample.text);
    const auto before_end = reader.problem_count();
    reader.finish();
    // What Node has cut is missing in any form.
    problems_ = (sample.goes_on ? before_end : reader.problem_count()) +
                (form.style == HexStyle::node ? 0 : gaps_);
    passed_over_ = reader.lines_passed_over();
    for (std::size_t at = 0; word > 1 && at + word <= blocks_.back().size(); at += word) {
      std::ranges::reverse(std::span(blocks_.back()).subspan(at, word));
    }
    text_ = sample.text.size();
    named_ = form.style == HexStyle::json || form.style == HexStyle::yaml || form.single;
    for (const auto& block : blocks_) {
      bytes_ += block.size();
    }
    vouched_ = vouch(blocks_);
    std::vector<ByteBuffer>().swap(blocks_);
  }

  /// Most of it is what is looked for, and it is not little of the text, unless names tell it, or
  /// each line has one byte.
  bool is_convincing() const {
    return vouched_ >= least && 2 * vouched_ > bytes_ && (named_ || 40 * vouched_ > text_);
  }
  /// Nothing speaks against it, either. A bad line in many is one that has to be named; in a few
  /// bytes a number before them may be taken for some.
  bool is_enough(std::string_view sample, HexStyle style) const {
    constexpr std::size_t few = 512;
    if (bytes_ < few && vouched_ < bytes_) {
      return false;
    }
    const auto filled = filled_lines(sample);
    const auto lines = filled - std::min(filled, passed_over_);
    const bool by_lines = style == HexStyle::lines || style == HexStyle::offsets;
    return is_convincing() && (problems_ == 0 || (by_lines && 10 * problems_ < lines));
  }
  /// Without a problem bytes are read that are not what is looked for: damage, or, in such a style,
  /// numbers beside the bytes that are taken for some.
  bool has_doubtful_bytes(bool goes_on, HexStyle style) const {
    constexpr std::size_t cut_packet = 1100;
    const bool by_digits =
        style == HexStyle::lines || style == HexStyle::decimal || style == HexStyle::c_array;
    return by_digits && problems_ == 0 && bytes_ - vouched_ > (goes_on ? cut_packet : 0);
  }
  bool is_much_better_than(const Trial& other) const {
    return problems_ == 0 && vouched_ >= other.vouched_ + least;
  }
  bool is_better_than(const Trial& other) const {
    const auto much = other.vouched_ / 16;
    return vouched_ > other.vouched_ + much ||
           (vouched_ + much >= other.vouched_ && problems_ < other.problems_) ||
           (vouched_ > other.vouched_ && problems_ == other.problems_) ||
           (vouched_ == other.vouched_ && problems_ == other.problems_ && bytes_ < other.bytes_);
  }

private:
  static constexpr std::size_t least = 16; ///< one INIT

  void bytes(Bytes bytes, bool other_side) override {
    if (!other_side) {
      append(blocks_.back(), bytes);
    }
  }
  void missing(std::uint64_t, bool) override { ++gaps_; }
  void next_block() override {
    if (!blocks_.back().empty()) {
      blocks_.emplace_back();
    }
  }

  std::vector<ByteBuffer> blocks_{1};
  std::size_t bytes_ = 0;
  std::size_t text_ = 0;
  bool named_ = false;
  std::size_t vouched_ = 0;
  std::uint64_t gaps_ = 0;
  std::uint64_t problems_ = 0;
  std::uint64_t passed_over_ = 0; ///< lines
};

/// For the form that reads most.
class Search {
public:
  Search(const HexSample& sample, const Vouch& vouch) : sample_(sample), vouch_(vouch) {}

  /// With what `form` reads, the others are compared. True: it is the one.
  bool begin(const HexForm& form) {
    best_.emplace(sample_, form, vouch_);
    if (best_->is_convincing()) {
      found_ = form;
    }
    is_enough_ = best_->is_enough(sample_.text, form.style);
    return is_enough_ && !best_->has_doubtful_bytes(sample_.goes_on, form.style);
  }
  void go_on(Forms forms) {
    for (auto& form : forms) {
      Trial trial(sample_, form, vouch_);
      if (trial.is_convincing() && (!best_ || (is_enough_ ? trial.is_much_better_than(*best_)
                                                          : trial.is_better_than(*best_)))) {
        best_ = std::move(trial);
        found_ = std::move(form);
      }
    }
  }
  const std::optional<HexForm>& found() const { return found_; }

private:
  const HexSample& sample_;
  const Vouch& vouch_;
  std::optional<Trial> best_;
  std::optional<HexForm> found_;
  bool is_enough_ = false; ///< unless another form reads more
};

// --- what may be tried ---

std::vector<std::string_view> first_lines(std::string_view sample, std::size_t most) {
  std::vector<std::string_view> lines;
  while (!sample.empty() && lines.size() < most) {
    const auto end = std::min(sample.find('\n'), sample.size());
    lines.push_back(sample.substr(0, std::min<std::size_t>(end, 4096)));
    sample.remove_prefix(std::min(end + 1, sample.size()));
  }
  return lines;
}

/// Where words begin that may be offsets.
std::set<std::size_t> offset_columns(std::string_view sample) {
  std::set<std::size_t> columns{0};
  for (const auto line : first_lines(sample, 4)) {
    for (std::size_t at = 0; at < line.size() && columns.size() < 8; ++at) {
      const bool begins = at == 0 || !is_hex_digit(line[at - 1]);
      const auto digits = std::ranges::find_if_not(line.substr(at), is_hex_digit) - line.begin();
      if (begins && digits - static_cast<std::ptrdiff_t>(at) >= 3) {
        columns.insert(at);
      }
    }
  }
  return columns;
}

void add_offsets(Forms& forms, std::string_view sample) {
  for (const auto column : offset_columns(sample)) {
    for (const int numbers : {16, 8, 10, -10}) {
      for (const int base : {16, 8, 10}) {
        HexForm form{HexStyle::offsets, base};
        form.numbers = numbers;
        form.column = column;
        form.text_beside = false;
        forms.push_back(form);
      }
    }
  }
}

/// Where four pairs of digits in a row begin, and where they may end.
void add_columns(Forms& forms, std::string_view sample) {
  std::set<std::pair<std::size_t, std::size_t>> columns;
  for (const auto line : first_lines(sample, 8)) {
    const auto is_pair = [&](std::size_t at) {
      return at + 2 <= line.size() && is_hex_digit(line[at]) && is_hex_digit(line[at + 1]) &&
             (at == 0 || !is_hex_digit(line[at - 1])) &&
             (at + 2 == line.size() || !is_hex_digit(line[at + 2]));
    };
    std::size_t begin = 0;
    std::size_t pairs = 0;
    std::size_t end = 0;
    for (std::size_t at = 0; at < line.size() && columns.size() < 32; ++at) {
      if (!is_pair(at)) {
        continue;
      }
      const bool goes_on = pairs != 0 && at - end <= 6;
      if (goes_on && at - end > 1 && pairs >= 4) {
        columns.emplace(begin, end);
      }
      begin = goes_on ? begin : at;
      pairs = goes_on ? pairs + 1 : 1;
      end = at + 2;
      if (pairs >= 4 && pairs % 4 == 0) {
        columns.emplace(begin, end);
      }
    }
  }
  for (const auto& [begin, end] : columns) {
    HexForm form{HexStyle::words};
    form.column = begin;
    form.end_column = end;
    forms.push_back(form);
  }
}

/// So many words stand before the bytes, or behind them.
void add_words(Forms& forms) {
  constexpr std::size_t most_before = 20;
  for (std::size_t behind = 0; behind <= 2; ++behind) {
    for (const bool from_end : {false, true}) {
      for (std::size_t before = 0; before <= (from_end ? 6 : most_before); ++before) {
        HexForm form{HexStyle::words};
        form.skipped = before;
        form.behind = behind;
        form.from_end = from_end;
        forms.push_back(form);
      }
    }
  }
  HexForm longest{HexStyle::words};
  longest.longest = true;
  forms.push_back(longest);
  HexForm single{HexStyle::words};
  single.single = true;
  forms.push_back(single);
  for (const std::size_t most : {16U, 8U, 32U}) { // and a text of so many bytes behind
    for (std::size_t before = 0; before <= (most == 16 ? 10U : 4U); ++before) {
      HexForm form{HexStyle::words};
      form.skipped = before;
      form.most = most;
      forms.push_back(form);
    }
  }
}

void add_numbers(Forms& forms) {
  for (const char bracket : {'\0', '[', '{', '(', '<'}) {
    for (const int base : {10, 8}) {
      HexForm form{HexStyle::decimal, base, bracket};
      form.numbers = base;
      form.whole_groups = true;
      forms.push_back(form);
    }
  }
  for (const int base : {10, 8}) {
    for (std::size_t before = 0; before <= 10; ++before) {
      HexForm form{HexStyle::words};
      form.numbers = base;
      form.skipped = before;
      forms.push_back(form);
    }
  }
  for (const int numbers : {10, 16}) {
    HexForm escapes{HexStyle::escapes};
    escapes.numbers = numbers;
    forms.push_back(escapes);
    escapes.whole_groups = true;
    forms.push_back(escapes);
  }
  for (std::size_t before = 0; before <= 12; ++before) {
    HexForm line{HexStyle::escapes};
    line.quoted = false;
    line.whole_lines = true;
    line.skipped = before;
    forms.push_back(line);
  }
}

/// Where the longest row of digits begins.
void add_digits(Forms& forms, std::string_view sample) {
  constexpr std::string_view between = " \t\r\n,:;.-'\"&#$xXhHuU";
  std::size_t best = 0;
  std::size_t most = 0;
  for (std::size_t at = 0; at < sample.size();) {
    if (!is_hex_digit(sample[at])) {
      ++at;
      continue;
    }
    const auto begin = at;
    std::size_t digits = 0;
    for (; at < sample.size() &&
           (is_hex_digit(sample[at]) || between.find(sample[at]) != std::string_view::npos);
         ++at) {
      digits += is_hex_digit(sample[at]);
    }
    if (digits > most) {
      most = digits;
      best = begin;
    }
  }
  for (const auto column : std::set<std::size_t>{best, sample.find_first_of("0123456789"), 0}) {
    HexForm form{HexStyle::digits};
    form.column = column;
    if (column < sample.size()) {
      forms.push_back(form);
    }
  }
  HexForm marked{HexStyle::digits};
  marked.marked = true;
  forms.push_back(marked);
}

/// Whether a value of JSON may be bytes: a list, or a string that begins with four of them or so.
bool may_be_bytes(std::string_view value) {
  constexpr std::size_t clear = 8;
  if (value.starts_with('[')) {
    return true;
  }
  const auto text = value.substr(1, value.substr(1).find('"'));
  std::size_t digits = 0;
  for (const char c : text.substr(0, 4 * clear)) {
    digits += is_hex_digit(c) ? 1 : 0;
  }
  return digits >= clear || (text.size() >= clear && text.size() % 4 == 0 && !text.contains(' ')) ||
         text.contains("\\u00");
}

/// The names that stand before strings and lists.
void add_json(Forms& forms, std::string_view sample) {
  constexpr std::size_t most = 24;
  std::set<std::string> keys;
  for (auto at = sample.find("\":"); at != std::string_view::npos && keys.size() < most;
       at = sample.find("\":", at + 1)) {
    const auto open = at == 0 ? std::string_view::npos : sample.rfind('"', at - 1);
    const auto value = sample.find_first_not_of(" \t\r\n", at + 2);
    if (open != std::string_view::npos && value != std::string_view::npos &&
        (sample[value] == '[' || (sample[value] == '"' && may_be_bytes(sample.substr(value))))) {
      keys.emplace(sample.substr(open + 1, at - open - 1));
    }
  }
  for (const auto& key : keys) {
    for (const int numbers : {16, 64, 10, 1}) {
      HexForm form{HexStyle::json};
      form.numbers = numbers;
      form.base = numbers == 10 ? 10 : form.base;
      form.key = key;
      forms.push_back(form);
    }
  }
}

Forms other_forms(std::string_view sample) {
  Forms forms;
  add_offsets(forms, sample);
  if (line_with_star(sample)) { // without offsets nothing tells how much it stands for
    return forms;
  }
  add_json(forms, sample);
  forms.push_back(HexForm{HexStyle::yaml});
  add_numbers(forms);
  add_words(forms);
  add_columns(forms, sample); // behind words: numbers of lines grow, and shift the columns
  for (const bool whole_lines : {false, true}) {
    HexForm form{HexStyle::base64_words};
    form.whole_lines = whole_lines;
    forms.push_back(form);
  }
  forms.push_back(HexForm{HexStyle::percent});
  add_digits(forms, sample);
  return forms;
}

/// Words, whose bytes a camera says in the other order.
std::optional<HexProblem> turned_words(const HexSample& sample, const HexForm& form,
                                       const Vouch& vouch) {
  for (const std::size_t word : {2U, 4U, 8U}) {
    if (Trial(sample, form, vouch, word).is_convincing()) {
      const auto start = sample.text.find_first_not_of(" \t\r\n");
      return HexProblem{
          1 + static_cast<std::uint64_t>(std::ranges::count(sample.text.substr(0, start), '\n')),
          fmt::format("words of {} bytes, in which the last byte stands first: print it with "
                      "'xxd', 'hexdump -C' or 'od -t x1'",
                      word)};
    }
  }
  return std::nullopt;
}

} // namespace

std::string_view without_cut_end(std::string_view text) {
  constexpr std::size_t longest = 4096; // a longer line is cut, rather than missed
  constexpr std::string_view between = " \t,;:";
  const auto from = text.size() - std::min(text.size(), longest);
  const auto end = text.rfind('\n') + 1; // npos + 1 is 0
  if (end > from) {
    return text.substr(0, end);
  }
  const auto blank = text.find_last_of(between) + 1;
  if (blank > from) {
    return text.substr(0, blank);
  }
  const auto digits = std::ranges::find_if_not(text.rbegin(), text.rend(), is_hex_digit);
  return text.substr(0, text.size() - static_cast<std::size_t>(digits - text.rbegin()) % 2);
}

std::optional<HexForm> proven_form(const HexSample& sample,
                                   const std::expected<HexForm, HexProblem>& judged,
                                   const Vouch& vouch) {
  Search search(sample, vouch);
  if (judged && search.begin(*judged)) {
    return search.found();
  }
  search.go_on(other_forms(sample.text));
  for (const auto& wrapping : wrappings_in(sample.text)) {
    const auto text = Unwrapper(wrapping).text(sample.text);
    auto forms = other_forms(text);
    if (auto looks = judge_hex(text)) {
      forms.push_back(std::move(*looks));
    }
    for (auto& form : forms) {
      form.wrapping = wrapping;
    }
    search.go_on(std::move(forms));
  }
  return search.found();
}

std::optional<HexProblem> known_otherwise(const HexSample& sample,
                                          const std::expected<HexForm, HexProblem>& judged,
                                          const Vouch& vouch) {
  const auto turned = judged ? turned_words(sample, *judged, vouch) : std::nullopt;
  return turned ? turned : other_encoding(sample.text);
}

} // namespace dualcam::inline tools
